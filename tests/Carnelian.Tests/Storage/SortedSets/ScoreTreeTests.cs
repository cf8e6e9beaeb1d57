using System.Text;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Tests.Storage.SortedSets;

/// <summary>The tree, and the set around it, against a sorted list.</summary>
public sealed unsafe class ScoreTreeTests
{
    private static readonly SortedSetLimits s_trees = new(0, 0);

    /// <summary>How the scores of a round are chosen: how many different ones there are, and how near to each other.</summary>
    [Theory]
    [InlineData(1, 1, 1.0)]
    [InlineData(2, 3, 1.0)]
    [InlineData(3, 100, 1e-9)]
    [InlineData(4, 100_000, 1.0)]
    [InlineData(5, 100_000, 1.0 / 1024)]
    [InlineData(6, 1000, 1e306)]
    [InlineData(7, 100_000, 1e9)]
    public void It_does_what_a_sorted_list_does(int seed, int scores, double unit)
    {
        var random = new Random(seed);
        var model = new SetModel();
        SortedSet set = SortedSet.Create(1, 0, s_trees);
        double Score() => (random.Next(scores) - scores / 2) * unit;
        for (int round = 0; round < 60; round++)
        {
            // The set grows, shrinks and changes in turn.
            int kind = round % 5;
            for (int i = 0; i < 400; i++)
            {
                byte[] member = Member(random.Next(6000));
                if (kind is 0 or 1 || (kind == 2 && i % 2 == 0))
                {
                    double score = Score();
                    set.Put(member, score, SortedSetConditions.None, s_trees, out _);
                    model.Put(member, score);
                }
                else if (kind == 3 && set.Count > 0)
                {
                    byte[] present = model[random.Next(model.Count)].Member;
                    double added = (random.Next(5) - 2) * unit;
                    set.Put(present, added, SortedSetConditions.Increment, s_trees, out double result);
                    model.Put(present, result);
                }
                else
                {
                    Assert.Equal(model.Remove(member), set.Remove(member));
                }
            }
            if (kind == 4 && set.Count > 0)
            {
                long start = random.NextInt64(set.Count);
                long count = random.Next(3) == 0 ? random.NextInt64(set.Count - start + 1) : Math.Min(set.Count - start, random.Next(200));
                set.Remove(new RankRange(start, count));
                model.RemoveRange((int)start, (int)count);
            }
            Compare(model, set, random, Score);
        }
        set.Remove(new RankRange(0, set.Count));
        set.Tree->Tree.Verify();
        Assert.Equal(0, set.Count);
        set.Free();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_set_that_is_filled_in_order_has_full_leaves(int direction)
    {
        const int members = 20_000;
        SortedSet set = SortedSet.Create(1, 0, s_trees);
        for (int i = 0; i < members; i++)
            set.Put(Member(i), direction * i, SortedSetConditions.None, s_trees, out _);
        set.Tree->Tree.Verify();
        Assert.InRange(set.Tree->Tree.Nodes, members / LeafNode.MostEntries, members / LeafNode.MostEntries * 1.1);
        set.Free();
    }

    [Fact]
    public void A_set_that_is_filled_by_chance_has_leaves_that_are_four_fifths_full()
    {
        const int members = 100_000;
        var random = new Random(8);
        SortedSet set = SortedSet.Create(1, 0, s_trees);
        for (int i = 0; i < members; i++)
            set.Put(Member(i), random.NextDouble(), SortedSetConditions.None, s_trees, out _);
        set.Tree->Tree.Verify();
        Assert.InRange(members / (double)set.Tree->Tree.Nodes, LeafNode.MostEntries * 0.8, LeafNode.MostEntries);
        set.Free();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Members_are_taken_from_an_end_until_none_is_left(bool fromHighest)
    {
        const int members = 20_000;
        var random = new Random(9);
        SortedSet set = SortedSet.Create(1, 0, s_trees);
        for (int i = 0; i < members; i++)
            set.Put(Member(i), random.Next(), SortedSetConditions.None, s_trees, out _);
        for (int left = members; left > 0; left--)
        {
            set.Remove(new RankRange(fromHighest ? left - 1 : 0, 1));
            if (left % 500 == 0)
                set.Tree->Tree.Verify();
        }
        Assert.Equal(0, set.Count);
        Assert.Equal(0, set.Tree->Tree.Levels);
        set.Free();
    }

    [Fact]
    public void A_copy_is_equal_and_shares_nothing()
    {
        var random = new Random(10);
        SortedSet set = SortedSet.Create(1, 0, s_trees);
        var model = new SetModel();
        for (int i = 0; i < 3000; i++)
        {
            set.Put(Member(i), i % 700, SortedSetConditions.None, s_trees, out _);
            model.Put(Member(i), i % 700);
        }
        var type = CollectionType.Of(Carnelian.Storage.ValueType.SortedSet);
        var copy = new SortedSet(set.Encoding, type.Copy(set.Encoding, set.Address));
        Assert.InRange(type.Bytes(set.Encoding, set.Address, samples: 0), 3000 * 30, 3000 * 90);
        set.Free();
        Compare(model, copy, random, () => random.Next(700));
        copy.Free();
    }

    private static void Compare(SetModel model, SortedSet set, Random random, Func<double> score)
    {
        ref ScoreTree tree = ref set.Tree->Tree;
        tree.Verify();
        Assert.Equal(model.Count, set.Count);
        Assert.Equal(model.Count, set.Tree->Members.Count);
        if (model.Count == 0)
            return;
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        int from = random.Next(model.Count);
        bool backwards = random.Next(2) == 0;
        SortedSetCursor cursor = set.At(from);
        for (int i = from; i >= 0 && i < model.Count; i += backwards ? -1 : 1)
        {
            Assert.Equal(model[i].Member, cursor.Member(digits).ToArray());
            Assert.Equal(model[i].Score, cursor.Score);
            cursor.Move(backwards);
        }
        Assert.False(cursor.IsAtMember);
        for (int i = 0; i < 50; i++)
        {
            int index = random.Next(model.Count);
            Assert.Equal(index, set.Rank(model[index].Member, out double found));
            Assert.Equal(model[index].Score, found);
            double a = score(), b = score();
            var range = new ScoreRange(Math.Min(a, b), Math.Max(a, b), random.Next(2) == 0, random.Next(2) == 0);
            RankRange ranks = set.Find(range);
            int expected = model.CountIf(entry => range.IsAboveMin(entry.Score) && range.IsBelowMax(entry.Score));
            Assert.Equal(range.IsEmpty ? 0 : expected, ranks.Count);
            if (ranks.Count > 0)
                Assert.Equal(model.CountIf(entry => !range.IsAboveMin(entry.Score)), ranks.Start);
        }
    }

    private static byte[] Member(int number) =>
        Encoding.ASCII.GetBytes(number % 50 == 0 ? new string('x', 300) + number : number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private sealed class SetModel
    {
        private readonly List<(double Score, byte[] Member)> _entries = [];
        private readonly Dictionary<string, double> _scores = [];

        public int Count => _entries.Count;

        public (double Score, byte[] Member) this[int index] => _entries[index];

        public void Put(byte[] member, double score)
        {
            Remove(member);
            _scores[Encoding.Latin1.GetString(member)] = score;
            _entries.Insert(~_entries.BinarySearch((score, member), Order), (score, member));
        }

        public bool Remove(byte[] member)
        {
            if (!_scores.Remove(Encoding.Latin1.GetString(member), out double score))
                return false;
            _entries.RemoveAt(_entries.BinarySearch((score, member), Order));
            return true;
        }

        public void RemoveRange(int start, int count)
        {
            for (int i = start; i < start + count; i++)
                _scores.Remove(Encoding.Latin1.GetString(_entries[i].Member));
            _entries.RemoveRange(start, count);
        }

        public int CountIf(Func<(double Score, byte[] Member), bool> predicate) => _entries.Count(predicate);

        private static Comparer<(double Score, byte[] Member)> Order { get; } = Comparer<(double Score, byte[] Member)>.Create(static (a, b) =>
            a.Score != b.Score ? a.Score.CompareTo(b.Score) : a.Member.AsSpan().SequenceCompareTo(b.Member));
    }
}
