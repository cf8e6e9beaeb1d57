using System.Buffers.Binary;
using System.Numerics;

namespace Carnelian.Commands.Strings;

/// <summary>
/// The 64-bit XXH3 hash with seed 0 and the standard secret: what DIGEST answers and IFDEQ compares. Clients compute the same
/// hash, so every bit of it is fixed.
/// </summary>
internal static class XxHash3
{
    private const ulong P32A = 0x9E3779B1, P32B = 0x85EBCA77, P32C = 0xC2B2AE3D;
    private const ulong P64A = 0x9E3779B185EBCA87, P64B = 0xC2B2AE3D27D4EB4F, P64C = 0x165667B19E3779F9;
    private const ulong P64D = 0x85EBCA77C2B2AE63, P64E = 0x27D4EB2F165667C5;
    private const int Stripe = 64, StripesPerBlock = 16;

    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
        0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
        0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
        0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
        0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
        0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
        0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
        0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
        0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

    /// <summary>The hash of some bytes.</summary>
    public static ulong Compute(ReadOnlySpan<byte> data)
    {
        int n = data.Length;
        if (n == 0)
            return Avalanche64(Key(56) ^ Key(64));
        if (n <= 3)
        {
            ulong mixed = ((ulong)data[0] << 16) | ((ulong)data[n >> 1] << 24) | data[n - 1] | ((ulong)n << 8);
            return Avalanche64(mixed ^ ((uint)Key(0) ^ (uint)(Key(0) >> 32)));
        }
        if (n <= 8)
        {
            ulong x = (Word32(data, n - 4) + ((ulong)Word32(data, 0) << 32)) ^ (Key(8) ^ Key(16));
            x ^= BitOperations.RotateLeft(x, 49) ^ BitOperations.RotateLeft(x, 24);
            x *= 0x9FB21C651E98DF25;
            x ^= (x >> 35) + (ulong)n;
            x *= 0x9FB21C651E98DF25;
            return x ^ (x >> 28);
        }
        if (n <= 16)
        {
            ulong low = Word(data, 0) ^ (Key(24) ^ Key(32));
            ulong high = Word(data, n - 8) ^ (Key(40) ^ Key(48));
            return Avalanche((ulong)n + BinaryPrimitives.ReverseEndianness(low) + high + Fold(low, high));
        }
        return n <= 128 ? Medium(data) : n <= 240 ? Large(data) : Long(data);
    }

    private static ulong Medium(ReadOnlySpan<byte> data)
    {
        int n = data.Length;
        ulong sum = (ulong)n * P64A;
        for (int i = (n - 1) / 32; i >= 0; i--)
            sum += Mix(data, 16 * i, 32 * i) + Mix(data, n - (16 * (i + 1)), (32 * i) + 16);
        return Avalanche(sum);
    }

    private static ulong Large(ReadOnlySpan<byte> data)
    {
        int n = data.Length;
        ulong sum = (ulong)n * P64A;
        for (int i = 0; i < 8; i++)
            sum += Mix(data, 16 * i, 16 * i);
        sum = Avalanche(sum);
        for (int i = 8; i < n / 16; i++)
            sum += Mix(data, 16 * i, (16 * (i - 8)) + 3);
        return Avalanche(sum + Mix(data, n - 16, 136 - 17));
    }

    private static ulong Long(ReadOnlySpan<byte> data)
    {
        Span<ulong> lanes = [P32C, P64A, P64B, P64C, P64D, P32B, P64E, P32A];
        int stripes = (data.Length - 1) / Stripe;
        for (int i = 0; i < stripes; i++)
        {
            int place = i % StripesPerBlock;
            Accumulate(lanes, data.Slice(i * Stripe, Stripe), place * 8);
            if (place == StripesPerBlock - 1)
                Scramble(lanes);
        }
        Accumulate(lanes, data[^Stripe..], 192 - Stripe - 7);
        ulong sum = (ulong)data.Length * P64A;
        for (int i = 0; i < 4; i++)
            sum += Fold(lanes[2 * i] ^ Key(11 + (16 * i)), lanes[(2 * i) + 1] ^ Key(19 + (16 * i)));
        return Avalanche(sum);
    }

    private static void Accumulate(Span<ulong> lanes, ReadOnlySpan<byte> stripe, int secret)
    {
        for (int i = 0; i < 8; i++)
        {
            ulong word = Word(stripe, 8 * i);
            ulong keyed = word ^ Key(secret + (8 * i));
            lanes[i ^ 1] += word;
            lanes[i] += (uint)keyed * (keyed >> 32);
        }
    }

    private static void Scramble(Span<ulong> lanes)
    {
        for (int i = 0; i < 8; i++)
            lanes[i] = (lanes[i] ^ (lanes[i] >> 47) ^ Key(128 + (8 * i))) * P32A;
    }

    private static ulong Mix(ReadOnlySpan<byte> data, int at, int secret) => Fold(Word(data, at) ^ Key(secret), Word(data, at + 8) ^ Key(secret + 8));

    private static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    private static ulong Avalanche(ulong x)
    {
        x = (x ^ (x >> 37)) * 0x165667919E3779F9;
        return x ^ (x >> 32);
    }

    private static ulong Avalanche64(ulong x)
    {
        x = (x ^ (x >> 33)) * P64B;
        x = (x ^ (x >> 29)) * P64C;
        return x ^ (x >> 32);
    }

    private static ulong Key(int at) => Word(Secret, at);

    private static ulong Word(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt64LittleEndian(data[at..]);

    private static uint Word32(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);
}
