namespace Carnelian.Storage.Snapshots;

/// <summary>A big value on its way to the sink, element by element in any order. See <see cref="ISnapshotSink.BeginValue"/>.</summary>
public unsafe interface ISnapshotValue
{
    /// <summary>
    /// Takes an element as it was at the cut. Under the lock of the value's key: it copies or encodes the element and returns.
    /// </summary>
    /// <param name="element">The record of the element: a <see cref="Hashes.HashField"/>, a <see cref="Sets.SetMember"/> or the member of a sorted set.</param>
    /// <param name="isEarly">Whether a unit is about to change the element, and not the walk come to it.</param>
    void Add(byte* element, bool isEarly);
}
