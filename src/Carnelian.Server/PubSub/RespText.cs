using System.Buffers.Text;

namespace Carnelian.Server.PubSub;

/// <summary>RESP that is written before it is known to whom: lengths first, then the text.</summary>
internal static class RespText
{
    /// <summary>The length of the head of an array or a push.</summary>
    public static int CountLength(int count) => 1 + Digits(count) + 2;

    /// <summary>The length of a bulk string.</summary>
    public static int BulkLength(ReadOnlySpan<byte> value) => 1 + Digits(value.Length) + 2 + value.Length + 2;

    /// <summary>Writes the head of an array or a push.</summary>
    /// <returns>What is left of the target.</returns>
    public static Span<byte> WriteCount(Span<byte> target, byte type, int count)
    {
        target[0] = type;
        _ = Utf8Formatter.TryFormat(count, target[1..], out int digits);
        "\r\n"u8.CopyTo(target[(1 + digits)..]);
        return target[(3 + digits)..];
    }

    /// <summary>Writes a bulk string.</summary>
    /// <returns>What is left of the target.</returns>
    public static Span<byte> WriteBulk(Span<byte> target, ReadOnlySpan<byte> value)
    {
        target = WriteCount(target, (byte)'$', value.Length);
        value.CopyTo(target);
        "\r\n"u8.CopyTo(target[value.Length..]);
        return target[(2 + value.Length)..];
    }

    private static int Digits(int value)
    {
        int digits = 1;
        for (int rest = value; rest >= 10; rest /= 10)
            digits++;
        return digits;
    }
}
