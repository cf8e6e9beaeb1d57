using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Waits;

namespace Carnelian.Tests.Waiting;

/// <summary>The queues of those who wait for keys, against a simple model.</summary>
public sealed unsafe class WaitQueueTests : IDisposable
{
    private readonly Keyspace _keyspace = new(databases: 2, mostLoops: 1);

    public void Dispose() => _keyspace.Dispose();

    [Fact]
    public void A_queue_keeps_the_order_of_arrival_whoever_leaves()
    {
        var random = new Random(3);
        var model = new Dictionary<int, List<(nint Token, nint Place, WaiterFlags Flags)>>();
        byte* bytes = NativeHeap.Allocate(16);
        for (int step = 0; step < 20_000; step++)
        {
            int number = random.Next(40);
            Key key = KeyOf(bytes, number);
            if (!model.TryGetValue(number, out List<(nint, nint, WaiterFlags)>? queue))
                model.Add(number, queue = []);
            if (random.Next(2) == 0)
            {
                var flags = (WaiterFlags)random.Next(4);
                queue.Add((step, (nint)_keyspace[0].Waits.Enter(key, step, flags), flags));
            }
            else if (queue.Count != 0)
            {
                int at = random.Next(queue.Count);
                _keyspace[0].Waits.Leave((Waiter*)queue[at].Item2);
                queue.RemoveAt(at);
            }
            Assert.Equal(queue.Select(static place => place.Item1), Tokens(_keyspace[0].Waits.Find(key)));
        }
        Assert.Equal(model.Values.Count(static queue => queue.Count != 0), _keyspace[0].Waits.KeyCount);
        Assert.Equal(model.Values.Count(static queue => queue.Exists(static place => place.Flags.HasFlag(WaiterFlags.WantsRemoval))), _keyspace[0].Waits.KeyCountWithRemoval);
        foreach ((int number, List<(nint Token, nint Place, WaiterFlags Flags)> queue) in model)
        {
            WaitQueue* found = _keyspace[0].Waits.Find(KeyOf(bytes, number));
            Assert.Equal(queue.Count, found == null ? 0 : found->Count);
            Assert.Equal(queue.Count(static place => place.Flags.HasFlag(WaiterFlags.ReachesFurther)), found == null ? 0 : found->ReachingFurther);
            foreach ((_, nint place, _) in queue)
                _keyspace[0].Waits.Leave((Waiter*)place);
            Assert.True(_keyspace[0].Waits.Find(KeyOf(bytes, number)) == null);
        }
        Assert.Equal(0, _keyspace[0].Waits.KeyCount);
        Assert.False(_keyspace[0].HasObservedKeys(KeyOf(bytes, 0)));
        NativeHeap.Free(bytes);
    }

    [Fact]
    public void A_pinned_queue_stays_when_the_last_one_leaves()
    {
        byte* bytes = NativeHeap.Allocate(16);
        Key key = KeyOf(bytes, 1);
        Waiter* place = _keyspace[0].Waits.Enter(key, 7, WaiterFlags.None);
        WaitQueue* queue = place->Queue;
        queue->Pins++;

        _keyspace[0].Waits.Leave(place);

        Assert.True(_keyspace[0].Waits.Find(key) == queue);
        Assert.Equal(0, queue->Count);
        _keyspace[0].Waits.Unpin(queue);
        Assert.True(_keyspace[0].Waits.Find(key) == null);
        NativeHeap.Free(bytes);
    }

    [Fact]
    public void Those_who_wait_stay_with_the_number_when_databases_are_exchanged()
    {
        byte* bytes = NativeHeap.Allocate(16);
        Key key = KeyOf(bytes, 1);
        Waiter* place = _keyspace[0].Waits.Enter(key, 7, WaiterFlags.None);

        _keyspace.Swap(0, 1);
        _keyspace[0].Waits.Swap(_keyspace[1].Waits);

        Assert.Equal([7], Tokens(_keyspace[0].Waits.Find(key)));
        Assert.True(_keyspace[0].HasObservedKeys(key));
        Assert.False(_keyspace[1].HasObservedKeys(key));
        _keyspace[0].Waits.Leave(place);
        NativeHeap.Free(bytes);
    }

    private static Key KeyOf(byte* bytes, int number)
    {
        bytes[0] = (byte)'k';
        bytes[1] = (byte)number;
        return new Key(bytes, 2);
    }

    private static List<nint> Tokens(WaitQueue* queue)
    {
        var tokens = new List<nint>();
        for (Waiter* waiter = queue == null ? null : queue->First; waiter != null; waiter = waiter->Next)
            tokens.Add(waiter->Token);
        return tokens;
    }
}
