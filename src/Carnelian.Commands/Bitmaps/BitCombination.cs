using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Carnelian.Commands.Bitmaps;

/// <summary>
/// Combines several strings bit by bit; shorter ones count as if zero bytes followed. The work goes through the strings in pieces that
/// stay in the first-level cache, so that each byte comes from memory once, however many strings there are.
/// </summary>
internal static unsafe class BitCombination
{
    private const int PieceBytes = 4096;
    private const int CacheLine = 64;

    /// <summary>Writes the combination of all sources.</summary>
    /// <param name="operation">What to do.</param>
    /// <param name="sources">The sources, of which <see cref="BitOperation.Not"/> has one and those with a first key of a special meaning two at least.</param>
    /// <param name="target">Takes as many bytes as the longest source has; overlaps none of them, or begins where one does.</param>
    public static void Combine(BitOperation operation, ReadOnlySpan<BitSource> sources, Span<byte> target)
    {
        byte* zeros = stackalloc byte[PieceBytes];
        byte* padded = stackalloc byte[PieceBytes];
        byte* several = stackalloc byte[PieceBytes];
        byte* room = stackalloc byte[PieceBytes];
        Unsafe.InitBlockUnaligned(zeros, 0, PieceBytes);
        fixed (byte* start = target)
        {
            bool isSource = false;
            foreach (ref readonly BitSource source in sources)
                isSource |= source.Data == start;
            // Long strings begin at the same place of a line: after a first piece that ends with one, no load lies across two.
            int length = Math.Min(PieceBytes - (int)((nint)start & (CacheLine - 1)), target.Length);
            for (int at = 0; at < target.Length; at += length, length = Math.Min(PieceBytes, target.Length - at))
            {
                CombinePiece(operation, sources, isSource ? room : start + at, new Pieces(zeros, padded, at, length), several);
                if (isSource)
                    Unsafe.CopyBlockUnaligned(start + at, room, (uint)length);
            }
        }
    }

    private static void CombinePiece(BitOperation operation, ReadOnlySpan<BitSource> sources, byte* target, in Pieces pieces, byte* several)
    {
        int length = pieces.Length;
        // For the operations that set the first source apart, the others are united first.
        bool isFirstApart = operation is BitOperation.Diff or BitOperation.Diff1 or BitOperation.AndOr;
        int next = isFirstApart ? 1 : 0;
        byte* piece = pieces.Of(sources[next++]);
        if (operation == BitOperation.Not)
        {
            Run<Inversion>(target, piece, piece, length);
            return;
        }
        byte* sum = piece;
        if (operation == BitOperation.One)
            Unsafe.InitBlockUnaligned(several, 0, (uint)length);
        if (next == sources.Length || operation == BitOperation.One || pieces.IsPadded(piece))
        {
            Unsafe.CopyBlockUnaligned(target, piece, (uint)length);
            sum = target;
        }
        for (; next < sources.Length; next++, sum = target)
        {
            piece = pieces.Of(sources[next]);
            switch (operation)
            {
                case BitOperation.And:
                    Run<Conjunction>(target, sum, piece, length);
                    break;
                case BitOperation.Xor:
                    Run<Difference>(target, sum, piece, length);
                    break;
                case BitOperation.One:
                    RunOne(target, several, piece, length);
                    break;
                default:
                    Run<Union>(target, sum, piece, length);
                    break;
            }
        }
        switch (operation)
        {
            case BitOperation.One:
                Run<Exclusion>(target, target, several, length);
                break;
            case BitOperation.Diff:
                Run<Exclusion>(target, pieces.Of(sources[0]), target, length);
                break;
            case BitOperation.Diff1:
                Run<Exclusion>(target, target, pieces.Of(sources[0]), length);
                break;
            case BitOperation.AndOr:
                Run<Conjunction>(target, target, pieces.Of(sources[0]), length);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TStep>(byte* target, byte* a, byte* b, int length)
        where TStep : struct, IStep
    {
        int i = 0;
        for (; i <= length - 128; i += 128)
        {
            Vector256<byte> first = TStep.Apply(Vector256.Load(a + i), Vector256.Load(b + i));
            Vector256<byte> second = TStep.Apply(Vector256.Load(a + i + 32), Vector256.Load(b + i + 32));
            Vector256<byte> third = TStep.Apply(Vector256.Load(a + i + 64), Vector256.Load(b + i + 64));
            Vector256<byte> fourth = TStep.Apply(Vector256.Load(a + i + 96), Vector256.Load(b + i + 96));
            first.Store(target + i);
            second.Store(target + i + 32);
            third.Store(target + i + 64);
            fourth.Store(target + i + 96);
        }
        for (; i < length; i++)
            target[i] = TStep.Apply(Vector256.CreateScalar(a[i]), Vector256.CreateScalar(b[i])).ToScalar();
    }

    /// <summary>Adds a source to the bits that were seen once, or once at least and several times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunOne(byte* seen, byte* several, byte* source, int length)
    {
        int i = 0;
        for (; i <= length - 32; i += 32)
        {
            Vector256<byte> old = Vector256.Load(seen + i), added = Vector256.Load(source + i);
            (Vector256.Load(several + i) | (old & added)).Store(several + i);
            (old | added).Store(seen + i);
        }
        for (; i < length; i++)
        {
            several[i] |= (byte)(seen[i] & source[i]);
            seen[i] |= source[i];
        }
    }

    /// <summary>A piece of every source at the same place, filled up with zero bytes.</summary>
    private readonly struct Pieces(byte* zeros, byte* padded, int start, int length)
    {
        public int Length => length;

        /// <summary>Whether a piece lies where the next one that has to be filled up will.</summary>
        public bool IsPadded(byte* piece) => piece == padded;

        /// <summary>The piece of a source, valid until the next call.</summary>
        public byte* Of(in BitSource source)
        {
            int left = source.Length - start;
            if (left >= length)
                return source.Data + start;
            if (left <= 0)
                return zeros;
            Unsafe.CopyBlockUnaligned(padded, source.Data + start, (uint)left);
            Unsafe.InitBlockUnaligned(padded + left, 0, (uint)(length - left));
            return padded;
        }
    }

    private interface IStep
    {
        static abstract Vector256<byte> Apply(Vector256<byte> a, Vector256<byte> b);
    }

    private readonly struct Conjunction : IStep
    {
        public static Vector256<byte> Apply(Vector256<byte> a, Vector256<byte> b) => a & b;
    }

    private readonly struct Union : IStep
    {
        public static Vector256<byte> Apply(Vector256<byte> a, Vector256<byte> b) => a | b;
    }

    private readonly struct Difference : IStep
    {
        public static Vector256<byte> Apply(Vector256<byte> a, Vector256<byte> b) => a ^ b;
    }

    private readonly struct Exclusion : IStep
    {
        public static Vector256<byte> Apply(Vector256<byte> a, Vector256<byte> b) => Vector256.AndNot(a, b);
    }

    private readonly struct Inversion : IStep
    {
        public static Vector256<byte> Apply(Vector256<byte> a, Vector256<byte> b) => ~a;
    }
}
