namespace Carnelian.Storage.Streams;

/// <summary>A key of an <see cref="OrderedTree{TKey}"/>.</summary>
public interface IOrderedKey<TSelf> where TSelf : unmanaged, IOrderedKey<TSelf>
{
    /// <summary>Whether a key comes before another.</summary>
    static abstract bool IsLess(in TSelf left, in TSelf right);
}
