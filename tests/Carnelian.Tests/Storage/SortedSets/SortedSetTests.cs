using System.Text;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Tests.Storage.SortedSets;

/// <summary>Both encodings do the same, and one becomes the other where Valkey's does.</summary>
public sealed unsafe class SortedSetTests
{
    private static readonly SortedSetLimits s_packs = new(1000, 1000);
    private static readonly SortedSetLimits s_trees = new(0, 0);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_pack_and_a_tree_with_the_same_members_agree(int seed)
    {
        var random = new Random(seed);
        SortedSet pack = SortedSet.Create(1, 1, s_packs), tree = SortedSet.Create(1, 1, s_trees);
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits], other = stackalloc byte[SortedSetCursor.MostDigits];
        for (int i = 0; i < 4000; i++)
        {
            byte[] member = Encoding.ASCII.GetBytes(random.Next(4) == 0 ? "m" + random.Next(60) : random.Next(-30, 60).ToString(System.Globalization.CultureInfo.InvariantCulture));
            double score = random.Next(-4, 5) * (random.Next(2) == 0 ? 1 : 0.37);
            if (random.Next(3) == 0)
            {
                Assert.Equal(pack.Remove(member), tree.Remove(member));
            }
            else
            {
                var conditions = (SortedSetConditions)random.Next(32);
                Assert.Equal(pack.Put(member, score, conditions, s_packs, out double a), tree.Put(member, score, conditions, s_trees, out double b));
                Assert.Equal(a, b);
            }
            Assert.Equal(pack.Rank(member, out double one), tree.Rank(member, out double two));
            Assert.Equal(one, two);
            var range = new ScoreRange(random.Next(-4, 5), random.Next(-4, 5), random.Next(2) == 0, random.Next(2) == 0);
            RankRange left = pack.Find(range), right = tree.Find(range);
            Assert.Equal(left.Count, right.Count);
            if (left.Count > 0)
                Assert.Equal(left.Start, right.Start);
            if (i % 50 == 0 && pack.Count > 10)
            {
                var some = new RankRange(random.Next(5), random.Next(6));
                pack.Remove(some);
                tree.Remove(some);
            }
        }
        Assert.True(ListPack.IsValid(new ListPack(pack.Address).AsSpan(), out int elements));
        Assert.Equal(pack.Count * 2, elements);
        Assert.Equal(pack.Count, tree.Count);
        SortedSetCursor first = pack.At(0), second = tree.At(0);
        for (long i = 0; i < pack.Count; i++)
        {
            Assert.Equal(first.Member(digits).ToArray(), second.Member(other).ToArray());
            Assert.Equal(first.Score, second.Score);
            first.MoveNext();
            second.MoveNext();
        }
        pack.Free();
        tree.Free();
    }

    [Fact]
    public void A_pack_becomes_a_tree_with_one_member_too_many_or_too_long()
    {
        var limits = new SortedSetLimits(3, 5);
        foreach (string last in new[] { "d", "longer" })
        {
            SortedSet set = SortedSet.Create(1, 1, limits);
            int few = last == "d" ? 3 : 1;
            for (int i = 0; i < few; i++)
                set.Put([(byte)('a' + i)], i, SortedSetConditions.None, limits, out _);
            Assert.Equal(ValueEncoding.ListPack, set.Encoding);
            set.Put(Encoding.ASCII.GetBytes(last), 0.5, SortedSetConditions.None, limits, out _);
            Assert.Equal(ValueEncoding.SkipList, set.Encoding);
            Assert.Equal(1, set.Rank(Encoding.ASCII.GetBytes(last), out _));
            set.Free();
        }
    }

    [Fact]
    public void A_builder_sorts_by_score_and_then_by_member()
    {
        foreach (bool mayRepeat in new[] { false, true })
        {
            var builder = default(SortedSetBuilder);
            for (int i = 999; i >= 0; i--)
            {
                byte[] member = Encoding.ASCII.GetBytes($"m{i:000}");
                if (mayRepeat)
                    Assert.True(builder.TryAdd(member, i % 10, out _, out _));
                else
                    builder.Add(member, i % 10);
            }
            if (mayRepeat)
            {
                Assert.False(builder.TryAdd("m005"u8, 1, out nint place, out double present));
                Assert.Equal(5, present);
                SortedSetBuilder.SetScore(place, 0.1);
            }
            builder.Sort();
            SortedSet set = builder.Build(new SortedSetLimits(10, 10));
            Assert.Equal(1000, set.Count);
            Assert.Equal(mayRepeat ? 100 : 500, set.Rank("m005"u8, out _));
            Assert.Equal(mayRepeat ? 999 : 999, set.Rank("m999"u8, out double last));
            Assert.Equal(9, last);
            set.Tree->Tree.Verify();
            set.Free();
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(5000)]
    public void A_builder_sorts_scores_of_every_kind(int count)
    {
        double[] special = [0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 1, -1];
        var random = new Random(count);
        var builder = default(SortedSetBuilder);
        var expected = new List<(double Score, string Member)>();
        for (int i = 0; i < count; i++)
        {
            double score = random.Next(4) switch
            {
                0 => special[random.Next(special.Length)],
                1 => random.Next(-300, 300),
                2 => random.NextDouble() - 0.5,
                _ => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
            };
            if (double.IsNaN(score))
                score = 7;
            expected.Add((score, $"member:{i}"));
            builder.Add(Encoding.ASCII.GetBytes($"member:{i}"), score);
        }

        builder.Sort();

        expected.Sort(static (a, b) => a.Score != b.Score ? a.Score.CompareTo(b.Score) : string.CompareOrdinal(a.Member, b.Member));
        for (int i = 0; i < count; i++)
            Assert.Equal(expected[i], (builder.ScoreAt(i), Encoding.ASCII.GetString(builder.MemberAt(i))));
        builder.Dispose();
    }
}
