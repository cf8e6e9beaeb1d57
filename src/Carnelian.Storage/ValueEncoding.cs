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
}
