using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Carnelian.Memory;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A leaf of a <see cref="ScoreTree"/>: this header, then the heads of the scores (4 bytes each), then their tails with the addresses of
/// the records (8 bytes each), see <see cref="ScoreKey"/>. A search reads the heads, and records only where 51 bits of a score do not decide.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LeafNode
{
    /// <summary>The most entries of a leaf: with the header it is 768 bytes, twelve cache lines.</summary>
    public const int MostEntries = 62;

    /// <summary>The entries of the smallest leaf, which takes 96 bytes; only the first leaf of a small tree is smaller than the others.</summary>
    public const int FewestEntries = 6;

    private const int FullBytes = 768;
    private const int TailsOffset = 256; // the line in which those of a full leaf begin

    public LeafNode* Previous;
    public LeafNode* Next;
    public int Count;
    public int Capacity;

    public static int* Heads(LeafNode* leaf) => (int*)(leaf + 1);

    public static ulong* Tails(LeafNode* leaf) => (ulong*)((byte*)(leaf + 1) + (nint)leaf->Capacity * sizeof(int));

    public static byte* RecordAt(LeafNode* leaf, int index) => ScoreKey.Record(Tails(leaf)[index]);

    public static LeafNode* Create(int capacity)
    {
        var leaf = (LeafNode*)NativeHeap.Allocate((nuint)(sizeof(LeafNode) + capacity * (sizeof(int) + sizeof(ulong))));
        *leaf = new LeafNode { Capacity = capacity };
        return leaf;
    }

    public static void Set(LeafNode* leaf, int index, long key, byte* record)
    {
        Heads(leaf)[index] = ScoreKey.Head(key);
        Tails(leaf)[index] = ScoreKey.Tail(key, record);
    }

    /// <summary>Moves entries within a leaf or to another.</summary>
    public static void Move(LeafNode* from, int index, LeafNode* to, int at, int count)
    {
        long heads = (long)count * sizeof(int), tails = (long)count * sizeof(ulong);
        Buffer.MemoryCopy(Heads(from) + index, Heads(to) + at, heads, heads);
        Buffer.MemoryCopy(Tails(from) + index, Tails(to) + at, tails, tails);
    }

    /// <summary>How many entries lie before a target.</summary>
    public static int Find(LeafNode* leaf, in TreeTarget target)
    {
        int* heads = Heads(leaf);
        int head = ScoreKey.Head(target.Key), count = leaf->Count;
        int low = CountLess(heads, count, head);
        if (low == count || heads[low] != head)
            return low;
        int high = head == int.MaxValue ? count : low + CountLess(heads + low, count - low, head + 1);
        ulong* tails = Tails(leaf);
        uint middle = ScoreKey.Middle(target.Key);
        while (low < high)
        {
            int half = (int)((uint)(low + high) >> 1);
            ulong tail = tails[half];
            uint other = ScoreKey.Middle(tail);
            if (other < middle || (other == middle && target.IsBehind(ScoreKey.Record(tail))))
                low = half + 1;
            else
                high = half;
        }
        return low;
    }

    /// <summary>The place of a record that is in the leaf, without a look at others of its score.</summary>
    public static int IndexOf(LeafNode* leaf, long key, byte* record)
    {
        ulong* tails = Tails(leaf);
        ulong tail = ScoreKey.Tail(key, record);
        int index = CountLess(Heads(leaf), leaf->Count, ScoreKey.Head(key));
        while (tails[index] != tail)
            index++;
        return index;
    }

    /// <summary>Starts to load what a search reads behind the heads: which part of it, only they tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchTails(byte* leaf)
    {
        for (int offset = TailsOffset; offset < FullBytes; offset += 64)
            CacheLine.Prefetch(leaf + offset);
    }

    /// <summary>How many of some ordered numbers are less than a value.</summary>
    private static int CountLess(int* values, int count, int value)
    {
        Vector128<int> bound = Vector128.Create(value), sum = Vector128<int>.Zero;
        int i = 0;
        for (; i + 4 <= count; i += 4)
            sum -= Vector128.GreaterThan(bound, Vector128.Load(values + i));
        int less = Vector128.Sum(sum);
        for (; i < count; i++)
            less += values[i] < value ? 1 : 0;
        return less;
    }
}
