using Carnelian.Server.Diagnostics;
using Carnelian.Server.Execution;

namespace Carnelian.Tests.Diagnostics;

public sealed class CommandStatisticsTests
{
    [Fact]
    public void Every_time_lies_in_a_bucket_that_is_at_most_one_percent_wide()
    {
        var random = new Random(20261121);
        for (int i = 0; i < 10_000; i++)
        {
            long time = random.NextInt64(1, 1L << random.Next(1, 30));
            int bucket = CommandStatistics.BucketOf(time);
            long upper = CommandStatistics.UpperBound(bucket);
            long lower = bucket == 0 ? 0 : CommandStatistics.UpperBound(bucket - 1) + 1;

            Assert.InRange(time, lower, upper);
            Assert.True(upper - lower <= time / 100.0 + 1, $"{time} ns lies in {lower} to {upper}");
        }
    }

    [Fact]
    public void A_second_and_more_share_the_last_bucket()
    {
        Assert.Equal(CommandStatistics.BucketOf(1_000_000_000), CommandStatistics.BucketOf(long.MaxValue));
        Assert.InRange(CommandStatistics.BucketOf(long.MaxValue), 0, CommandStatistics.Buckets - 1);
    }

    [Fact]
    public unsafe void Percentiles_are_upper_bounds_of_the_times()
    {
        CommandStatistics counted = default;
        for (int i = 1; i <= 100; i++)
            counted.Count(1, i * 1000, inHistogram: true);
        var figures = new CommandFigures();

        figures.Add(counted);

        Assert.Equal((100, 100), (figures.Calls, figures.Tracked));
        Assert.InRange(figures.TimeOf(50), 50_000, 50_500);
        Assert.InRange(figures.TimeOf(99), 99_000, 100_000);
        Assert.InRange(figures.TimeOf(100), 100_000, 101_000);
        Assert.InRange(figures.TimeOf(0), 1000, 1010);
        System.Runtime.InteropServices.NativeMemory.Free(counted.Histogram);
    }

    [Fact]
    public unsafe void Times_of_a_run_are_spread_evenly()
    {
        CommandStatistics counted = default;

        counted.Count(4, 1000, inHistogram: true);

        Assert.Equal((4, 4000, 4), (counted.Calls, counted.Nanoseconds, counted.Histogram[CommandStatistics.BucketOf(1000)]));
        System.Runtime.InteropServices.NativeMemory.Free(counted.Histogram);
    }
}
