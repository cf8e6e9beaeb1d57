namespace Carnelian.Storage;

/// <summary>What a <see cref="HashTable{TRecord}"/> has to know of the records that it points to.</summary>
public unsafe interface IRecordOperations
{
    /// <summary>The hash of the record's key.</summary>
    static abstract ulong Hash(byte* record);

    /// <summary>Whether the record has this key.</summary>
    static abstract bool HasKey(byte* record, byte* key, int length);
}
