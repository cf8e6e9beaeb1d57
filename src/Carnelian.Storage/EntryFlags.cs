namespace Carnelian.Storage;

/// <summary>The second byte of an entry.</summary>
[Flags]
public enum EntryFlags : byte
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Eight bytes of deadline follow the header.</summary>
    HasDeadline = 1,

    /// <summary>The lengths of key and value follow the header as 32-bit numbers.</summary>
    LongLengths = 2,

    /// <summary>An eight-byte pointer to a metadata block follows the deadline.</summary>
    HasMetadata = 4,

    /// <summary>The string was changed in place: OBJECT ENCODING calls it raw whatever its length.</summary>
    Raw = 8,
}
