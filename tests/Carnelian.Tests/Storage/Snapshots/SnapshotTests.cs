using System.Text;
using Carnelian.Storage;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Snapshots;
using Carnelian.Testing;
using Carnelian.Threading;

namespace Carnelian.Tests.Storage.Snapshots;

/// <summary>For any key, a snapshot has its value at the cut, exactly once, whatever happens meanwhile.</summary>
public sealed unsafe class SnapshotTests : IDisposable
{
    private static readonly string[] SmallEncodings =
    [
        "--enable-debug-command", "yes", "--list-max-listpack-size", "4", "--stream-node-max-entries", "5", "--hash-max-listpack-entries", "6",
        "--zset-max-listpack-entries", "6", "--set-max-listpack-entries", "6", "--set-max-intset-entries", "6",
    ];

    private RunningServer? _server;

    private Keyspace Keyspace => _server!.Instance.Keyspace;

    public void Dispose() => _server?.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void It_has_the_state_at_the_cut_whatever_is_done_between_its_steps(int seed)
    {
        RespConnection client = Start(loops: 1);
        var random = new Random(seed);
        var writes = new RandomWrites(seed);
        using var evictor = new Evictor(Keyspace, (ulong)seed);
        var defragmenter = new Defragmenter(movesAll: true);
        int shard = 0;
        for (int round = 0; round < 12; round++)
        {
            Run(client, writes, 300, flushes: true);
            (Snapshot snapshot, RecordingSink sink, Dictionary<(int, string), string> atCut) = Cut();
            bool isAborted = false;
            while (snapshot.Step())
            {
                if (random.Next(6) != 0)
                    continue;
                Run(client, writes, random.Next(1, 12), flushes: true);
                if (random.Next(10) == 0)
                    evictor.EvictOne(EvictionPolicy.AllKeysRandom, 5, Clock.Sample(), isLazy: random.Next(2) == 0);
                if (random.Next(4) == 0)
                    MoveSome(defragmenter, ref shard);
                if (round % 6 == 5 && random.Next(40) == 0)
                {
                    WithAllLocks(snapshot.Abort);
                    isAborted = true;
                }
            }
            snapshot.End();
            Assert.Null(Keyspace.Snapshot);
            Assert.Equal(isAborted, snapshot.IsAborted);
            if (!isAborted)
                sink.AssertEquals(atCut);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void It_has_the_state_at_the_cut_while_clients_of_several_loops_write(int loops)
    {
        RespConnection main = Start(loops);
        using var ends = new CancellationTokenSource();
        var failures = new List<Exception>();
        Thread[] writers = [.. Enumerable.Range(0, 4).Select(i => new Thread(() => Write(i, ends.Token, failures)) { IsBackground = true })];
        RespConnection blocked = _server!.Connect(), other = _server.Connect();
        foreach (Thread writer in writers)
            writer.Start();
        for (int round = 0; round < 15; round++)
        {
            // Clients that wait get their turn in the unit of another.
            Send(blocked, ["BLMOVE", "l1", "l2", "LEFT", "RIGHT", "0.05"], ["BZPOPMIN", "z1", "z2", "0.05"]);
            Send(other, ["BLMPOP", "0.05", "2", "l3", "l4", "LEFT"], ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "50", "STREAMS", "x1", ">"]);
            Thread.Sleep(20);
            (Snapshot snapshot, RecordingSink sink, Dictionary<(int, string), string> atCut) = Cut();
            while (snapshot.Step())
                Thread.Yield();
            snapshot.End();
            sink.AssertEquals(atCut);
            for (int i = 0; i < 2; i++)
            {
                blocked.ReadFrame();
                other.ReadFrame();
            }
        }
        ends.Cancel();
        foreach (Thread writer in writers)
            writer.Join();
        Assert.Empty(failures);
        Assert.Equal("+PONG", main.Call("PING").ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Big_values_are_saved_in_steps_between_which_they_change(int seed)
    {
        RespConnection client = Start(loops: 1);
        var random = new Random(seed);
        var writes = new BigValueWrites(seed);
        var defragmenter = new Defragmenter(movesAll: true);
        int shard = 0, values = 0;
        for (int round = 0; round < 6; round++)
        {
            Run(client, [["SELECT", "1"], .. BigValueWrites.Refill(), ["SELECT", "0"], .. BigValueWrites.Refill()]);
            (Snapshot snapshot, RecordingSink sink, Dictionary<(int, string), string> atCut) = Cut();
            while (snapshot.Step())
            {
                if (random.Next(2) == 0)
                    Run(client, [.. Enumerable.Range(0, random.Next(1, 10)).Select(_ => writes.Next())]);
                if (random.Next(4) == 0)
                    MoveSome(defragmenter, ref shard);
                if (round == 5 && random.Next(100) == 0)
                    WithAllLocks(snapshot.Abort);
            }
            snapshot.End();
            if (!snapshot.IsAborted)
                sink.AssertEquals(atCut);
            values += sink.Values;
            Assert.False(ValueGuards.Any);
        }
        Assert.InRange(values, 50, int.MaxValue);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Big_values_are_saved_while_clients_of_several_loops_change_them(int loops)
    {
        RespConnection client = Start(loops);
        Run(client, [["SELECT", "1"], .. BigValueWrites.Refill(), ["SELECT", "0"], .. BigValueWrites.Refill()]);
        using var ends = new CancellationTokenSource();
        var failures = new List<Exception>();
        Thread[] writers = [.. Enumerable.Range(0, 3).Select(i => new Thread(() => WriteBig(i, ends.Token, failures)) { IsBackground = true })];
        foreach (Thread writer in writers)
            writer.Start();
        for (int round = 0; round < 6; round++)
        {
            (Snapshot snapshot, RecordingSink sink, Dictionary<(int, string), string> atCut) = Cut();
            while (snapshot.Step())
                Thread.Yield();
            snapshot.End();
            sink.AssertEquals(atCut);
            Run(client, [.. BigValueWrites.Refill()]);
        }
        ends.Cancel();
        foreach (Thread writer in writers)
            writer.Join();
        Assert.Empty(failures);
    }

    [Fact]
    public void Numbers_do_not_come_round_however_often_a_snapshot_is_given_up()
    {
        RespConnection client = Start(loops: 1);
        for (int i = 0; i < 500; i++)
            client.Call($"SET key:{i} {i}");
        for (int i = 0; i < 600; i++)
        {
            (Snapshot snapshot, _, _) = Cut();
            snapshot.Step();
            client.Call($"SET key:{i % 500} {i}");
            WithAllLocks(snapshot.Abort);
            snapshot.End();
            if (i % 50 != 49)
                continue;
            (snapshot, RecordingSink sink, Dictionary<(int, string), string> atCut) = Cut();
            if (i < 300)
            {
                WithAllLocks(snapshot.Abort);
                snapshot.End();
                continue;
            }
            while (snapshot.Step())
                client.Call($"APPEND key:{i % 500} x");
            snapshot.End();
            sink.AssertEquals(atCut);
        }
    }

    [Fact]
    public void A_command_that_only_reads_saves_nothing()
    {
        RespConnection client = Start(loops: 1);
        client.Call("SET a 1");
        client.Call("SADD s 1 2 3");
        (Snapshot snapshot, _, _) = Cut();
        client.Call("GET a");
        client.Call("SUNIONSTORE t s");
        client.Call("COPY a b");
        Assert.Equal(0, snapshot.SavedEarly);
        client.Call("INCR a");
        Assert.Equal(1, snapshot.SavedEarly);
        client.Call("INCR a");
        Assert.Equal(1, snapshot.SavedEarly);
        while (snapshot.Step())
        {
        }
        snapshot.End();
        Assert.Equal(1, snapshot.Walked);
    }

    private static void Send(RespConnection client, params string[][] commands)
    {
        foreach (string[] command in commands)
            client.Queue([.. command.Select(Encoding.ASCII.GetBytes)]);
        client.Flush();
    }

    private static void Run(RespConnection client, RandomWrites writes, int count, bool flushes)
    {
        for (int i = 0; i < count; i++)
            client.Queue([.. writes.Next(flushes).Select(Encoding.ASCII.GetBytes)]);
        client.Flush();
        for (int i = 0; i < count; i++)
            Assert.NotEqual(0, client.ReadFrame().Length);
    }

    private static void Run(RespConnection client, string[][] commands)
    {
        Send(client, commands);
        foreach (string[] _ in commands)
            Assert.NotEqual(0, client.ReadFrame().Length);
    }

    private void WriteBig(int seed, CancellationToken ends, List<Exception> failures)
    {
        try
        {
            RespConnection client = _server!.Connect();
            var writes = new BigValueWrites(seed + 100);
            while (!ends.IsCancellationRequested)
                Run(client, [.. Enumerable.Range(0, 30).Select(_ => writes.Next())]);
        }
        catch (Exception e)
        {
            lock (failures)
                failures.Add(e);
        }
    }

    private RespConnection Start(int loops)
    {
        _server = new RunningServer([.. SmallEncodings, "--io-threads", $"{loops}"]);
        return _server.Connect();
    }

    private void Write(int seed, CancellationToken ends, List<Exception> failures)
    {
        try
        {
            RespConnection client = _server!.Connect();
            var writes = new RandomWrites(seed + 100);
            while (!ends.IsCancellationRequested)
                Run(client, writes, 30, flushes: seed == 0);
        }
        catch (Exception e)
        {
            lock (failures)
                failures.Add(e);
        }
    }

    private (Snapshot Snapshot, RecordingSink Sink, Dictionary<(int, string), string> AtCut) Cut()
    {
        var sink = new RecordingSink();
        Snapshot? snapshot = null;
        Dictionary<(int, string), string>? atCut = null;
        WithAllLocks(() =>
        {
            atCut = RecordingSink.StateOf(Keyspace);
            snapshot = Snapshot.Cut(Keyspace, sink);
        });
        return (snapshot!, sink, atCut!);
    }

    private void WithAllLocks(Action action)
    {
        Keyspace.Locks.AcquireAll();
        try
        {
            action();
        }
        finally
        {
            Keyspace.Locks.ReleaseAll();
        }
    }

    private void MoveSome(Defragmenter defragmenter, ref int shard)
    {
        Keyspace.Locks.Acquire(shard);
        bool isDone = defragmenter.Step(Keyspace[0], shard, mostFields: 32);
        Keyspace.Locks.Release(shard);
        if (isDone)
            shard = (shard + 1) % Keyspace.ShardCount;
    }
}
