using System.Numerics;
using System.Runtime.CompilerServices;
using Carnelian.Memory;

namespace Carnelian.Persistence.Rdb;

/// <summary>
/// Compresses strings to the LZF format, to the same bytes as Valkey and Redis do: a dump is equal to theirs.
/// </summary>
/// <remarks>
/// <para>The format: a control byte below 32 is followed by that many literal bytes and one; any other begins a reference to earlier output: three bits of
/// length (7: a byte with more follows), 13 bits of distance. A reference stands for 3 to 264 bytes.</para>
/// <para>A match is looked for at each position that no reference covers, at the last position whose next three bytes have the same slot of a table.
/// What decides over equality with Valkey: the slot of three bytes; the input's first position is never referred to; of the positions in a match only the last
/// two are noted; how close to its end a match may reach; and how much room must be left at each step.</para>
/// <para>Positions are kept with a base that grows from input to input, so that the table need not be cleared. One thread at a time.</para>
/// </remarks>
public sealed unsafe class LzfCompressor : IDisposable
{
    private const int SlotBits = 16;
    private const int MostLiterals = 32;
    private const int MostDistance = 1 << 13;
    private const int MostMatch = 264;

    private uint* _table;
    private uint _base;

    /// <summary>Compresses a string.</summary>
    /// <param name="source">The string.</param>
    /// <param name="target">Where the result goes; it has to be shorter than this by some bytes.</param>
    /// <returns>The length of the result; 0 if it does not fit.</returns>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
            return Compress(from, source.Length, to, target.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free((byte*)_table);
        _table = null;
    }

    private int Compress(byte* source, int length, byte* target, int room)
    {
        if (length < 3)
            return 0;
        Prepare(length);
        uint* table = _table;
        uint start = _base;
        _base += (uint)length;
        byte* at = source, end = source + length, lastTriple = end - 2;
        byte* literals = source; // those from here to the present position are still to be written
        byte* output = target, limit = target + room;
        while (at < lastTriple)
        {
            uint slot = SlotOf(at);
            uint noted = table[slot];
            table[slot] = start + (uint)(at - source);
            byte* match = source + (noted - start);
            if (noted <= start || at - match > MostDistance || !AreEqual(match, at))
            {
                at++;
                if (at - literals < MostLiterals)
                    continue;
                if (limit - output <= MostLiterals)
                    return 0;
                output = WriteLiterals(output, literals, MostLiterals);
                literals = at;
                continue;
            }
            var pending = (int)(at - literals);
            byte* after = pending == 0 ? output : output + pending + 1;
            if (limit - after <= 4)
                return 0;
            if (pending != 0)
                output = WriteLiterals(output, literals, pending);
            int matched = CountEqual(match, at, MatchLimit(end - at));
            output = WriteReference(output, (int)(at - match) - 1, matched - 2);
            at += matched;
            literals = at;
            if (at >= lastTriple)
                break;
            table[SlotOf(at - 2)] = start + (uint)(at - 2 - source);
            table[SlotOf(at - 1)] = start + (uint)(at - 1 - source);
        }
        if (limit - (output + (at - literals) + 1) < 3)
            return 0;
        for (; at < end; at++)
        {
            if (at - literals == MostLiterals)
            {
                output = WriteLiterals(output, literals, MostLiterals);
                literals = at;
            }
        }
        if (at != literals)
            output = WriteLiterals(output, literals, (int)(at - literals));
        return (int)(output - target);
    }

    private void Prepare(int length)
    {
        if (_table == null)
        {
            _table = (uint*)NativeHeap.Allocate(sizeof(uint) << SlotBits);
            _base = uint.MaxValue;
        }
        if (uint.MaxValue - _base < (uint)length)
        {
            new Span<byte>(_table, sizeof(uint) << SlotBits).Clear();
            _base = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint SlotOf(byte* at)
    {
        uint triple = ((uint)at[0] << 16) | ((uint)at[1] << 8) | at[2];
        return ((triple >> (24 - SlotBits)) - triple * 5) & ((1 << SlotBits) - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AreEqual(byte* a, byte* b) => *(ushort*)a == *(ushort*)b && a[2] == b[2];

    /// <summary>How long a match may become with so many bytes left.</summary>
    private static int MatchLimit(long left)
    {
        var most = (int)Math.Min(left - 2, MostMatch);
        // Beyond 16 bytes the first 19 are compared without a look at the limit.
        return most > 16 ? Math.Max(most, 19) : Math.Max(most, 3);
    }

    private static int CountEqual(byte* a, byte* b, int limit)
    {
        int length = 3;
        for (; length + sizeof(ulong) <= limit; length += sizeof(ulong))
        {
            ulong difference = *(ulong*)(a + length) ^ *(ulong*)(b + length);
            if (difference != 0)
                return length + BitOperations.TrailingZeroCount(difference) / 8;
        }
        while (length < limit && a[length] == b[length])
            length++;
        return length;
    }

    private static byte* WriteLiterals(byte* output, byte* literals, int count)
    {
        *output = (byte)(count - 1);
        Unsafe.CopyBlockUnaligned(output + 1, literals, (uint)count);
        return output + 1 + count;
    }

    private static byte* WriteReference(byte* output, int distance, int length)
    {
        if (length < 7)
        {
            *output++ = (byte)((distance >> 8) + (length << 5));
        }
        else
        {
            *output++ = (byte)((distance >> 8) + (7 << 5));
            *output++ = (byte)(length - 7);
        }
        *output++ = (byte)distance;
        return output;
    }
}
