using System.Globalization;
using System.Text;
using Carnelian.Persistence.Rdb.Checking;

namespace Carnelian.Tests.Persistence;

/// <summary>The statistics of <c>check-rdb</c>: the numbers expected are those that valkey-check-rdb 9.1 prints of the same values.</summary>
public sealed class RdbCheckerTests
{
    [Theory]
    [InlineData("string", "0001610531323334350001620568656C6C6F00016300", 10, 3, 5, "3.33", "5.00")]
    [InlineData("string", "000161C0F9", 2, 1, 2, "2.00", "2.00")]
    [InlineData("set", "0B017310" + "0400000002000000" + "FFFFFFFF" + "01000000", 3, 2, 2, "1.50", "1.00")]
    [InlineData("zset", "05017A02" + "0361626300000000000004400231320000000000001C40", 9, 4, 6, "2.25", "3.00")]
    [InlineData("hash", "04016803" + "01610131" + "036263640568656C6C6F" + "0231322D35", 0, 0, 0, "", "")]
    [InlineData("hash", "04016802" + "01610131" + "036263640568656C6C6F", 10, 2, 8, "5.00", "2.00")]
    public void Elements_are_measured(string type, string records, long bytes, long elements, long most, string average, string median)
    {
        string report = Report(Convert.FromHexString(records), out bool isSound);
        if (bytes == 0)
        {
            Assert.False(isSound);
            return;
        }

        Assert.True(isSound, report);
        Assert.Equal($"{bytes}", Value(report, 0, type, "keys.value_size"));
        Assert.Equal($"{bytes}", Value(report, 0, type, "elements.size"));
        Assert.Equal($"{elements}", Value(report, 0, type, "elements.total"));
        Assert.Equal($"{most}", Value(report, 0, type, "elements.size.max"));
        Assert.Equal(average, Value(report, 0, type, "elements.size.avg"));
        Assert.Equal(median, Value(report, 0, type, "elements.size.p50"));
    }

    [Fact]
    public void Databases_without_keys_stand_between_others()
    {
        string report = Report([254, 3, 0, 1, (byte)'k', 1, (byte)'v'], out _);

        Assert.Equal("0", Value(report, 0, "string", "keys.total"));
        Assert.Equal("0.00", Value(report, 2, "list", "elements.num.p99"));
        Assert.Equal("1", Value(report, 3, "string", "keys.total"));
        Assert.DoesNotContain("db.4.", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50, 3, 1, 2, 3, 9, 9)]
    [InlineData(90, 100, 3, 3, 5, 100, 2000, 3)]
    [InlineData(99, 2000, 3, 3, 5, 100, 2000, 3)]
    [InlineData(99, 3001, 3000)]
    [InlineData(99, 2047, 2047)]
    [InlineData(50, 12503, 12501)]
    [InlineData(90, 100031, 100000)]
    [InlineData(50, 0, 0)]
    [InlineData(50, 0)]
    public void A_percentile_is_the_greatest_size_of_its_class(int percent, double expected, params int[] sizes)
    {
        var histogram = new SizeHistogram();
        foreach (int size in sizes)
            histogram.Add(size);

        Assert.Equal(expected, histogram.Percentile(percent));
        Assert.Equal(sizes.DefaultIfEmpty().Max(), histogram.Most);
    }

    [Fact]
    public void The_length_is_that_of_the_file_and_not_of_what_follows()
    {
        byte[] file = [.. "REDIS0003"u8, 0, 1, (byte)'k', 1, (byte)'v', 255];
        var checker = new RdbChecker(TextWriter.Null, now: 0);

        Assert.True(checker.Check(new BytesSource([.. file, .. "*1\r\n"u8]), out _));

        Assert.Equal(file.Length, checker.Length);
    }

    private static string Report(byte[] records, out bool isSound)
    {
        var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var checker = new RdbChecker(output, now: 0) { HasStatistics = true };
        isSound = checker.Check(new BytesSource([.. "REDIS0003"u8, .. records, 255]), out _);
        checker.WriteStatistics(StatisticsFormat.Info);
        return output.ToString();
    }

    private static string Value(string report, int database, string type, string name)
    {
        string begin = $"[info] db.{database}.type.{type}.{name}:";
        return report.Split('\n').Single(line => line.StartsWith(begin, StringComparison.Ordinal))[begin.Length..];
    }
}
