using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Carnelian.Memory;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// An inner node of a <see cref="ScoreTree"/>: this header, then four arrays with a place for each child: the score key of the smallest
/// member below it, that member's record, the child's address, and how many members are below it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal unsafe struct InnerNode
{
    /// <summary>The most children: with the header a node is 2048 bytes.</summary>
    public const int MostChildren = 63;

    private const int Bytes = 32 + MostChildren * 32;

    public int Count;

    public static long* Keys(InnerNode* node) => (long*)(node + 1);

    public static byte** Records(InnerNode* node) => (byte**)(node + 1) + MostChildren;

    public static byte** Children(InnerNode* node) => (byte**)(node + 1) + 2 * MostChildren;

    public static long* Counts(InnerNode* node) => (long*)(node + 1) + 3 * MostChildren;

    public static InnerNode* Create()
    {
        var node = (InnerNode*)NativeHeap.Allocate(Bytes);
        node->Count = 0;
        return node;
    }

    /// <summary>The members below a node.</summary>
    public static long Total(InnerNode* node) => Sum(node, node->Count);

    /// <summary>The members below the first children.</summary>
    public static long Sum(InnerNode* node, int children)
    {
        long* counts = Counts(node);
        long sum = 0;
        for (int i = 0; i < children; i++)
            sum += counts[i];
        return sum;
    }

    /// <summary>Moves places of children within a node or to another.</summary>
    public static void Move(InnerNode* from, int index, InnerNode* to, int at, int count)
    {
        long bytes = (long)count * 8;
        Buffer.MemoryCopy(Keys(from) + index, Keys(to) + at, bytes, bytes);
        Buffer.MemoryCopy(Records(from) + index, Records(to) + at, bytes, bytes);
        Buffer.MemoryCopy(Children(from) + index, Children(to) + at, bytes, bytes);
        Buffer.MemoryCopy(Counts(from) + index, Counts(to) + at, bytes, bytes);
    }

    /// <summary>The child that a target lies in: the last whose smallest member is not behind it, or the first.</summary>
    public static int Find(InnerNode* node, in TreeTarget target)
    {
        long* keys = Keys(node);
        int count = node->Count, low = CountLess(keys, count, target.Key);
        if (low < count && keys[low] == target.Key)
        {
            int high = target.Key == long.MaxValue ? count : low + CountLess(keys + low, count - low, target.Key + 1);
            while (low < high)
            {
                int half = (int)((uint)(low + high) >> 1);
                if (target.IsAtOrBehind(Records(node)[half]))
                    low = half + 1;
                else
                    high = half;
            }
        }
        return low == 0 ? 0 : low - 1;
    }

    /// <summary>How many of some ordered numbers are less than a value. All are read: that is quicker than a search whose steps wait for each other.</summary>
    private static int CountLess(long* values, int count, long value)
    {
        Vector128<long> bound = Vector128.Create(value), sum = Vector128<long>.Zero;
        int i = 0;
        for (; i + 2 <= count; i += 2)
            sum -= Vector128.GreaterThan(bound, Vector128.Load(values + i));
        int less = (int)Vector128.Sum(sum);
        return i < count && values[i] < value ? less + 1 : less;
    }
}
