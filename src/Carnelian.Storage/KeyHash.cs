using System.Runtime.CompilerServices;

namespace Carnelian.Storage;

/// <summary>
/// The keyed hash of keys and members: 128-bit products folded to 64 bits, 16 bytes a step, seeded by the process so that
/// nobody outside can choose keys that collide.
/// </summary>
/// <remarks>
/// How the bits are used: the lowest (at most 10) choose the shard, bits 8 to 15 are the fingerprint in a bucket, and the
/// highest 43 are the position in a table, in whose order SCAN walks.
/// </remarks>
public static unsafe class KeyHash
{
    private const ulong Odd1 = 0x9E3779B97F4A7C15;
    private const ulong Odd2 = 0xD6E8FEB86659FD93;
    private const ulong Odd3 = 0xA0761D6478BD642F;

    private static ulong s_seed1 = (ulong)Random.Shared.NextInt64() ^ Odd1;
    private static ulong s_seed2 = (ulong)Random.Shared.NextInt64() ^ Odd2;

    /// <summary>Sets the key of the hash; only before the first key is stored.</summary>
    public static void SetSeed(ReadOnlySpan<byte> seed)
    {
        ulong a = Odd1, b = Odd2;
        foreach (byte octet in seed)
        {
            a = Fold(a ^ octet, Odd3);
            b = Fold(b + octet, Odd1);
        }
        s_seed1 = a;
        s_seed2 = b;
    }

    /// <summary>The hash of some bytes.</summary>
    public static ulong Compute(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
            return Compute(data, bytes.Length);
    }

    /// <summary>The hash of some bytes in native memory.</summary>
    public static ulong Compute(byte* data, int length)
    {
        ulong state = s_seed1 ^ (ulong)length * Odd1;
        ulong a, b;
        if (length <= 16)
        {
            if (length >= 8)
            {
                a = *(ulong*)data;
                b = *(ulong*)(data + length - 8);
            }
            else if (length >= 4)
            {
                a = *(uint*)data;
                b = *(uint*)(data + length - 4);
            }
            else if (length > 0)
            {
                a = (ulong)data[0] << 16 | (ulong)data[length >> 1] << 8 | data[length - 1];
                b = 0;
            }
            else
            {
                a = b = 0;
            }
        }
        else
        {
            byte* last = data + length - 16;
            while (data < last)
            {
                state = Fold(*(ulong*)data ^ state, *(ulong*)(data + 8) ^ Odd2);
                data += 16;
            }
            a = *(ulong*)last;
            b = *(ulong*)(last + 8);
        }
        ulong low, high = Math.BigMul(a ^ s_seed2, b ^ state, out low);
        return Fold(low ^ Odd3, high ^ state);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong x, ulong y)
    {
        ulong high = Math.BigMul(x, y, out ulong low);
        return high ^ low;
    }
}
