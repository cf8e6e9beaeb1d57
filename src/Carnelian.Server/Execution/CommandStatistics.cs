using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian.Server.Execution;

/// <summary>
/// What one loop has counted of one command: calls, time, failures, and a histogram of the time with 128 steps per power of two.
/// </summary>
/// <remarks>In native memory, written by its loop only and read by any thread, which sums the loops.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CommandStatistics
{
    /// <summary>The number of buckets of a histogram: up to a second, two significant digits.</summary>
    public const int Buckets = (LargestExponent - SubBucketBits + 2) * SubBuckets;

    private const int SubBucketBits = 7;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int LargestExponent = 29;
    private const long MostNanoseconds = 1_000_000_000;

    /// <summary>Executions.</summary>
    public long Calls;

    /// <summary>Their time, in nanoseconds.</summary>
    public long Nanoseconds;

    /// <summary>Refusals before execution.</summary>
    public long Rejected;

    /// <summary>Executions that replied an error.</summary>
    public long Failed;

    /// <summary>Executions by their time, or null before the first.</summary>
    public long* Histogram;

    /// <summary>Counts executions.</summary>
    /// <param name="calls">How many.</param>
    /// <param name="nanoseconds">The time of each.</param>
    /// <param name="inHistogram">Whether the histogram counts them too.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int calls, long nanoseconds, bool inHistogram)
    {
        Calls += calls;
        Nanoseconds += nanoseconds * calls;
        if (inHistogram)
        {
            if (Histogram == null)
                Histogram = (long*)NativeMemory.AllocZeroed(Buckets, sizeof(long));
            Histogram[BucketOf(nanoseconds)] += calls;
        }
    }

    /// <summary>Sets everything back.</summary>
    public void Reset()
    {
        Calls = Nanoseconds = Rejected = Failed = 0;
        if (Histogram != null)
            NativeMemory.Clear(Histogram, Buckets * sizeof(long));
    }

    /// <summary>The bucket of a time. Times of a second and more share the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BucketOf(long nanoseconds)
    {
        var value = (ulong)Math.Clamp(nanoseconds, 1, MostNanoseconds);
        if (value < SubBuckets)
            return (int)value;
        int exponent = BitOperations.Log2(value);
        return (exponent - SubBucketBits + 1) * SubBuckets + (int)(value >> (exponent - SubBucketBits)) - SubBuckets;
    }

    /// <summary>The largest time that falls into a bucket, in nanoseconds.</summary>
    public static long UpperBound(int bucket)
    {
        if (bucket < SubBuckets)
            return bucket;
        int exponent = bucket / SubBuckets + SubBucketBits - 1;
        return ((long)(SubBuckets + bucket % SubBuckets + 1) << (exponent - SubBucketBits)) - 1;
    }
}
