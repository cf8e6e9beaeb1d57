using Carnelian.Server.Execution;
using Carnelian.Testing;

namespace Carnelian.Tests.Connections;

/// <summary>CONFIG SET io-threads while clients are at work: nobody sees more of it than that it is done.</summary>
public sealed class LoopChangesTests : IDisposable
{
    private const int Patience = 60_000;

    private static readonly int[] s_changes = [4, 2, 1, 4, 1, 3, 2, 4, 2, 1];

    private readonly RunningServer _server = new("--io-threads", "1");
    private readonly List<Worker> _workers = [];
    private volatile bool _isOver;

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Every_reply_is_right_while_loops_come_and_go()
    {
        for (int i = 0; i < 6; i++)
            Start(Pipeline(i));
        for (int i = 0; i < 2; i++)
            Start(Transaction(i));
        Start(Pause());
        Start(Kill());

        ChangeLoops(stepsBetween: 3);

        Finish();
    }

    [Fact]
    public void Messages_keep_their_order_while_loops_come_and_go()
    {
        const int Publishers = 2;
        const int Depth = 50;
        RespConnection[] subscribers = [.. Enumerable.Range(0, 8).Select(_ => _server.Connect())];
        foreach (RespConnection subscriber in subscribers)
            subscriber.Call("SUBSCRIBE news");
        int[] published = new int[Publishers];
        for (int i = 0; i < Publishers; i++)
            Start(Publisher(i, Depth, subscribers.Length, published));
        var received = new List<string>[subscribers.Length];
        Thread[] readers = [.. subscribers.Select((subscriber, i) => new Thread(() => received[i] = ReadNews(subscriber)))];
        foreach (Thread reader in readers)
            reader.Start();

        ChangeLoops(stepsBetween: 4);

        Finish();
        Assert.Equal($"{subscribers.Length}", _server.Connect().Call("PUBLISH news end").Value);
        foreach (Thread reader in readers)
            reader.Join();
        for (int i = 0; i < Publishers; i++)
        {
            IEnumerable<string> own = received[0].Where(message => message.StartsWith($"{i}:", StringComparison.Ordinal));
            Assert.Equal(Enumerable.Range(0, published[i]).Select(number => $"{i}:{number}"), own);
        }
        foreach (List<string> other in received)
            Assert.Equal(received[0], other);
    }

    [Fact]
    public void Connections_are_spread_evenly_and_follow_the_number_of_loops()
    {
        const int Clients = 48;
        RespConnection[] clients = [.. Enumerable.Range(0, Clients).Select(_ => _server.Connect())];
        foreach (int loops in (int[])[4, 3, 1, 2, 4])
        {
            Assert.Equal("OK", clients[^1].Call($"CONFIG SET io-threads {loops}").Value);
            Assert.True(SpinWait.SpinUntil(() => IsEven(loops, Clients), Patience), Counts());
            foreach (RespConnection client in clients)
                Assert.Equal("PONG", client.Call("PING").Value);
        }

        RespConnection[] more = [.. Enumerable.Range(0, Clients).Select(_ => _server.Connect())];
        foreach (RespConnection client in more)
            Assert.Equal("PONG", client.Call("PING").Value);
        Assert.True(IsEven(4, 2 * Clients), Counts());
    }

    [Fact]
    public void A_client_that_waits_moves_and_goes_on()
    {
        RespConnection admin = _server.Connect();
        admin.Call("CONFIG SET io-threads 4");
        RespConnection[] waiting = [.. Enumerable.Range(0, 8).Select(_ => _server.Connect())];
        for (int i = 0; i < waiting.Length; i++)
            waiting[i].Call($"SET count:{i} 0");
        admin.Call("CLIENT PAUSE 60000 WRITE");
        for (int i = 0; i < waiting.Length; i++)
        {
            waiting[i].Queue(CommandText.Split($"INCR count:{i}"));
            waiting[i].Queue(CommandText.Split("WAIT 1 20"));
            waiting[i].Queue(CommandText.Split("PING"));
            waiting[i].Flush();
        }
        Assert.True(SpinWait.SpinUntil(() => AreSuspended(waiting.Length), Patience));

        admin.Call("CONFIG SET io-threads 1");
        admin.Call("CLIENT UNPAUSE");

        foreach (RespConnection client in waiting)
        {
            foreach (string reply in (string[])["1", "0", "PONG"])
                Assert.Equal(reply, RespValue.Parse(client.ReadFrame()).Value);
        }
    }

    private bool AreSuspended(int count) =>
        _server.Instance.Clients.Snapshot().Count(static client => client.Is(Carnelian.Server.Clients.ClientFlags.Suspended)) == count;

    private bool IsEven(int loops, int clients)
    {
        EventLoop[] all = _server.Instance.Loops.All;
        return all.Length == loops && _server.Instance.Loops.EndingCount == 0 && all.Sum(static loop => loop.ClientCount) == clients
            && all.Max(static loop => loop.ClientCount) - all.Min(static loop => loop.ClientCount) <= 1;
    }

    private string Counts() => string.Join(' ', _server.Instance.Loops.All.Select(static loop => loop.ClientCount));

    /// <summary>Sets one number of loops after the other, and lets every worker take some steps in between.</summary>
    private void ChangeLoops(int stepsBetween)
    {
        RespConnection admin = _server.Connect();
        foreach (int loops in s_changes)
        {
            int[] goals = [.. _workers.Select(worker => Volatile.Read(ref worker.Steps) + stepsBetween)];
            Assert.Equal("OK", admin.Call($"CONFIG SET io-threads {loops}").Value);
            for (int i = 0; i < goals.Length; i++)
            {
                Worker worker = _workers[i];
                int goal = goals[i];
                Assert.True(SpinWait.SpinUntil(() => worker.Failure != null || Volatile.Read(ref worker.Steps) >= goal, Patience), $"worker {i} stands still");
                Assert.Null(worker.Failure);
            }
        }
        Assert.True(SpinWait.SpinUntil(() => _server.Instance.Loops.EndingCount == 0, Patience));
    }

    private void Start(Action step)
    {
        var worker = new Worker();
        worker.Thread = new Thread(() =>
        {
            try
            {
                while (!_isOver)
                {
                    step();
                    Interlocked.Increment(ref worker.Steps);
                }
            }
            catch (Exception e)
            {
                worker.Failure = e;
            }
        });
        _workers.Add(worker);
        worker.Thread.Start();
    }

    private void Finish()
    {
        _isOver = true;
        foreach (Worker worker in _workers)
        {
            worker.Thread!.Join();
            Assert.Null(worker.Failure);
        }
    }

    /// <summary>Counts its own key up by pipelines that say what they expect.</summary>
    private Action Pipeline(int id)
    {
        const int Depth = 100;
        RespConnection connection = _server.Connect();
        int count = 0;
        return () =>
        {
            for (int i = 0; i < Depth; i++)
            {
                connection.Queue(CommandText.Split($"INCR count:{id}"));
                connection.Queue(CommandText.Split($"ECHO {id}-{count + i}"));
            }
            connection.Flush();
            for (int i = 0; i < Depth; i++)
            {
                Assert.Equal($"{count + i + 1}", RespValue.Parse(connection.ReadFrame()).Value);
                Assert.Equal($"{id}-{count + i}", RespValue.Parse(connection.ReadFrame()).Value);
            }
            count += Depth;
        };
    }

    /// <summary>Keeps two keys equal.</summary>
    private Action Transaction(int id)
    {
        RespConnection connection = _server.Connect();
        int count = 0;
        return () =>
        {
            count++;
            Assert.Equal("OK", connection.Call($"WATCH one:{id}").Value);
            Assert.Equal("OK", connection.Call("MULTI").Value);
            Assert.Equal("QUEUED", connection.Call($"INCR one:{id}").Value);
            Assert.Equal("QUEUED", connection.Call($"INCR other:{id}").Value);
            RespValue reply = connection.Call("EXEC");
            Assert.Equal([$"{count}", $"{count}"], reply.Elements.Select(static element => element.Value));
        };
    }

    private Action Pause()
    {
        RespConnection connection = _server.Connect();
        return () =>
        {
            Assert.Equal("OK", connection.Call("CLIENT PAUSE 5 WRITE").Value);
            Assert.Equal("OK", connection.Call("SET paused yes").Value);
            Assert.Equal("0", connection.Call("WAIT 1 2").Value);
        };
    }

    private Action Kill()
    {
        RespConnection connection = _server.Connect();
        return () =>
        {
            using var victim = new RespConnection(_server.Port);
            string id = victim.Call("CLIENT ID").Value;
            victim.Call("SUBSCRIBE nothing");
            Assert.Equal("1", connection.CallWith("CLIENT", "KILL", "ID", id).Value);
            Assert.True(victim.ReadFrame().IsEmpty);
            Assert.Equal("", connection.CallWith("CLIENT", "LIST", "ID", id).Value);
        };
    }

    private Action Publisher(int id, int depth, int subscribers, int[] published)
    {
        RespConnection connection = _server.Connect();
        return () =>
        {
            for (int i = 0; i < depth; i++)
                connection.Queue(CommandText.Split($"PUBLISH news {id}:{published[id] + i}"));
            connection.Flush();
            for (int i = 0; i < depth; i++)
                Assert.Equal($"{subscribers}", RespValue.Parse(connection.ReadFrame()).Value);
            published[id] += depth;
        };
    }

    private static List<string> ReadNews(RespConnection subscriber)
    {
        var messages = new List<string>();
        while (true)
        {
            ReadOnlySpan<byte> frame = subscriber.ReadFrame();
            if (frame.IsEmpty)
                return messages;
            string message = RespValue.Parse(frame).Elements[2].Value;
            if (message == "end")
                return messages;
            messages.Add(message);
        }
    }

    private sealed class Worker
    {
        public int Steps;
        public volatile Exception? Failure;
        public Thread? Thread;
    }
}
