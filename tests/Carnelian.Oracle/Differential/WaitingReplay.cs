using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>
/// Runs steps one at a time on several connections, on which commands may wait for others, and compares after each who waits, what has
/// arrived where, and which keyspace events there were in which order; at the end also what was counted.
/// </summary>
/// <remarks>
/// A step that falls to a connection that waits goes to the next one that does not; now and then a PING is sent behind the waiting command
/// instead, and when all wait, the one that it falls to is unblocked.
/// </remarks>
internal sealed partial class WaitingReplay(ServerPair servers, int resp) : IReplay
{
    public const int Connections = 5;

    private const int PingEvery = 4;

    public long Compared { get; private set; }

    public Difference? Run(IReadOnlyList<Step> steps)
    {
        servers.Reset(Replay.DirectivesIn(steps));
        using var expected = new Side(servers.OraclePort, resp);
        using var actual = new Side(servers.TestedPort, resp);
        for (int i = 0; i < steps.Count; i++)
        {
            if (steps[i].Kind != StepKind.Command)
                continue;
            try
            {
                if (Run(expected, actual, steps[i], i) is { } difference)
                    return difference;
            }
            catch (Exception e) when (e is TimeoutException or InvalidDataException or EndOfStreamException)
            {
                return new Difference(i, steps[i].Name, steps[i].ToString(), "(a reply)", $"({e.Message})");
            }
        }

        string counted = expected.Counted(), seen = actual.Counted();
        return counted == seen ? new ReadBack(servers).Compare(steps.Count) : new Difference(steps.Count, "(counters)", "at the end", counted, seen);
    }

    private Difference? Run(Side expected, Side actual, Step step, int index)
    {
        int connection = step.Connection;
        byte[][] command = step.Arguments;
        if (expected.Connections[connection].Waits)
        {
            int free = Enumerable.Range(1, Connections - 1).Select(i => (connection + i) % Connections).FirstOrDefault(i => !expected.Connections[i].Waits, -1);
            if (index % PingEvery == 0)
                command = CommandText.Split($"PING behind-{index}");
            else if (free >= 0)
                connection = free;
            else
                command = CommandText.Split($"CLIENT UNBLOCK {connection}");
        }

        string what = $"{step}   (as {CommandText.Describe(command)} on connection {connection})";
        foreach (Side side in (Side[])[expected, actual])
            side.Send(connection, command);
        Compared++;
        (string left, string right) = (expected.Settle(connection), actual.Settle(connection));
        return left == right ? null : new Difference(index, step.Name, what, left, right);
    }

    /// <summary>The connections to one of the servers.</summary>
    private sealed partial class Side : IDisposable
    {
        private readonly int _port;
        private readonly int _resp;
        private readonly RespConnection _controller;
        private readonly RespConnection _events;
        private readonly long _changes;
        private int _fences;

        public Side(int port, int resp)
        {
            (_port, _resp) = (port, resp);
            _controller = new RespConnection(port);
            _controller.Call("CONFIG SET notify-keyspace-events AKE");
            _controller.Call("CONFIG RESETSTAT");
            _changes = Changes();
            _events = new RespConnection(port);
            _events.Call("PSUBSCRIBE __keyevent@*__:*");
            Connections = [.. Enumerable.Range(0, WaitingReplay.Connections).Select(_ => new WaitingConnection(port, resp, _controller))];
        }

        public WaitingConnection[] Connections { get; }

        public void Send(int connection, byte[][] command)
        {
            // CLIENT UNBLOCK and CLIENT KILL name a connection of ours.
            string name = command.Length > 2 ? $"{Encoding.Latin1.GetString(command[0])} {Encoding.Latin1.GetString(command[1])}".ToUpperInvariant() : "";
            bool isUnblock = name == "CLIENT UNBLOCK", namesClient = isUnblock || name == "CLIENT KILL";
            if (namesClient)
            {
                int at = isUnblock ? 2 : 3;
                int named = int.Parse(Encoding.Latin1.GetString(command[at]), CultureInfo.InvariantCulture);
                command = [.. command];
                command[at] = Encoding.Latin1.GetBytes(Connections[named].Id);
            }

            if (isUnblock && Connections[connection].Waits)
                _controller.Call(command);
            else
                Connections[connection].Send(command);
        }

        /// <summary>What has arrived everywhere, who waits, and what happened to keys.</summary>
        public string Settle(int acting)
        {
            var text = new StringBuilder();
            foreach (int i in Enumerable.Range(0, Connections.Length).Select(i => (acting + i) % Connections.Length))
            {
                foreach ((_, byte[] reply) in Connections[i].Settle())
                    text.Append(CultureInfo.InvariantCulture, $"{i}: {Replay.Text(reply)}\n      ");
                if (Connections[i].IsClosed)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{i} is closed\n      ");
                    Connections[i].Dispose();
                    Connections[i] = new WaitingConnection(_port, _resp, _controller);
                }
                else if (Connections[i].Waits)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{i} waits\n      ");
                }
            }

            foreach (string happening in Events())
                text.Append(happening).Append("\n      ");
            return text.ToString();
        }

        /// <summary>What the server has counted since the beginning.</summary>
        public string Counted()
        {
            string statistics = _controller.Call("INFO commandstats").Value;
            IEnumerable<string> lines = Calls().Matches(statistics).Select(static match => $"{match.Groups[1]}: {match.Groups[2]} calls, {match.Groups[3]}");
            string clients = _controller.Call("INFO clients").Value;
            return $"{Changes() - _changes} changes\n      {string.Join("\n      ", lines.Order(StringComparer.Ordinal))}\n      {Keys().Match(clients).Value}";
        }

        public void Dispose()
        {
            foreach (WaitingConnection connection in Connections)
                connection.Dispose();
            _controller.Queue(CommandText.Split("CONFIG SET notify-keyspace-events \"\""));
            _controller.Flush();
            if (_controller.HasFrame(milliseconds: 1000))
                _controller.ReadFrame();
            _controller.Dispose();
            _events.Dispose();
        }

        private List<string> Events()
        {
            // Messages may come a little later than the replies of those who caused them: a fence of the same kind follows them.
            string fence = $"fence-{++_fences}";
            _controller.CallWith("PUBLISH", $"__keyevent@0__:{fence}", "x");
            var events = new List<string>();
            while (true)
            {
                RespValue message = RespValue.Parse(_events.ReadFrame());
                string name = message.Elements[2].Value;
                if (name.EndsWith(fence, StringComparison.Ordinal))
                    return events;
                events.Add($"{name} {message.Elements[3].Value}");
            }
        }

        private long Changes() =>
            long.Parse(Dirty().Match(_controller.Call("INFO persistence").Value).Groups[1].Value, CultureInfo.InvariantCulture);

        [GeneratedRegex(@"rdb_changes_since_last_save:(\d+)")]
        private static partial Regex Dirty();

        [GeneratedRegex(@"cmdstat_(b[^:]*|client.unblock|rpush|lpush|exec):calls=(\d+),.*(rejected_calls=\d+,failed_calls=\d+)")]
        private static partial Regex Calls();

        [GeneratedRegex("total_blocking_keys:\\d+")]
        private static partial Regex Keys();
    }
}
