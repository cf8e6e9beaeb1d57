namespace Carnelian.Persistence.Rdb;

/// <summary>The first byte of a length or a string in RDB files: its two upper bits say how to go on.</summary>
public static class RdbString
{
    /// <summary>The two upper bits of a length of 6 bits, in the same byte.</summary>
    public const int Length6 = 0;

    /// <summary>The two upper bits of a length of 14 bits, the lower eight in the byte behind.</summary>
    public const int Length14 = 1;

    /// <summary>The two upper bits of a string that is not plain: the lower bits tell what follows.</summary>
    public const int Special = 3;

    /// <summary>A length of 32 bits follows, the most significant byte first.</summary>
    public const byte Length32 = 0x80;

    /// <summary>A length of 64 bits follows, the most significant byte first.</summary>
    public const byte Length64 = 0x81;

    /// <summary>An integer of one byte follows, which stands for its digits.</summary>
    public const byte Int8 = 0xC0;

    /// <summary>An integer of two bytes follows, the least significant first.</summary>
    public const byte Int16 = 0xC1;

    /// <summary>An integer of four bytes follows, the least significant first.</summary>
    public const byte Int32 = 0xC2;

    /// <summary>The length in LZF, the length, and the string in LZF follow.</summary>
    public const byte Compressed = 0xC3;
}
