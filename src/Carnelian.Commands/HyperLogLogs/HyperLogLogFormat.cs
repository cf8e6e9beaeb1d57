using System.Buffers.Binary;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>
/// The string that a HyperLogLog is kept as, byte for byte Valkey's: "HYLL", the encoding (1 byte), 3 unused, the estimate when it was last
/// asked for (8, little endian, its highest bit set when it is out of date), the registers.
/// </summary>
internal static class HyperLogLogFormat
{
    /// <summary>The number of registers.</summary>
    public const int Registers = 1 << IndexBits;

    /// <summary>The bits of an element's hash that choose its register.</summary>
    public const int IndexBits = 14;

    /// <summary>The bits of the hash of which the register keeps the most zeros that it has seen in a row.</summary>
    public const int RankBits = 64 - IndexBits;

    /// <summary>The bytes before the registers.</summary>
    public const int HeaderSize = 16;

    /// <summary>The bytes of all registers of six bits.</summary>
    public const int DenseRegisterBytes = Registers * 6 / 8;

    /// <summary>The length of a dense HyperLogLog in bytes.</summary>
    public const int DenseSize = HeaderSize + DenseRegisterBytes;

    /// <summary>The length of one that has seen nothing, in bytes.</summary>
    public const int EmptySize = HeaderSize + 2;

    private const byte Dense = 0;
    private const byte Sparse = 1;

    private static ReadOnlySpan<byte> Magic => "HYLL"u8;

    /// <summary>Whether a string has the header and the length of a HyperLogLog. Sparse registers may still be corrupt.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderSize && bytes[..4].SequenceEqual(Magic) && (bytes[4] == Sparse || (bytes[4] == Dense && bytes.Length == DenseSize));

    /// <summary>Whether the registers have six bits each; else they are run lengths.</summary>
    public static bool IsDense(ReadOnlySpan<byte> bytes) => bytes[4] == Dense;

    /// <summary>Marks registers as dense.</summary>
    public static void SetDense(Span<byte> bytes) => bytes[4] = Dense;

    /// <summary>Writes a HyperLogLog that has seen nothing.</summary>
    /// <param name="bytes">Takes <see cref="EmptySize"/> bytes.</param>
    public static void WriteEmpty(Span<byte> bytes)
    {
        bytes[..HeaderSize].Clear();
        Magic.CopyTo(bytes);
        bytes[4] = Sparse;
        SparseRegisters.WriteZeros(bytes[HeaderSize..], Registers);
    }

    /// <summary>The stored estimate, if it is up to date.</summary>
    public static bool TryGetEstimate(ReadOnlySpan<byte> bytes, out long estimate)
    {
        estimate = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        return estimate >= 0;
    }

    /// <summary>Stores an estimate.</summary>
    public static void SetEstimate(Span<byte> bytes, long estimate) => BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], estimate);

    /// <summary>Marks the stored estimate as out of date.</summary>
    public static void InvalidateEstimate(Span<byte> bytes) => bytes[15] |= 0x80;
}
