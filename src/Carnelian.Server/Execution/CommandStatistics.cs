using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian.Server.Execution;

/// <summary>
/// What one loop has counted of one command: calls, time, failures, and a histogram of the time with 16 steps per power of two.
/// </summary>
/// <remarks>In native memory, written by its loop only and read by any thread, which sums the loops.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CommandStatistics
{
    /// <summary>The number of buckets of a histogram: up to 2^40 nanoseconds.</summary>
    public const int Buckets = 37 * 16;

    /// <summary>Executions.</summary>
    public long Calls;

    /// <summary>Their time, in nanoseconds.</summary>
    public long Nanoseconds;

    /// <summary>Refusals before execution.</summary>
    public long Rejected;

    /// <summary>Executions that replied an error.</summary>
    public long Failed;

    /// <summary>Executions by their time, or null before the first.</summary>
    public uint* Histogram;

    /// <summary>Counts executions that took some time together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int calls, long nanoseconds, bool inHistogram)
    {
        Calls += calls;
        Nanoseconds += nanoseconds;
        if (inHistogram)
        {
            if (Histogram == null)
                Histogram = (uint*)NativeMemory.AllocZeroed(Buckets, sizeof(uint));
            Histogram[BucketOf(calls == 1 ? nanoseconds : nanoseconds / calls)] += (uint)calls;
        }
    }

    /// <summary>Sets everything back.</summary>
    public void Reset()
    {
        Calls = Nanoseconds = Rejected = Failed = 0;
        if (Histogram != null)
            NativeMemory.Clear(Histogram, Buckets * sizeof(uint));
    }

    /// <summary>The bucket of a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BucketOf(long nanoseconds)
    {
        var value = (ulong)Math.Max(nanoseconds, 0);
        if (value < 16)
            return (int)value;
        int exponent = BitOperations.Log2(value);
        return Math.Min((exponent - 3) * 16 + (int)(value >> (exponent - 4) & 15), Buckets - 1);
    }

    /// <summary>The largest time that falls into a bucket, in nanoseconds.</summary>
    public static long UpperBound(int bucket)
    {
        if (bucket < 16)
            return bucket;
        int exponent = bucket / 16 + 3;
        return (long)(16 + bucket % 16 + 1 << (exponent - 4)) - 1;
    }
}
