using System.Text;
using Carnelian.Memory;
using Carnelian.Storage.Streams;

namespace Carnelian.Tests.Storage.Streams;

/// <summary>The tree against a sorted dictionary.</summary>
public sealed unsafe class OrderedTreeTests
{
    [Theory]
    [InlineData(1, 100, 4000)]
    [InlineData(2, 3000, 30_000)]
    [InlineData(3, 20_000, 60_000)]
    public void Random_changes_leave_what_a_sorted_dictionary_has(int seed, int keys, int steps)
    {
        var random = new Random(seed);
        var model = new SortedDictionary<ulong, nint>();
        OrderedTree<StreamId> tree = default;
        for (int step = 0; step < steps; step++)
        {
            // Times in which there are more keys, and times in which there are fewer.
            bool grows = random.Next(100) < (step / (keys / 2 + 1) % 2 == 0 ? 70 : 30);
            ulong key = (ulong)random.Next(keys);
            if (grows && !model.ContainsKey(key))
            {
                model.Add(key, step + 1);
                tree.Add(IdOf(key), (void*)(step + 1));
            }
            else if (!grows)
            {
                Assert.Equal(model.Remove(key, out nint value) ? value : 0, (nint)tree.Remove(IdOf(key)));
            }
            if (step % 97 == 0)
            {
                tree.Verify();
                AssertSearches(model, tree, (ulong)random.Next(keys));
            }
        }
        AssertEqual(model, tree);
        tree.Clear();
        Assert.Equal(0, tree.Bytes);
    }

    [Fact]
    public void A_tree_that_is_filled_in_order_takes_little_more_than_its_items()
    {
        OrderedTree<StreamId> tree = default;
        const int Count = 100_000;
        for (ulong i = 0; i < Count; i++)
            tree.Add(new StreamId(i, 0), (void*)(i + 1));
        tree.Verify();
        Assert.InRange(tree.Bytes, Count * 24L, Count * 27L);
        tree.Clear();
    }

    [Fact]
    public void A_queue_keeps_no_more_nodes_than_it_needs()
    {
        OrderedTree<StreamId> tree = default;
        for (ulong i = 0; i < 50_000; i++)
        {
            tree.Add(new StreamId(i, 0), (void*)(i + 1));
            if (i >= 200)
                Assert.Equal((nint)(i - 199), (nint)tree.Remove(new StreamId(i - 200, 0)));
        }
        tree.Verify();
        Assert.Equal(200, tree.Count);
        Assert.InRange(tree.Bytes, 0, 200 * 24 * 4);
        tree.Clear();
    }

    [Fact]
    public void Names_may_be_freed_with_their_keys()
    {
        var random = new Random(5);
        var model = new SortedDictionary<string, nint>(StringComparer.Ordinal);
        OrderedTree<NameKey> tree = default;
        for (int step = 0; step < 20_000; step++)
        {
            string name = $"n{random.Next(1500):x}";
            byte[] bytes = Encoding.ASCII.GetBytes(name);
            fixed (byte* data = bytes)
            {
                var key = new NameKey(data, bytes.Length);
                if (model.Remove(name, out nint block))
                {
                    Assert.Equal(block, (nint)tree.Remove(key));
                    // With the debug heap, whoever still reads the name does not find it.
                    new Span<byte>((void*)block, bytes.Length).Fill(0xEE);
                    NativeHeap.Free((byte*)block);
                    continue;
                }
                byte* copy = NativeHeap.Allocate((nuint)bytes.Length);
                bytes.CopyTo(new Span<byte>(copy, bytes.Length));
                model.Add(name, (nint)copy);
                tree.Add(new NameKey(copy, bytes.Length), copy);
            }
        }
        tree.Verify();
        OrderedTree<NameKey>.Position at = tree.First;
        foreach ((string name, nint block) in model)
        {
            Assert.Equal(name, Encoding.ASCII.GetString(at.Key.Bytes));
            at.MoveNext();
            NativeHeap.Free((byte*)block);
        }
        Assert.False(at.Exists);
        tree.Clear();
    }

    private static StreamId IdOf(ulong key) => new(key / 3, key % 3);

    private static void AssertSearches(SortedDictionary<ulong, nint> model, in OrderedTree<StreamId> tree, ulong key)
    {
        Assert.Equal(model.GetValueOrDefault(key), (nint)tree.Find(IdOf(key)));
        ulong? after = model.Keys.Where(k => k >= key).Cast<ulong?>().FirstOrDefault(), before = model.Keys.Where(k => k <= key).Cast<ulong?>().LastOrDefault();
        OrderedTree<StreamId>.Position at = tree.AtOrAfter(IdOf(key));
        Assert.Equal(after == null ? default(StreamId?) : IdOf(after.Value), at.Exists ? at.Key : default(StreamId?));
        at = tree.AtOrBefore(IdOf(key));
        Assert.Equal(before == null ? default(StreamId?) : IdOf(before.Value), at.Exists ? at.Key : default(StreamId?));
    }

    private static void AssertEqual(SortedDictionary<ulong, nint> model, in OrderedTree<StreamId> tree)
    {
        tree.Verify();
        Assert.Equal(model.Count, tree.Count);
        OrderedTree<StreamId>.Position at = tree.First;
        foreach ((ulong key, nint value) in model)
        {
            Assert.Equal(IdOf(key), at.Key);
            Assert.Equal(value, (nint)at.Value);
            at.MoveNext();
        }
        Assert.False(at.Exists);
        at = tree.Last;
        foreach (ulong key in model.Keys.Reverse())
        {
            Assert.Equal(IdOf(key), at.Key);
            at.MovePrevious();
        }
        Assert.False(at.Exists);
    }
}
