using System.Text;
using Carnelian.Commands;
using Carnelian.Text;
using Carnelian.Threading;

namespace Carnelian.Server.Clients;

/// <summary>Which clients CLIENT LIST shows and CLIENT KILL closes. Every filter that is set has to agree.</summary>
internal sealed class ClientFilter
{
    private const string KnownFlags = "OSMPxbtRBdcuAUreTIN";

    private HashSet<long>? _ids;
    private readonly HashSet<long> _notIds = [];
    private readonly Dictionary<string, string> _texts = [];
    private long _leastAge;
    private long _leastIdle;
    private long _database = -1;
    private long _notDatabase = -1;

    /// <summary>Whether the client that asks is left out.</summary>
    public bool SkipsSelf { get; set; }

    /// <summary>Reads filters from the arguments.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="first">The first argument that names a filter.</param>
    /// <param name="databases">The number of databases.</param>
    /// <returns>The error, or null.</returns>
    public string? Read(scoped ref CommandContext ctx, int first, int databases)
    {
        int i = first;
        while (i < ctx.ArgCount)
        {
            string name = Encoding.Latin1.GetString(ctx.Arg(i)).ToLowerInvariant();
            // Numbers may be missing, unless nothing else is said at all.
            if ((name is "id" or "not-id") && ctx.ArgCount > first + 1)
            {
                if (ReadIds(ref ctx, ref i, name == "id" ? _ids ??= [] : _notIds) is { } wrongId)
                    return wrongId;
                continue;
            }
            if (i + 1 >= ctx.ArgCount)
                return "ERR syntax error";
            if (ReadOne(ref ctx, i, name, databases) is { } error)
                return error;
            i += 2;
        }
        return null;
    }

    private static string? ReadIds(scoped ref CommandContext ctx, ref int i, HashSet<long> ids)
    {
        for (i++; i < ctx.ArgCount && AsciiNumber.TryParseInt64(ctx.Arg(i), out long id); i++)
        {
            if (id < 1)
                return "ERR client-id should be greater than 0";
            ids.Add(id);
        }
        return null;
    }

    private string? ReadOne(scoped ref CommandContext ctx, int i, string name, int databases)
    {
        string value = Encoding.Latin1.GetString(ctx.ArgAsText(i + 1));
        switch (name)
        {
            case "maxage" or "idle":
                if (!AsciiNumber.TryParseInt64(ctx.Arg(i + 1), out long seconds))
                    return $"ERR {name} is not an integer or out of range";
                if (seconds <= 0)
                    return $"ERR {name} should be greater than 0";
                if (name == "idle")
                    _leastIdle = seconds;
                else
                    _leastAge = seconds;
                return null;
            case "db" or "not-db":
                if (!AsciiNumber.TryParseInt64(ctx.Arg(i + 1), out long database))
                    return $"ERR {name.ToUpperInvariant()} is not an integer or out of range";
                if (database < 0 || database >= databases)
                    return $"ERR {name.ToUpperInvariant()} number should be between 0 and {databases - 1}";
                if (name == "db")
                    _database = database;
                else
                    _notDatabase = database;
                return null;
            case "skipme":
                SkipsSelf = ctx.ArgIs(i + 1, "yes"u8);
                return SkipsSelf || ctx.ArgIs(i + 1, "no"u8) ? null : "ERR syntax error";
            case "type" or "not-type":
                value = value.ToLowerInvariant();
                if (value is not ("normal" or "master" or "primary" or "slave" or "replica" or "pubsub"))
                    return $"ERR Unknown client type '{Encoding.Latin1.GetString(ctx.ArgAsText(i + 1))}'";
                break;
            case "user" or "not-user":
                if (value != "default")
                    return $"ERR No such user '{value}'";
                break;
            case "flags" or "not-flags":
                if (value.Any(static flag => !KnownFlags.Contains(flag)))
                    return name == "flags" ? $"ERR Unknown flags found in the provided filter: {value}" : $"ERR Unknown flags found in the NOT-FLAGS filter: {value}";
                break;
            case "capa" or "not-capa":
                if (value.Any(static capability => capability != 'r'))
                    return name == "capa" ? $"ERR Unknown capa found in the provided filter: {value}" : $"ERR Unknown capa found in the NOT-CAPA filter: {value}";
                break;
            case "addr" or "laddr" or "ip" or "name" or "lib-name" or "lib-ver"
                or "not-addr" or "not-laddr" or "not-ip" or "not-name" or "not-lib-name" or "not-lib-ver":
                break;
            default:
                return "ERR syntax error";
        }
        _texts[name] = value;
        return null;
    }

    /// <summary>Whether a client passes all filters.</summary>
    /// <param name="server">The server.</param>
    /// <param name="client">The client.</param>
    /// <param name="self">The client that asks.</param>
    public bool Matches(ServerInstance server, Client client, Client self)
    {
        if (SkipsSelf && client == self || client.IsClosed)
            return false;
        if (_ids is { } ids && !ids.Contains(client.Id) || _notIds.Contains(client.Id))
            return false;
        long now = Clock.Sample();
        if (_leastAge != 0 && (now - client.CreatedAt) / 1000 < _leastAge
            || _leastIdle != 0 && (now - client.LastInteraction) / 1000 < _leastIdle)
        {
            return false;
        }
        if (_database >= 0 && client.DatabaseIndex != _database || client.DatabaseIndex == _notDatabase)
            return false;
        foreach ((string name, string value) in _texts)
        {
            bool isNegative = name.StartsWith("not-", StringComparison.Ordinal);
            if (Matches(server, client, isNegative ? name[4..] : name, value) == isNegative)
                return false;
        }
        return true;
    }

    /// <summary>The address without its port, and without the brackets of IPv6.</summary>
    private static ReadOnlySpan<char> HostOf(string address)
    {
        int end = address.LastIndexOf(':');
        ReadOnlySpan<char> host = end < 0 ? address : address.AsSpan(0, end);
        return host is ['[', .., ']'] ? host[1..^1] : host;
    }

    private static bool Matches(ServerInstance server, Client client, string name, string value) => name switch
    {
        "type" => client.Is(ClientFlags.Replica) ? value is "replica" or "slave" : value == (client.Is(ClientFlags.PubSub) ? "pubsub" : "normal"),
        "flags" => value.All(ClientLine.FlagsOf(server, client).Contains),
        "capa" => value.Length == 0 || client.UnderstandsRedirect,
        "addr" => client.Socket.PeerAddress == value,
        "laddr" => client.Socket.LocalAddress == value,
        "ip" => HostOf(client.Socket.PeerAddress).SequenceEqual(value),
        "name" => client.ShownName == value,
        "lib-name" => client.LibraryName == value,
        "lib-ver" => client.LibraryVersion == value,
        _ => true,
    };
}
