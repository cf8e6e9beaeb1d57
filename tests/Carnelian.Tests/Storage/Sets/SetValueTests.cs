using System.Globalization;
using System.Text;
using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;

namespace Carnelian.Tests.Storage.Sets;

/// <summary>Sets in all encodings against a plain set of strings.</summary>
public sealed unsafe class SetValueTests
{
    private static readonly SetLimits s_limits = new(IntSetEntries: 512, PackEntries: 128, PackValue: 64);

    [Theory]
    [InlineData(1, 10, 100, 0)]
    [InlineData(2, 300, 2000, 10)]
    [InlineData(3, 4000, 30_000, 50)]
    [InlineData(4, 700, 5000, 100)]
    public void Random_changes_leave_what_a_set_of_strings_has(int seed, int members, int steps, int percentText)
    {
        var random = new Random(seed);
        var model = new HashSet<string>(StringComparer.Ordinal);
        var set = SetValue.CreateIntSet();
        for (int step = 0; step < steps; step++)
        {
            string member = Member(random, members, percentText);
            byte[] bytes = Encoding.Latin1.GetBytes(member);
            // Waves, so that tables grow and shrink again.
            bool adds = random.Next(10) < (step / 2000 % 2 == 0 ? 8 : 3);
            if (adds)
                Assert.Equal(model.Add(member), set.Add(bytes, 0, s_limits));
            else
                Assert.Equal(model.Remove(member), set.Remove(bytes));
            Assert.Equal(model.Contains(member), set.Contains(bytes));
            Assert.Equal(model.Count, set.Count);
            if (step % 500 == 0)
                AssertSame(model, set);
        }
        AssertSame(model, set);
        SetValue copy = set.Copy();
        set.Free();
        AssertSame(model, copy);
        copy.Free();
    }

    [Fact]
    public void Encodings_change_at_their_limits()
    {
        var set = SetValue.CreateIntSet();
        for (int i = 0; i < 512; i++)
            set.Add(Digits(i), 0, s_limits);
        Assert.Equal(ValueEncoding.IntSet, set.Encoding);
        set.Add(Digits(512), 0, s_limits);
        Assert.Equal(ValueEncoding.HashTable, set.Encoding);
        set.Free();

        set = SetValue.CreateIntSet();
        for (int i = 0; i < 127; i++)
            set.Add(Digits(i), 0, s_limits);
        set.Add("text"u8, 0, s_limits);
        Assert.Equal(ValueEncoding.ListPack, set.Encoding);
        set.Add("more"u8, 0, s_limits);
        Assert.Equal(ValueEncoding.HashTable, set.Encoding);
        Assert.Equal(129, set.Count);
        set.Free();

        set = SetValue.CreatePack();
        set.Add(new byte[64], 0, s_limits);
        Assert.Equal(ValueEncoding.ListPack, set.Encoding);
        set.Add(new byte[65], 0, s_limits);
        Assert.Equal(ValueEncoding.HashTable, set.Encoding);
        set.Free();
    }

    [Fact]
    public void The_memory_of_a_table_is_counted_to_the_byte()
    {
        var random = new Random(11);
        var set = SetValue.CreateTable();
        for (int i = 0; i < 20_000; i++)
        {
            set.Add(Encoding.Latin1.GetBytes(Member(random, 5000, 100)), 0, s_limits);
            set.Remove(Encoding.Latin1.GetBytes(Member(random, 5000, 100)));
        }
        SetTable* table = set.Table;
        long records = 0;
        var walk = new SetWalk(set);
        while (walk.Next(out PackedValue member))
            records += (long)NativeHeap.GoodSize((nuint)(member.Length + (member.Length < 255 ? 1 : 5)));
        walk.Dispose();
        Assert.Equal((long)NativeHeap.GoodSize((nuint)sizeof(SetTable)) + SetTable.TableOf(table).Bytes + records, set.AllocatedBytes);
        set.Free();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(3000)]
    public void A_walk_in_groups_finds_what_both_sets_have(int shared)
    {
        var first = SetValue.CreateTable();
        var second = SetValue.CreateTable();
        for (int i = 0; i < 3000; i++)
        {
            first.Add(Digits(i), 0, s_limits);
            second.Add(Digits(i + 3000 - shared), 0, s_limits);
        }
        long met = 0, found = 0;
        var walk = new SetGroupWalk(first, second);
        while (walk.Next(out PackedValue member, out ulong hash, out bool isInOther))
        {
            met++;
            found += isInOther ? 1 : 0;
            Assert.Equal(KeyHash.Compute(member.Data, member.Length), hash);
            Assert.Equal(second.Contains(member), isInOther);
        }
        walk.Dispose();
        Assert.Equal(3000, met);
        Assert.Equal(shared, found);
        first.Free();
        second.Free();
    }

    // 40 members, 40,000 draws: with 39 degrees of freedom, 90 has a probability of about 1 in 100,000.
    [Theory]
    [InlineData(40, 1)]
    [InlineData(40, 2)]
    public void Each_member_is_drawn_as_often_as_the_others(int members, int seed)
    {
        var random = new FastRandom((ulong)seed);
        var set = SetValue.CreateTable();
        for (int i = 0; i < members; i++)
            set.Add(Digits(i), 0, s_limits);
        var counts = new Dictionary<string, int>();
        for (int i = 0; i < members * 1000; i++)
        {
            PackedValue member = set.Sample(ref random);
            string text = Encoding.Latin1.GetString(member.Data, member.Length);
            counts[text] = counts.GetValueOrDefault(text) + 1;
        }
        set.Free();
        double square = counts.Values.Sum(static count => (count - 1000.0) * (count - 1000.0) / 1000);
        Assert.Equal(members, counts.Count);
        Assert.InRange(square, 0, 90);
    }

    private static void AssertSame(HashSet<string> model, SetValue set)
    {
        var found = new List<string>();
        var walk = new SetWalk(set);
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        while (walk.Next(out PackedValue member))
            found.Add(Encoding.Latin1.GetString(member.Bytes(digits)));
        walk.Dispose();
        Assert.Equal(model.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    private static string Member(Random random, int members, int percentText)
    {
        int number = random.Next(members);
        if (random.Next(100) >= percentText)
            return number.ToString(CultureInfo.InvariantCulture);
        return (number % 50) switch
        {
            0 => new string('l', number % 300),
            1 => "0" + number.ToString(CultureInfo.InvariantCulture),
            _ => "member:" + number.ToString("D12", CultureInfo.InvariantCulture),
        };
    }

    private static byte[] Digits(int number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
