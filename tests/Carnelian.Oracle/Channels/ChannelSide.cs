using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Carnelian.Testing;

namespace Carnelian.Oracle.Channels;

/// <summary>The connections to one of the servers, and all that has arrived on each of them.</summary>
/// <remarks>
/// When everything has arrived is known from the server: CLIENT LIST tells how many bytes it has read from each connection and written to it. So nothing has to be
/// sent that could disturb a transaction, a subscription, a monitor or a client that wants no replies.
/// </remarks>
internal sealed partial class ChannelSide : IDisposable
{
    private const int Patience = 10_000;
    private const int EarliestExpiry = 40;
    private const int LatestExpiry = 80;

    private readonly int _port;
    private readonly Peer[] _peers;
    private readonly RespConnection _controller;
    private readonly RespConnection _other;
    private readonly RespConnection _cache;

    public ChannelSide(int port, int connections)
    {
        _port = port;
        _controller = new RespConnection(port);
        // So Valkey finds what has expired as soon as Carnelian does, and nobody has to come by.
        _controller.Call("CONFIG SET hz 500");
        _other = new RespConnection(port);
        _other.Call("SELECT 1");
        // Carnelian forgets who has read what when the last cache is given up: here is one that stays.
        _cache = new RespConnection(port);
        _cache.CallWith("HELLO", "3");
        _cache.Call("CLIENT TRACKING ON");
        _peers = new Peer[connections];
    }

    /// <summary>The number that the server gives to a new connection.</summary>
    public long Probe()
    {
        using var connection = new RespConnection(_port);
        return long.Parse(connection.Call("CLIENT ID").Value, CultureInfo.InvariantCulture);
    }

    public void Open(int index) => _peers[index] = new Peer(_port);

    public string IdOf(int index) => _peers[index].Id;

    public bool IsClosed(int index) => _peers[index].IsClosed;

    /// <summary>Sends a command, with the names of connections filled in.</summary>
    public void Send(int index, byte[][] command)
    {
        Peer peer = _peers[index];
        peer.Send([.. command.Select(argument => argument.Length == 2 && argument[1] is >= (byte)'0' and <= (byte)'9'
            ? argument[0] switch
            {
                (byte)'@' => Encoding.ASCII.GetBytes(_peers[argument[1] - '0'].Id),
                (byte)'%' => Encoding.ASCII.GetBytes(_peers[argument[1] - '0'].Address),
                _ => argument,
            }
            : argument)]);
    }

    /// <summary>Waits until a key has expired, if it does.</summary>
    public void AwaitExpiry(byte[] key)
    {
        // This is not shown to monitors, and does not remove what it finds expired.
        // Valkey says of a key that it is not there a little before it removes it.
        Thread.Sleep(EarliestExpiry);
        bool IsGone(RespConnection connection) => connection.Call("DEBUG"u8.ToArray(), "OBJECT"u8.ToArray(), key).IsError;
        SpinWait.SpinUntil(() => IsGone(_controller) && IsGone(_other), LatestExpiry);
    }

    /// <summary>Waits until the server has taken everything and sent everything, and reads it.</summary>
    public void Settle()
    {
        long end = Environment.TickCount64 + Patience;
        string before = "";
        while (true)
        {
            string list = _controller.Call("CLIENT LIST").Value;
            var state = new StringBuilder();
            bool isSettled = true;
            Dictionary<string, string> lines = Lines(list);
            foreach (Peer peer in _peers)
            {
                lines.TryGetValue(peer.Id, out string? line);
                isSettled &= peer.Read(line == null ? null : Number(line, "tot-net-out"));
                if (line == null)
                    continue;
                isSettled &= Field(line, "flags").Contains('b') || Number(line, "tot-net-in") == peer.Sent && Number(line, "qbuf") == 0;
                isSettled &= Number(line, "obl") == 0 && Number(line, "oll") == 0;
                state.Append(peer.Id).Append(' ').Append(peer.Received).Append(' ');
            }

            string now = state.ToString();
            // What goes to others at the end of a loop's round may have come behind the first look.
            if (isSettled && now == before)
                return;
            before = isSettled ? now : "";
            if (Environment.TickCount64 > end)
                throw new TimeoutException($"connections do not settle: {string.Join(", ", _peers.Select(static peer => $"{peer.Id} sent {peer.Sent} received {peer.Received}"))}\n{list}");
        }
    }

    /// <summary>What has arrived on a connection since the last <see cref="Forget"/>, in the form in which it is compared.</summary>
    public string TextOf(int index) => _peers[index].Text();

    public void Forget()
    {
        foreach (Peer peer in _peers)
            peer.Forget();
    }

    public void Dispose()
    {
        foreach (Peer peer in _peers)
            peer?.Dispose();
        _controller.Call("CLIENT UNPAUSE");
        // A transaction that waited for that may begin another pause, until its client is gone.
        SpinWait.SpinUntil(() => !Lines(_controller.Call("CLIENT LIST").Value).Keys.Intersect(_peers.Select(static peer => peer?.Id ?? "")).Any(), Patience);
        _controller.Call("CLIENT UNPAUSE");
        _controller.CallWith("CONFIG", "SET", "notify-keyspace-events", "", "hz", "10");
        _controller.Dispose();
        _other.Dispose();
        _cache.Dispose();
    }

    private static Dictionary<string, string> Lines(string list) =>
        list.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(static line => Field(line, "id"), StringComparer.Ordinal);

    private static string Field(string line, string name)
    {
        int at = line.StartsWith(name + "=", StringComparison.Ordinal) ? 0 : line.IndexOf($" {name}=", StringComparison.Ordinal) + 1;
        int from = at + name.Length + 1, to = line.IndexOf(' ', from);
        return to < 0 ? line[from..] : line[from..to];
    }

    private static long Number(string line, string name) => long.Parse(Field(line, name), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\+\d+\.\d+ \[(\d+) [^\]]*\]")]
    private static partial Regex MonitorLine();

    [GeneratedRegex(@"^[*>][34]\\r\\n\$[78]\\r\\np?message\\r\\n.*__key(space|event)@")]
    private static partial Regex EventMessage();

    /// <summary>One connection: bytes sent and received, and the frames that are not compared yet.</summary>
    private sealed class Peer : IDisposable
    {
        private const string Reply = "0";

        private readonly RespConnection _connection;
        private readonly List<string> _frames = [];

        public Peer(int port)
        {
            _connection = new RespConnection(port);
            Id = Call("CLIENT ID").Value;
            string line = Call("CLIENT INFO").Value;
            Address = Field(line, "addr");
            // The second command stands in these numbers with its request and without its reply.
            Sent = Number(line, "tot-net-in");
            Received = _received;
        }

        private long _received;

        public string Id { get; }

        public string Address { get; }

        public long Sent { get; private set; }

        public long Received { get; private set; }

        public bool IsClosed => _connection.IsClosed;

        public void Send(byte[][] command)
        {
            using var bytes = new MemoryStream();
            CommandText.Encode(bytes, command);
            Sent += bytes.Length;
            _connection.QueueRaw(bytes.ToArray());
            _connection.Flush();
        }

        /// <summary>Reads what is there.</summary>
        /// <param name="total">How much the server has sent in all; null if it does not know the connection any more.</param>
        /// <returns>Whether that is all of it.</returns>
        public bool Read(long? total)
        {
            while (_connection.HasFrame(total > Received && !IsClosed ? 1 : 0))
            {
                byte[] frame = _connection.ReadFrame().ToArray();
                Received += frame.Length;
                _frames.Add(Comparable(Encoding.Latin1.GetString(frame).Replace("\r\n", "\\r\\n", StringComparison.Ordinal)));
            }

            return total == null ? IsClosed : total == Received;
        }

        public string Text()
        {
            List<string> ordered = [.. _frames];
            // A client with several patterns that match gets a message for each, in the order of a table.
            SortNeighbours(ordered, static (left, right) => left.Contains("pmessage", StringComparison.Ordinal) && Payload(left) == Payload(right), static frame => frame);
            // A client that hears of a command in several ways, as a subscriber, as a monitor and as a cache, does so in any order.
            SortNeighbours(ordered, static (left, right) => RankOf(left) != Reply && RankOf(right) != Reply, static frame => RankOf(frame));
            // Those of a flush, for several clients that redirect here, come in the order of a list of clients.
            SortNeighbours(ordered, static (left, right) => IsForAllKeys(left) && IsForAllKeys(right), static frame => frame);
            return string.Join("\n        ", ordered) + (IsClosed ? " (closed)" : "");
        }

        public void Forget() => _frames.Clear();

        public void Dispose() => _connection.Dispose();

        private RespValue Call(string command)
        {
            _connection.Queue(CommandText.Split(command));
            _connection.Flush();
            ReadOnlySpan<byte> frame = _connection.ReadFrame();
            _received += frame.Length;
            return RespValue.Parse(frame);
        }

        // Times and addresses in what monitors see, versions and modules in the reply to HELLO.
        private static string Comparable(string frame) =>
            frame.Contains("\\r\\nversion\\r\\n", StringComparison.Ordinal) ? "(the reply to HELLO)" : MonitorLine().Replace(frame, "+(time) [$1 (address)]");

        private static void SortNeighbours(List<string> frames, Func<string, string, bool> belongTogether, Func<string, string> key)
        {
            for (int from = 0, to; from < frames.Count; from = Math.Max(from + 1, to))
            {
                to = from;
                while (to < frames.Count && belongTogether(frames[from], frames[to]))
                    to++;
                string[] sorted = [.. frames.GetRange(from, to - from).OrderBy(key, StringComparer.Ordinal)];
                for (int i = 0; i < sorted.Length; i++)
                    frames[from + i] = sorted[i];
            }
        }

        private static string RankOf(string frame) =>
            IsInvalidation(frame) ? "4"
            : frame.Contains("\\r\\ntracking-redir-broken\\r\\n", StringComparison.Ordinal) ? "3"
            : frame.StartsWith("+(time) ", StringComparison.Ordinal) ? "2"
            : EventMessage().IsMatch(frame) ? "1"
            : Reply;

        private static bool IsInvalidation(string frame) =>
            frame.StartsWith(">2\\r\\n$10\\r\\ninvalidate", StringComparison.Ordinal) || frame.Contains("\\r\\n__redis__:invalidate\\r\\n", StringComparison.Ordinal);

        private static bool IsForAllKeys(string frame) =>
            IsInvalidation(frame) && (frame.EndsWith("\\r\\n_\\r\\n", StringComparison.Ordinal) || frame.EndsWith("\\r\\n$-1\\r\\n", StringComparison.Ordinal));

        // Behind the name of the pattern: the channel and the message.
        private static string Payload(string frame)
        {
            string[] parts = frame.Split("\\r\\n");
            return string.Join(' ', parts.Skip(5));
        }
    }
}
