namespace Carnelian.Storage;

/// <summary>How an entry holds its value.</summary>
public enum ValueEncoding : byte
{
    /// <summary>A 64-bit integer in the entry (a string that is the canonical decimal form of it).</summary>
    Integer = 0,

    /// <summary>Bytes in the entry.</summary>
    Inline = 1,

    /// <summary>A pointer to a <see cref="StringBlock"/>.</summary>
    Block = 2,

    // All that follow are collections: the entry holds a pointer to what CollectionType describes.

    /// <summary>A <see cref="Packed.ListPack"/>: small lists, hashes, sets and sorted sets.</summary>
    ListPack = 3,

    /// <summary>A small set of integers.</summary>
    IntSet = 4,

    /// <summary>A list of packs.</summary>
    QuickList = 5,

    /// <summary>A table: hashes and sets.</summary>
    HashTable = 6,

    /// <summary>A sorted set with tree and table; the name is Valkey's for its own structure.</summary>
    SkipList = 7,

    /// <summary>A stream.</summary>
    Stream = 8,
}
