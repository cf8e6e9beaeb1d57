using System.Text;
using Carnelian.Storage.Streams;

namespace Carnelian.Tests.Storage.Streams;

/// <summary>What is pending in a group, against a plain dictionary.</summary>
public sealed class StreamGroupTests
{
    private sealed record Pending(string? Owner, long Order, long Deliveries);

    [Theory]
    [InlineData(1, 50, false)]
    [InlineData(2, 2000, false)]
    [InlineData(3, 50, true)]
    [InlineData(4, 2000, true)]
    public void Random_changes_leave_what_a_dictionary_has(int seed, int ids, bool wantsOrder)
    {
        var random = new Random(seed);
        var model = new SortedDictionary<int, Pending>();
        var names = new SortedSet<string>(StringComparer.Ordinal);
        StreamValue stream = StreamValue.Create();
        StreamGroup group = stream.AddGroup("group"u8, default, StreamGroup.Unknown);
        long releases = 0;
        for (int step = 0; step < 12_000; step++)
        {
            int number = random.Next(ids);
            var id = new StreamId((ulong)(number / 4), (ulong)(number % 4));
            string name = $"c{random.Next(12)}";
            PendingEntry entry = group.FindPending(id);
            Assert.Equal(model.ContainsKey(number), entry.Exists);
            switch (random.Next(10))
            {
                case < 5:
                    StreamConsumer consumer = group.FindConsumer(Encoding.ASCII.GetBytes(name));
                    Assert.Equal(!names.Add(name), consumer.Exists);
                    if (!consumer.Exists)
                        consumer = group.AddConsumer(Encoding.ASCII.GetBytes(name), step);
                    if (entry.Exists)
                        group.Assign(id, entry, consumer, step);
                    else
                        entry = group.AddPending(id, consumer, step, 1);
                    model[number] = new Pending(name, step, entry.Deliveries);
                    break;
                case < 8:
                    Assert.Equal(model.Remove(number), group.RemovePending(id));
                    break;
                case 8:
                    if (entry.Exists)
                        group.Release(id, entry);
                    else
                        entry = group.AddReleased(id, 7);
                    model[number] = new Pending(null, long.MinValue + releases++, entry.Deliveries);
                    break;
                default:
                    if (step % 50 == 0 && names.Remove(name))
                    {
                        group.RemoveConsumer(group.FindConsumer(Encoding.ASCII.GetBytes(name)));
                        foreach (int owned in model.Where(pair => pair.Value.Owner == name).Select(pair => pair.Key).ToArray())
                            model.Remove(owned);
                    }
                    break;
            }
            if (wantsOrder && step % 101 == 0)
                AssertOrder(group, model);
            if (step % 199 == 0)
                stream.Verify();
        }
        AssertEqual(group, model, names);
        StreamValue copy = stream.Copy();
        stream.Free();
        copy.Verify();
        AssertEqual(copy.FindGroup("group"u8), model, names);
        AssertOrder(copy.FindGroup("group"u8), model);
        copy.Verify();
        copy.Free();
    }

    [Fact]
    public void Groups_are_found_and_walked_by_name()
    {
        StreamValue stream = StreamValue.Create();
        foreach (string name in new[] { "b", "", "ab", "a", "c" })
            stream.AddGroup(Encoding.ASCII.GetBytes(name), default, StreamGroup.Unknown);
        stream.RemoveGroup(stream.FindGroup("ab"u8));
        var names = new List<string>();
        for (GroupWalk walk = stream.Groups; walk.MoveNext();)
            names.Add(Encoding.ASCII.GetString(walk.Group.Name));
        Assert.Equal(["", "a", "b", "c"], names);
        Assert.False(stream.FindGroup("ab"u8).Exists);
        stream.Free();
    }

    [Fact]
    public void Messages_of_producers_are_known_until_they_are_too_old_or_too_many()
    {
        StreamValue stream = StreamValue.Create();
        IdempotencyMap map = stream.GetIdempotency(seconds: 10, mostIds: 3);
        for (int i = 1; i <= 5; i++)
            map.Add("p"u8, Encoding.ASCII.GetBytes($"m{i}"), new StreamId((ulong)i, 0), now: i * 1000);
        map.Add("q"u8, "m1"u8, new StreamId(9, 0), now: 6000);
        Assert.Equal((2, 4, 6), (map.ProducerCount, map.IdCount, map.Added));
        Assert.False(map.TryFind("p"u8, "m2"u8, out _));
        Assert.True(map.TryFind("p"u8, "m3"u8, out StreamId id));
        Assert.Equal(new StreamId(3, 0), id);

        StreamValue copy = stream.Copy();
        stream.Free();
        map = copy.Idempotency;
        map.Expire(now: 13_999);
        Assert.False(map.TryFind("p"u8, "m3"u8, out _));
        Assert.True(map.TryFind("p"u8, "m4"u8, out _));
        map.Expire(now: 15_000);
        Assert.Equal((1, 1), (map.ProducerCount, map.IdCount));
        Assert.True(map.TryFind("q"u8, "m1"u8, out _));
        map.Configure(20, 5);
        Assert.Equal((0, 0, 20, 5), (map.ProducerCount, map.IdCount, map.Seconds, map.IdsPerProducer));
        copy.Free();
    }

    private static void AssertOrder(StreamGroup group, SortedDictionary<int, Pending> model)
    {
        var order = new List<StreamId>();
        DeliveryKey position = default;
        while (group.TryNextByDelivery(ref position, long.MaxValue, out StreamId id, out _))
            order.Add(id);
        Assert.Equal(model.OrderBy(pair => pair.Value.Order).Select(pair => new StreamId((ulong)(pair.Key / 4), (ulong)(pair.Key % 4))), order);
    }

    private static void AssertEqual(StreamGroup group, SortedDictionary<int, Pending> model, SortedSet<string> names)
    {
        var pending = new List<string>();
        for (PendingWalk walk = group.PendingFrom(default); walk.MoveNext();)
            pending.Add($"{walk.Id} {(walk.Entry.Owner.Exists ? Encoding.ASCII.GetString(walk.Entry.Owner.Name) : null)} {walk.Entry.DeliveryTime} {walk.Entry.Deliveries}");
        Assert.Equal(model.Select(pair => $"{pair.Key / 4}-{pair.Key % 4} {pair.Value.Owner} {(pair.Value.Owner == null ? 0 : pair.Value.Order)} {pair.Value.Deliveries}"), pending);
        var consumers = new List<string>();
        for (ConsumerWalk walk = group.Consumers; walk.MoveNext();)
            consumers.Add(Encoding.ASCII.GetString(walk.Consumer.Name));
        Assert.Equal(names, consumers);
        Assert.Equal(model.Values.Count(value => value.Owner == null), group.ReleasedCount);
    }
}
