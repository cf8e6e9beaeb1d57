using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>
/// Runs steps one at a time on several connections and compares what arrives on all of them behind each. A PING with
/// a word of its own marks the end on every connection. Messages are compared apart from replies, since a message that
/// another connection caused may come a moment later than its cause's reply.
/// </summary>
internal sealed class FencedReplay(ServerPair servers, int resp) : IReplay
{
    private const int Connections = 3;
    private const int LateRetries = 30;

    private long _fences;

    public long Compared { get; private set; }

    public Difference? Run(IReadOnlyList<Step> steps)
    {
        servers.Reset(Replay.DirectivesIn(steps));
        ConnectionPair[] connections = [.. Enumerable.Range(0, Connections).Select(_ => new ConnectionPair(servers, resp))];
        try
        {
            for (int i = 0; i < steps.Count; i++)
            {
                if (Run(connections, steps[i], i) is { } difference)
                    return difference;
            }

            return new ReadBack(servers).Compare(steps.Count);
        }
        finally
        {
            foreach (ConnectionPair connection in connections)
                connection.Dispose();
        }
    }

    private Difference? Run(ConnectionPair[] connections, Step step, int index)
    {
        ConnectionPair acting = connections[step.Connection];
        if (step.Kind is StepKind.ScanIteration or StepKind.ExpireUnseen || (step.Kind == StepKind.ExpireNow && acting.InTransaction))
            return null;
        // The order in which channels are left is that of a table; outside of a transaction it is not compared.
        if (acting.InTransaction && step.Arguments.Length == 1 && step.Name is ("UNSUBSCRIBE" or "PUNSUBSCRIBE" or "SUNSUBSCRIBE"))
            return null;
        // A fence inside a transaction would become part of it: there each command has just one reply.
        bool ends = step.Arguments.Length == 1 && step.Name is ("EXEC" or "DISCARD" or "RESET");
        bool fenced = step.Name != "MULTI" && (!acting.InTransaction || ends);
        acting.Queue(step.Arguments);
        acting.Flush();
        if (step.Kind == StepKind.ExpireNow)
        {
            // A server may find the key expired by itself or by the GET, so nothing is compared in between.
            Thread.Sleep(12);
            acting.Queue(["GET"u8.ToArray(), step.Arguments[1]]);
            acting.Flush();
        }

        Arrivals expected, actual;
        try
        {
            expected = fenced ? Fence(acting.Oracle, []) : One(acting.Oracle);
            actual = fenced ? Fence(acting.Tested, []) : One(acting.Tested);
            WaitForMessages(acting, expected, actual, fenced);
        }
        catch (Exception e) when (e is TimeoutException or InvalidDataException)
        {
            return new Difference(index, step.Name, step.ToString(), "(a reply)", $"({e.Message})");
        }

        Compared++;
        if (!expected.Agrees(actual, step, acting.Queued))
            return new Difference(index, step.Name, step.ToString(), expected.ToString(), actual.ToString());
        if (expected.Replies.Count > 0)
            acting.Observe(step.Arguments, expected.Replies[0]);
        if (acting.Oracle.IsClosed)
            acting.Reconnect();
        for (int i = 0; i < connections.Length; i++)
        {
            if (i == step.Connection || connections[i].InTransaction)
                continue;
            Arrivals left = Fence(connections[i].Oracle, []), right = Fence(connections[i].Tested, []);
            WaitForMessages(connections[i], left, right, fenced: true);
            if (!left.Agrees(right, step, []))
                return new Difference(index, step.Name, $"{step}   (what arrives on connection {i})", left.ToString(), right.ToString());
        }

        return null;
    }

    private void WaitForMessages(ConnectionPair connection, Arrivals expected, Arrivals actual, bool fenced)
    {
        for (int retry = 0; fenced && !actual.Closed && actual.Messages.Count < expected.Messages.Count && retry < LateRetries; retry++)
        {
            Thread.Sleep(retry);
            Fence(connection.Tested, actual.Messages);
        }
    }

    private static Arrivals One(RespConnection connection)
    {
        var arrivals = new Arrivals([]);
        while (true)
        {
            byte[] frame = connection.ReadFrame().ToArray();
            arrivals.Add(frame);
            if (arrivals.Closed || arrivals.Replies.Count > 0)
                return arrivals;
        }
    }

    private Arrivals Fence(RespConnection connection, List<byte[]> messages)
    {
        string word = $"fence-{++_fences}";
        string plain = $"${word.Length}\r\n{word}\r\n";
        byte[] answer = Encoding.ASCII.GetBytes(plain), subscribed = Encoding.ASCII.GetBytes("*2\r\n$4\r\npong\r\n" + plain);
        connection.Queue(CommandText.Split($"PING {word}"));
        connection.Flush();
        var arrivals = new Arrivals(messages);
        while (true)
        {
            byte[] frame = connection.ReadFrame().ToArray();
            if (frame.AsSpan().SequenceEqual(answer) || frame.AsSpan().SequenceEqual(subscribed))
                return arrivals;
            arrivals.Add(frame);
            if (arrivals.Closed)
                return arrivals;
        }
    }
}
