namespace Carnelian.Storage;

/// <summary>
/// What the keyspace has to know of a type whose values are more than a string: how one is copied, freed and measured. One instance a type,
/// without state; it works on the address that an entry holds (<see cref="Entry.Collection"/>) and the entry's encoding.
/// </summary>
/// <remarks>Under the lock of the key's shard, except <see cref="Free"/>, which may run on any thread when the value is out of the keyspace.</remarks>
public abstract unsafe class CollectionType
{
    private static readonly CollectionType?[] s_types = MakeTypes();

    /// <summary>The type of a value that is no string.</summary>
    public static CollectionType Of(ValueType type) => s_types[(int)type]!;

    /// <summary>The number of elements.</summary>
    public abstract long Count(ValueEncoding encoding, byte* value);

    /// <summary>The memory that the value occupies, in bytes.</summary>
    /// <param name="encoding">The encoding.</param>
    /// <param name="value">The address.</param>
    /// <param name="samples">How many elements to look at where all would take long; 0 means all.</param>
    public abstract long Bytes(ValueEncoding encoding, byte* value, long samples);

    /// <summary>Makes a copy that shares nothing with the original.</summary>
    public abstract byte* Copy(ValueEncoding encoding, byte* value);

    /// <summary>Frees the value.</summary>
    public abstract void Free(ValueEncoding encoding, byte* value);

    /// <summary>How many allocations a value has, about: what freeing it costs. Constant time.</summary>
    public abstract long FreeEffort(ValueEncoding encoding, byte* value);

    /// <summary>Moves some blocks of the value out of spans that are nearly empty, <see cref="Defragmentation.Relocator.StepBlocks"/> or so at a time.</summary>
    /// <param name="encoding">The encoding.</param>
    /// <param name="value">The address; it changes when the root of the value moves.</param>
    /// <param name="cursor">Where to go on; default at the beginning. It stays good whatever happens to the value between steps.</param>
    /// <param name="relocator">Moves blocks.</param>
    /// <returns>Whether the end is reached.</returns>
    public abstract bool Relocate(ValueEncoding encoding, ref byte* value, ref Defragmentation.RelocationCursor cursor, Defragmentation.Relocator relocator);

    /// <summary>The <see cref="HashTable{TRecord}.Directory"/> of the table in which elements are looked up by name: for prefetching. A type
    /// that holds the value in one block starts to load that, and answers 0.</summary>
    public virtual ulong ElementDirectory(ValueEncoding encoding, byte* value) => 0;

    private static CollectionType?[] MakeTypes()
    {
        var types = new CollectionType?[(int)ValueType.Stream + 1];
        types[(int)ValueType.List] = new Lists.ListType();
        types[(int)ValueType.Set] = new Sets.SetType();
        types[(int)ValueType.Hash] = new Hashes.HashType();
        types[(int)ValueType.Stream] = new Streams.StreamType();
        types[(int)ValueType.SortedSet] = new SortedSets.SortedSetType();
        return types;
    }
}
