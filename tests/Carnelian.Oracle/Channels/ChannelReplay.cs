using Carnelian.Oracle.Differential;

namespace Carnelian.Oracle.Channels;

/// <summary>
/// Runs steps one at a time on several connections to each server and compares after each what has arrived on every connection: replies and messages, byte for byte and in
/// their order.
/// </summary>
internal sealed class ChannelReplay(ServerPair servers, int connections) : IReplay
{
    private const int LateRetries = 20;

    public long Compared { get; private set; }

    /// <summary>Which comparison to falsify, to prove that differences are found; 0 for none.</summary>
    public long FalsifiedStep { get; init; }

    public Difference? Run(IReadOnlyList<Step> steps)
    {
        servers.Reset(Replay.DirectivesIn(steps));
        using var expected = new ChannelSide(servers.OraclePort, connections);
        using var actual = new ChannelSide(servers.TestedPort, connections);
        for (int i = 0; i < connections; i++)
            Open(expected, actual, i);
        for (int i = 0; i < steps.Count; i++)
        {
            try
            {
                if (Run(expected, actual, steps[i], i) is { } difference)
                    return difference;
            }
            catch (Exception e) when (e is TimeoutException or InvalidDataException or EndOfStreamException)
            {
                return new Difference(i, steps[i].Name, steps[i].ToString(), "(an end)", $"({e.Message})");
            }
        }

        return null;
    }

    private Difference? Run(ChannelSide expected, ChannelSide actual, Step step, int index)
    {
        expected.Send(step.Connection, step.Arguments);
        actual.Send(step.Connection, step.Arguments);
        if (step.Kind == StepKind.ExpireNow)
        {
            expected.AwaitExpiry(step.Arguments[1]);
            actual.AwaitExpiry(step.Arguments[1]);
        }

        expected.Settle();
        actual.Settle();
        for (int i = 0; i < connections; i++)
        {
            for (int retry = 0; retry < LateRetries && expected.TextOf(i) != actual.TextOf(i); retry++)
            {
                Thread.Sleep(retry);
                expected.Settle();
                actual.Settle();
            }

            string left = expected.TextOf(i), right = actual.TextOf(i);
            if (++Compared == FalsifiedStep)
                right += " (falsified)";
            if (left != right)
                return new Difference(index, step.Name, $"{step}   (what arrives on connection {i})", left, right);
        }

        expected.Forget();
        actual.Forget();
        for (int i = 0; i < connections; i++)
        {
            if (expected.IsClosed(i))
                Open(expected, actual, i);
        }

        return null;
    }

    // The numbers of clients appear in replies and messages: both servers are brought to the same one.
    private static void Open(ChannelSide expected, ChannelSide actual, int index)
    {
        long left = expected.Probe(), right = actual.Probe();
        while (left < right)
            left = expected.Probe();
        while (right < left)
            right = actual.Probe();
        expected.Open(index);
        actual.Open(index);
        if (expected.IdOf(index) != actual.IdOf(index))
            throw new InvalidDataException($"connection {index} has two numbers: {expected.IdOf(index)} and {actual.IdOf(index)}");
    }
}
