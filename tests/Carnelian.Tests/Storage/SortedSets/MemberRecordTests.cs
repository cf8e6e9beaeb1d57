using System.Text;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Tests.Storage.SortedSets;

public sealed unsafe class MemberRecordTests
{
    public static readonly TheoryData<double, double> Scores = new()
    {
        { 0, -0.0 }, { 1, -1 }, { 0.5, 3e9 }, { int.MaxValue, int.MinValue }, { 2147483648, -2147483649 }, { double.PositiveInfinity, double.NegativeInfinity },
        { 0.1, 7 }, { 16777217, 0.25 }, { double.Epsilon, double.MaxValue }, { 1e300, 1e-300 }, { float.MaxValue, float.Epsilon },
    };

    [Theory]
    [MemberData(nameof(Scores))]
    public void It_holds_any_score_and_any_member(double first, double second)
    {
        foreach (int length in new[] { 0, 1, 19, 62, 63, 64, 300, 70_000 })
        {
            byte[] member = Encoding.ASCII.GetBytes(new string('m', length));
            fixed (byte* data = member)
            {
                MemberRecord record = MemberRecord.Create(data, length, first);
                Assert.Equal(BitConverter.DoubleToInt64Bits(first), BitConverter.DoubleToInt64Bits(record.Score));
                if (record.TrySetScore(second))
                    Assert.Equal(BitConverter.DoubleToInt64Bits(second), BitConverter.DoubleToInt64Bits(record.Score));
                else
                    Assert.Equal(BitConverter.DoubleToInt64Bits(first), BitConverter.DoubleToInt64Bits(record.Score));
                Assert.Equal(member, record.Member.ToArray());
                record.Free();
            }
        }
    }

    [Theory]
    [InlineData(12345, 24)]
    [InlineData(0.5, 24)]
    [InlineData(0.1, 32)]
    public void A_score_that_four_bytes_hold_takes_four(double score, int bytes)
    {
        byte[] member = Encoding.ASCII.GetBytes("member:000000012345");
        fixed (byte* data = member)
        {
            MemberRecord record = MemberRecord.Create(data, member.Length, score);
            Assert.Equal(bytes, record.AllocatedBytes);
            record.Free();
        }
    }

    [Fact]
    public void Keys_of_scores_are_in_the_order_of_the_scores()
    {
        double[] scores = [double.NegativeInfinity, -1e300, -2, -1.5, -double.Epsilon, 0, double.Epsilon, 0.1, 1, 1099511627775, 1099511627776, 1e300, double.PositiveInfinity];
        for (int i = 1; i < scores.Length; i++)
            Assert.True(ScoreKey.Of(scores[i - 1]) < ScoreKey.Of(scores[i]));
        Assert.Equal(ScoreKey.Of(0), ScoreKey.Of(-0.0));
    }
}
