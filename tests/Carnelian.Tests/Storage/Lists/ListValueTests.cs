using System.Globalization;
using System.Text;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;

namespace Carnelian.Tests.Storage.Lists;

/// <summary>Lists in both of their forms against a plain list of strings.</summary>
public sealed unsafe class ListValueTests
{
    private const long Now = 1_800_000_000_000;

    [Theory]
    [InlineData(1, -2, 0, 3000)]
    [InlineData(2, 4, 0, 3000)]
    [InlineData(3, 1, 0, 1500)]
    [InlineData(4, 3, 12, 3000)]
    [InlineData(5, -1, 300, 3000)]
    [InlineData(6, -5, 0, 2000)]
    [InlineData(7, 100, 1, 1500)]
    public void Random_changes_leave_what_a_list_has(int seed, int fill, long threshold, int steps)
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        var limits = new ListLimits(fill, threshold);
        var random = new Random(seed);
        var model = new List<byte[]>();
        With(keyspace, list =>
        {
            for (int step = 0; step < steps; step++)
            {
                // The list grows and shrinks in turns, so that nodes come and go and the form changes.
                Change(list, model, random, limits, grows: step / 250 % 2 == 0);
                Assert.Equal(model.Count, list.Count);
                if (step % 20 == 0)
                    AssertHolds(list, model, limits);
            }
            AssertHolds(list, model, limits);
        });
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public void A_queue_that_moves_on_keeps_its_order_and_little_memory(int fill)
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        var limits = new ListLimits(fill, 0);
        With(keyspace, list =>
        {
            long pushed = 0, popped = 0;
            for (int round = 0; round < 40; round++)
            {
                for (int i = 0; i < 3000; i++)
                    Push(list, Number(pushed++), atTail: true, limits);
                while (pushed - popped > 50 * (round % 7))
                {
                    Assert.Equal(Number(popped++), Text(list.End(last: false).Value));
                    list.RemoveEnd(last: false);
                    list.Shrink(limits);
                }
                Assert.Equal(pushed - popped, list.Count);
                long most = 20_000 + (list.Count * (fill == -2 ? 20 : 120));
                Assert.InRange(CollectionType.Of(Carnelian.Storage.ValueType.List).Bytes(list.Entry.Encoding, list.Entry.Collection, 0), 1, most);
            }
        });
    }

    [Fact]
    public void Pushing_at_either_end_fills_nodes_equally()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        var limits = new ListLimits(-2, 0);
        foreach (bool atTail in (bool[])[false, true])
        {
            With(keyspace, list =>
            {
                for (int i = 0; i < 100_000; i++)
                    Push(list, "sixteen bytes ok"u8.ToArray(), atTail, limits);
                Assert.Equal(100_000, list.Count);
                ListNodeInfo[] nodes = list.Nodes.DescribeNodes();
                Assert.All(atTail ? nodes[..^1] : nodes[1..], static node => Assert.InRange(node.Bytes, 8192 - 40, 8192));
                Assert.InRange(list.Nodes.AllocatedBytes(0) / 100_000.0, 18, 19);
            });
        }
    }

    [Fact]
    public void An_element_longer_than_a_node_lies_by_itself_and_is_shared_by_copies()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        var limits = new ListLimits(-2, 0);
        byte[] large = Encoding.ASCII.GetBytes(new string('x', 10_000));
        With(keyspace, list =>
        {
            Push(list, "a"u8.ToArray(), atTail: true, limits);
            Push(list, large, atTail: true, limits);
            Push(list, "b"u8.ToArray(), atTail: true, limits);
            Assert.Equal([(1, false), (1, true), (1, false)], list.Nodes.DescribeNodes().Select(static node => (node.Count, node.IsPlain)));
            QuickList copy = list.Nodes.Copy();
            Assert.True(list.At(1).TryGetBlock(out StringBlock first) && copy.At(1).TryGetBlock(out StringBlock second) && first.Address == second.Address);
            Assert.False(first.IsUnshared);
            copy.Free();
            Assert.True(first.IsUnshared);
            Assert.Equal(large, Text(list.At(1).Value));
        });
    }

    [Fact]
    public void A_range_across_many_nodes_is_cut_out_as_a_chain()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        var limits = new ListLimits(4, 0);
        With(keyspace, list =>
        {
            for (int i = 0; i < 1000; i++)
                Push(list, Number(i), atTail: true, limits);
            NodeChain cut = list.RemoveRange(3, 990);
            Assert.Equal(247, cut.Count);
            cut.Free();
            Assert.Equal(["0", "1", "2", "993", "994", "995", "996", "997", "998", "999"], All(list).Select(Encoding.ASCII.GetString));
            list.RemoveRange(0, 10).Free();
            Assert.True(list.IsEmpty);
            Push(list, Number(1), atTail: false, limits);
            Assert.Equal(1, list.Count);
        });
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-9, 65536)]
    [InlineData(-1, 4096)]
    [InlineData(-5, 65536)]
    public void Limits_stay_within_their_bounds(int fill, long most)
    {
        var limits = new ListLimits(fill, 0);
        Assert.Equal(most, fill >= 0 ? limits.MostElements : limits.MostBytes);
        Assert.False(limits.IsExceededBy(fill >= 0 ? 10 : most, fill >= 0 ? most : 1_000_000));
        Assert.True(limits.IsExceededBy(fill >= 0 ? 10 : most + 1, most + 1));
    }

    private delegate void Body(ListValue list);

    private static void With(Keyspace keyspace, Body body)
    {
        fixed (byte* name = "list"u8)
        {
            var key = new Key(name, 4);
            body(ListValue.Add(keyspace[0], key, Now));
            Assert.True(keyspace[0].Delete(key, Now, isLazy: false));
        }
    }

    private static void Change(ListValue list, List<byte[]> model, Random random, in ListLimits limits, bool grows)
    {
        byte[] value = Value(random);
        int kind = random.Next(grows ? 14 : 24);
        if (model.Count == 0 || kind < 6)
        {
            bool atTail = random.Next(2) == 0;
            Push(list, value, atTail, limits);
            model.Insert(atTail ? model.Count : 0, value);
            return;
        }
        int index = random.Next(model.Count);
        switch (kind)
        {
            case 6 or 7 or 8:
                bool after = random.Next(2) == 0;
                list.Grow(value.Length, 1, limits);
                list.Insert(list.At(index), new ListElement(value), after, limits);
                model.Insert(after ? index + 1 : index, value);
                break;
            case 9 or 10:
                list.Grow(value.Length, 1, limits);
                list.Replace(list.At(index), new ListElement(value), limits);
                model[index] = value;
                list.Shrink(limits);
                break;
            case 11:
                Assert.Equal(model[index], Text(list.At(index).Value));
                break;
            case 12:
                list.Settle(limits);
                break;
            case 13 or 14 or 15:
                Remove(list, model, random, index);
                list.Shrink(limits);
                break;
            case 16:
                int count = random.Next(Math.Min(model.Count - index, 30)) + 1;
                list.RemoveRange(index, count).Free();
                model.RemoveRange(index, count);
                list.Shrink(limits);
                break;
            default:
                bool last = random.Next(2) == 0;
                list.RemoveEnd(last);
                model.RemoveAt(last ? model.Count - 1 : 0);
                list.Shrink(limits);
                break;
        }
    }

    private static void Remove(ListValue list, List<byte[]> model, Random random, int index)
    {
        bool backwards = random.Next(2) == 0;
        ListCursor at = list.At(index);
        list.Remove(ref at, backwards);
        model.RemoveAt(index);
        int next = backwards ? index - 1 : index;
        if (next < 0 || next >= model.Count)
            Assert.False(at.Exists);
        else
            Assert.Equal(model[next], Text(at.Value));
    }

    private static void Push(ListValue list, byte[] value, bool atTail, in ListLimits limits)
    {
        list.Grow(value.Length, 1, limits);
        list.Push(new ListElement(value), atTail, limits);
    }

    private static void AssertHolds(ListValue list, List<byte[]> model, in ListLimits limits)
    {
        Assert.Equal(model, All(list));
        var backwards = new List<byte[]>();
        for (ListCursor at = list.End(last: true); at.Exists; at.MovePrevious())
            backwards.Add(Text(at.Value));
        Assert.Equal(Enumerable.Reverse(model), backwards);
        if (list.IsPacked)
        {
            Assert.True(ListPack.IsValid(list.Pack.AsSpan(), out int count) && count == model.Count);
            return;
        }
        ListNodeInfo[] nodes = list.Nodes.DescribeNodes();
        Assert.Equal(list.Nodes.Nodes, nodes.Length);
        Assert.Equal(model.Count, nodes.Sum(static node => node.Count));
        long most = limits.MostElements;
        Assert.All(nodes, node => Assert.InRange(node.Count, 1, node.IsPlain ? 1 : most));
        QuickList copy = list.Nodes.Copy();
        Assert.Equal(nodes, copy.DescribeNodes());
        copy.Free();
    }

    private static List<byte[]> All(ListValue list)
    {
        var all = new List<byte[]>();
        for (ListCursor at = list.End(last: false); at.Exists; at.MoveNext())
            all.Add(Text(at.Value));
        return all;
    }

    private static byte[] Text(PackedValue value) => value.Bytes(new byte[PackedValue.MostDigits]).ToArray();

    private static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static byte[] Value(Random random) => random.Next(12) switch
    {
        0 => [],
        1 or 2 or 3 => Number(random.Next(-10, 200)),
        4 => Number(random.NextInt64(long.MinValue, long.MaxValue)),
        5 => Bytes(random, random.Next(60, 70)),
        6 => random.Next(8) == 0 ? Bytes(random, random.Next(4000, 12_000)) : Bytes(random, random.Next(100, 140)),
        7 => random.Next(40) == 0 ? Bytes(random, random.Next(60_000, 70_000)) : Bytes(random, 300),
        _ => Bytes(random, random.Next(1, 25)),
    };

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
