using System.Text;
using Carnelian.Testing;

namespace Carnelian.Linearizability;

/// <summary>
/// A client that keeps what it reads and drops it when the server tells of a change, in one of the modes of CLIENT TRACKING.
/// </summary>
internal sealed class CachingClient : IDisposable
{
    private readonly RespConnection _connection;
    private readonly RespConnection? _listener;
    private readonly bool _isOptIn;
    private readonly bool _isDeaf;
    private readonly Dictionary<string, string?> _values = [];
    private readonly Dictionary<string, long> _newest = [];

    /// <summary>Connects.</summary>
    /// <param name="port">The server's port.</param>
    /// <param name="mode">The options of CLIENT TRACKING ON; REDIRECT gets a connection to redirect to.</param>
    /// <param name="isDeaf">Whether to ignore what the server tells, to prove that this is found.</param>
    public CachingClient(int port, string mode, bool isDeaf)
    {
        (_isOptIn, _isDeaf) = (mode == "OPTIN", isDeaf);
        _connection = new RespConnection(port);
        if (mode.EndsWith("REDIRECT", StringComparison.Ordinal))
        {
            _listener = new RespConnection(port);
            mode += $" {_listener.Call("CLIENT ID").Value}";
            _listener.Call("SUBSCRIBE __redis__:invalidate");
        }
        else
        {
            _connection.Call("HELLO 3");
        }
        RespValue reply = _connection.Call($"CLIENT TRACKING ON {mode}");
        if (reply.IsError)
            throw new InvalidOperationException(reply.Value);
    }

    /// <summary>Reads a key, from what is kept if it is there.</summary>
    /// <returns>What is wrong with the value, or null.</returns>
    public string? Read(string key)
    {
        Obey();
        string? value = _values.TryGetValue(key, out string? kept) ? kept : Fetch(key);
        if (value == null)
            return null;
        // One client writes a key, and counts.
        long version = Version(value);
        long newest = _newest.GetValueOrDefault(key);
        _newest[key] = Math.Max(version, newest);
        return version < newest ? $"{key} went back from {newest} to {version}" : null;
    }

    /// <summary>Obeys what the server has told so far.</summary>
    public void Obey()
    {
        while (_connection.HasFrame(0))
            Obey(_connection.ReadFrame());
        while (_listener != null && _listener.HasFrame(0))
            Obey(_listener.ReadFrame());
    }

    /// <summary>Whether all that is kept is what the server has.</summary>
    /// <returns>A key for which it is not, or null.</returns>
    public string? Compare(RespConnection server)
    {
        Obey();
        foreach ((string key, string? value) in _values)
        {
            RespValue reply = server.Call("GET"u8.ToArray(), Encoding.ASCII.GetBytes(key));
            if ((reply.IsNull ? null : reply.Value) != value)
                return $"{key}, kept as {(value == null ? "nothing" : Version(value))} and {(reply.IsNull ? "nothing" : Version(reply.Value))} on the server";
        }
        return null;
    }

    public void Dispose()
    {
        _connection.Dispose();
        _listener?.Dispose();
    }

    private static long Version(string value) => long.Parse(value.AsSpan(0, value.IndexOf(':')), System.Globalization.CultureInfo.InvariantCulture);

    private string? Fetch(string key)
    {
        if (_isOptIn)
            _connection.Queue(CommandText.Split("CLIENT CACHING YES"));
        _connection.Queue(CommandText.Split($"GET {key}"));
        _connection.Flush();
        for (int missing = _isOptIn ? 2 : 1; ;)
        {
            RespValue value = RespValue.Parse(_connection.ReadFrame());
            if (value.Type == '>')
                Obey(value);
            else if (--missing == 0)
                return _values[key] = value.IsNull ? null : value.Value;
        }
    }

    private void Obey(ReadOnlySpan<byte> frame) => Obey(RespValue.Parse(frame));

    private void Obey(RespValue message)
    {
        if (_isDeaf)
            return;
        RespValue keys = message.Elements[^1];
        if (keys.IsNull)
            _values.Clear();
        else
            keys.Elements.ToList().ForEach(key => _values.Remove(key.Value));
    }
}
