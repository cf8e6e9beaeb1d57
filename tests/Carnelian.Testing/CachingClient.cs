using System.Text;

namespace Carnelian.Testing;

/// <summary>
/// A client that keeps what it reads and drops it when the server tells of a change, in one of the modes of CLIENT TRACKING.
/// </summary>
public sealed class CachingClient : IDisposable
{
    private readonly RespConnection _connection;
    private readonly RespConnection? _listener;
    private readonly bool _isOptIn;
    private readonly Dictionary<string, string?> _values = [];

    /// <summary>Connects.</summary>
    /// <param name="port">The server's port.</param>
    /// <param name="mode">The options of CLIENT TRACKING ON; REDIRECT gets a connection to redirect to.</param>
    public CachingClient(int port, string mode)
    {
        _isOptIn = mode == "OPTIN";
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

    /// <summary>Whether to ignore what the server tells, to prove that this is found.</summary>
    public bool IsDeaf { get; init; }

    /// <summary>What is kept.</summary>
    public IReadOnlyDictionary<string, string?> Values => _values;

    /// <summary>Reads a key, from what is kept if it is there.</summary>
    public string? Read(string key)
    {
        Obey();
        return _values.TryGetValue(key, out string? kept) ? kept : Fetch(key);
    }

    /// <summary>Asks the server for a key, keeps what it says, and obeys what comes before the reply.</summary>
    public string? Fetch(string key)
    {
        if (_isOptIn)
            _connection.Queue(CommandText.Split("CLIENT CACHING YES"));
        _connection.Queue(["GET"u8.ToArray(), Encoding.ASCII.GetBytes(key)]);
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

    /// <summary>Obeys what the server has told so far.</summary>
    public void Obey()
    {
        RespConnection messages = _listener ?? _connection;
        while (messages.HasFrame(0))
            Obey(RespValue.Parse(messages.ReadFrame()));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _listener?.Dispose();
    }

    private void Obey(RespValue message)
    {
        if (IsDeaf)
            return;
        RespValue keys = message.Elements[^1];
        if (keys.IsNull)
            _values.Clear();
        else
            keys.Elements.ToList().ForEach(key => _values.Remove(key.Value));
    }
}
