using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>
/// Sends a round's steps to both servers and compares the replies one by one, until the first that differ.
/// Neighbouring commands of one connection travel together; connections take turns, so the order in which the
/// servers execute is fixed.
/// </summary>
internal sealed class PipelinedReplay(ServerPair servers, int resp, int depth) : IReplay
{
    private readonly ReadBack _readBack = new(servers);

    public long Compared { get; private set; }

    /// <summary>Which reply of the tested server to falsify, counted over all rounds; 0 for none. Proves that differences are found.</summary>
    public long FalsifiedReply { get; init; }

    public Difference? Run(IReadOnlyList<Step> steps)
    {
        servers.Reset(Replay.DirectivesIn(steps));
        var connections = new ConnectionPair[steps.Count == 0 ? 1 : steps.Max(step => step.Connection) + 1];
        for (int i = 0; i < connections.Length; i++)
            connections[i] = new ConnectionPair(servers, resp);
        try
        {
            for (int next = 0; next < steps.Count;)
            {
                int first = next;
                ConnectionPair connection = connections[steps[first].Connection];
                Difference? difference = steps[first].Kind switch
                {
                    StepKind.ScanIteration => Iterate(connection, steps[first], next++),
                    StepKind.ExpireNow or StepKind.ExpireUnseen => Expire(connection, steps[first], next++),
                    _ => RunBatch(connection, steps, ref next),
                };
                if (difference is not null)
                    return difference;
            }

            return _readBack.Compare(steps.Count);
        }
        finally
        {
            foreach (ConnectionPair connection in connections)
                connection.Dispose();
        }
    }

    private Difference? RunBatch(ConnectionPair connection, IReadOnlyList<Step> steps, ref int next)
    {
        int first = next;
        while (next < steps.Count && next - first < depth && steps[next].Connection == steps[first].Connection && steps[next].Kind == StepKind.Command)
        {
            connection.Queue(steps[next].Arguments);
            if (steps[next++].Name == "QUIT")
                break;
        }

        connection.Flush();
        for (int i = first; i < next; i++)
        {
            if (Compare(connection, steps[i], i) is { } difference)
                return difference;
            if (steps[i].Name == "QUIT" && Compare(connection, steps[i], i) is { } unlikeEnd)
                return unlikeEnd;
            if (connection.Oracle.IsClosed)
            {
                // Both have hung up; what was sent behind is lost on both sides alike.
                connection.Reconnect();
                return null;
            }
        }

        return null;
    }

    private Difference? Compare(ConnectionPair connection, Step step, int index)
    {
        ReadOnlySpan<byte> expected = default, actual;
        try
        {
            expected = connection.Oracle.ReadFrame();
            actual = connection.Tested.ReadFrame();
        }
        catch (Exception e) when (e is TimeoutException or InvalidDataException)
        {
            return new Difference(index, step.Name, step.ToString(), expected.IsEmpty ? "(no reply)" : Replay.Text(expected), $"({e.Message})");
        }

        Compared++;
        if (Compared == FalsifiedReply)
            actual = "+falsified\r\n"u8;
        if (!ReplyRules.Agree(step.Arguments, expected, actual, connection.Queued))
            return new Difference(index, step.Name, step.ToString(), Replay.Text(expected), Replay.Text(actual));
        connection.Observe(step.Arguments, expected);
        return null;
    }

    private Difference? Expire(ConnectionPair connection, Step step, int index)
    {
        if (connection.InTransaction)
            return null;
        connection.Queue(step.Arguments);
        connection.Flush();
        if (Compare(connection, step, index) is { } difference)
            return difference;
        Thread.Sleep(12);
        if (step.Kind == StepKind.ExpireUnseen)
            return null;
        var look = new Step(step.Connection, StepKind.Command, ["GET"u8.ToArray(), step.Arguments[1]]);
        connection.Queue(look.Arguments);
        connection.Flush();
        return Compare(connection, look, index);
    }

    private Difference? Iterate(ConnectionPair connection, Step step, int index)
    {
        if (connection.InTransaction)
            return null;
        string expected = Keys(connection.Oracle, step.Arguments), actual = Keys(connection.Tested, step.Arguments);
        Compared++;
        return expected == actual ? null : new Difference(index, step.Name, step.ToString(), expected, actual);
    }

    private static string Keys(RespConnection connection, byte[][] command)
    {
        const int Limit = 10_000;
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        byte[][] arguments = [.. command];
        for (int calls = 0; calls < Limit; calls++)
        {
            RespValue reply = connection.Call(arguments);
            if (reply.Elements.Count != 2)
                return reply.ToString();
            foreach (RespValue key in reply.Elements[1].Elements)
                keys.Add(key.ToString());
            if (reply.Elements[0].Value == "0")
                return string.Join(' ', keys);
            arguments[1] = Encoding.Latin1.GetBytes(reply.Elements[0].Value);
        }

        return $"(the iteration did not end within {Limit} calls)";
    }
}
