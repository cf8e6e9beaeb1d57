using System.Text;
using Carnelian.Commands;
using Carnelian.Persistence.Rdb;
using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Server.Persistence;

/// <summary>One MIGRATE: writes the keys as RESTORE commands, sends them, and removes those that have arrived.</summary>
/// <remarks>
/// On the loop of the client, which waits for the other server, with the locks of the keys: one of the exceptions to the rule that nobody waits for the
/// network under a lock. Two dumps are in memory at a time, whatever the number of keys.
/// </remarks>
internal sealed class Migration
{
    private const int SendBytes = 256 * 1024;

    private readonly ServerInstance _server;
    private readonly MigrateOptions _options;
    private readonly RdbEntryWriter _dump;
    private readonly RdbEntryWriter _request;
    private bool _isBroken;

    private Migration(ServerInstance server, in MigrateOptions options)
    {
        _server = server;
        _options = options;
        _dump = server.DumpWriters.Rent();
        _request = server.DumpWriters.Rent();
    }

    /// <summary>Runs the command.</summary>
    /// <param name="ctx">Its context.</param>
    /// <param name="server">The server.</param>
    /// <param name="options">What it says.</param>
    public static void Run(scoped ref CommandContext ctx, ServerInstance server, in MigrateOptions options)
    {
        var migration = new Migration(server, options);
        try
        {
            migration.Run(ref ctx);
        }
        finally
        {
            server.DumpWriters.Return(migration._dump);
            server.DumpWriters.Return(migration._request);
        }
    }

    private void Run(scoped ref CommandContext ctx)
    {
        Span<bool> exist = _options.KeyCount <= 256 ? stackalloc bool[_options.KeyCount] : new bool[_options.KeyCount];
        int count = 0;
        for (int i = 0; i < _options.KeyCount; i++)
        {
            Entry entry = ctx.FindForWrite(ctx.Key(_options.FirstKey + i));
            exist[i] = entry.Exists;
            if (!entry.Exists)
                continue;
            count++;
            if (_dump.ObstacleFor(entry) is var obstacle && obstacle != RdbObstacle.None)
            {
                ctx.Reply.Error("ERR "u8, Encoding.ASCII.GetBytes(RdbObstacleText.Describe(obstacle, _dump.Profile)), default);
                return;
            }
        }
        if (count == 0)
        {
            ctx.Reply.SimpleString("NOKEY"u8);
            return;
        }
        while (true)
        {
            MigrateConnection? connection = _server.MigrateConnections.Take(_options.Host, _options.Port, _options.Timeout, out bool isOld, out bool isKnown);
            if (connection == null)
            {
                ctx.Reply.Error(isKnown ? "IOERR error or timeout writing to target instance"u8 : "IOERR error or timeout connecting to the client"u8);
                return;
            }
            _isBroken = false;
            bool isDone = TryMove(ref ctx, connection, exist, mayRetry: isOld);
            if (_isBroken)
                connection.Dispose();
            else
                _server.MigrateConnections.Keep(connection);
            if (isDone)
                return;
        }
    }

    /// <summary>Sends the keys and takes the replies.</summary>
    /// <returns>False if nothing has happened, since the other side has hung up before; only if that may be tried again.</returns>
    private bool TryMove(scoped ref CommandContext ctx, MigrateConnection connection, scoped Span<bool> exist, bool mayRetry)
    {
        bool selects = connection.Database != _options.Database;
        if (!TrySend(ref ctx, connection, exist, selects))
        {
            _isBroken = true;
            if (mayRetry)
                return false;
            ctx.Reply.Error("IOERR error or timeout writing to target instance"u8);
            return true;
        }
        byte[]? early = null;
        int replies = (_options.HasPassword ? 1 : 0) + (selects ? 1 : 0);
        for (int i = 0; i < replies; i++)
        {
            if (!connection.TryReadLine(out byte[] line))
                return EndBroken(ref ctx, mayRetry && i == 0);
            if (IsError(line))
                early ??= line;
        }
        byte[]? refusal = null;
        bool isFirst = replies == 0;
        int arrived = 0;
        for (int i = 0; i < exist.Length; i++)
        {
            if (!exist[i])
                continue;
            if (!connection.TryReadLine(out byte[] line))
            {
                if (refusal != null)
                {
                    _isBroken = true;
                    break;
                }
                Journal(ref ctx, arrived);
                return EndBroken(ref ctx, isFirst && mayRetry);
            }
            isFirst = false;
            if (early != null || IsError(line))
            {
                refusal ??= early ?? line;
                continue;
            }
            arrived++;
            exist[i] = false;
            if (!_options.Copies)
                Remove(ref ctx, i);
        }
        Journal(ref ctx, arrived);
        connection.Database = refusal == null ? _options.Database : null;
        if (refusal == null)
            ctx.Reply.Ok();
        else
            ctx.Reply.Error("ERR Target instance replied with error: "u8, refusal.AsSpan(Math.Min(refusal.Length, 1)), default);
        return true;
    }

    private bool EndBroken(scoped ref CommandContext ctx, bool mayRetry)
    {
        _isBroken = true;
        if (mayRetry)
            return false;
        ctx.Reply.Error("IOERR error or timeout reading to target instance"u8);
        return true;
    }

    private bool TrySend(scoped ref CommandContext ctx, MigrateConnection connection, scoped ReadOnlySpan<bool> exist, bool selects)
    {
        RdbBuffer request = _request.Buffer;
        request.Clear();
        if (_options.HasPassword)
        {
            Begin(request, _options.User != 0 ? 3 : 2, "AUTH"u8);
            if (_options.User != 0)
                Add(request, ctx.Arg(_options.User));
            Add(request, ctx.Arg(_options.Password));
        }
        if (selects)
        {
            Begin(request, 2, "SELECT"u8);
            AddNumber(request, _options.Database);
        }
        for (int i = 0; i < exist.Length; i++)
        {
            if (!exist[i])
                continue;
            Key key = ctx.Key(_options.FirstKey + i);
            Entry entry = ctx.FindForWrite(key);
            RdbBuffer dump = _dump.Buffer;
            dump.Clear();
            _dump.WriteDump(entry);
            Begin(request, _options.Replaces ? 5 : 4, "RESTORE"u8);
            Add(request, key.Bytes);
            AddNumber(request, entry.HasDeadline ? Math.Max(entry.Deadline - ctx.Now, 1) : 0);
            Add(request, dump.Bytes);
            if (_options.Replaces)
                Add(request, "REPLACE"u8);
            if (request.Length >= SendBytes && !TrySend(connection, request))
                return false;
        }
        return TrySend(connection, request);
    }

    private static bool TrySend(MigrateConnection connection, RdbBuffer request)
    {
        bool isSent = connection.TrySend(request.Bytes);
        request.Clear();
        return isSent;
    }

    private void Remove(scoped ref CommandContext ctx, int index)
    {
        int argument = _options.FirstKey + index;
        Key key = ctx.Key(argument);
        ctx.Database.Delete(key, ctx.Now, isLazy: false);
        ctx.Modified(key, NotificationClass.Generic, "del"u8);
        if (ctx.Effects != null)
            ctx.Mark(argument);
    }

    /// <summary>For others the command is the removal of the keys that have gone.</summary>
    private void Journal(scoped ref CommandContext ctx, int removed)
    {
        ctx.Propagation = Propagation.Never;
        if (_options.Copies || removed == 0 || ctx.Effects == null)
            return;
        ctx.ReplaceEffect(1 + removed).Add("DEL"u8);
        ctx.AddMarked();
    }

    private static bool IsError(ReadOnlySpan<byte> line) => line.IsEmpty || line[0] == (byte)'-';

    private static void Begin(RdbBuffer request, int count, ReadOnlySpan<byte> name)
    {
        AddHeader(request, (byte)'*', count);
        Add(request, name);
    }

    private static void Add(RdbBuffer request, ReadOnlySpan<byte> argument)
    {
        AddHeader(request, (byte)'$', argument.Length);
        request.WriteRaw(argument);
        request.WriteRaw("\r\n"u8);
    }

    private static void AddNumber(RdbBuffer request, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out int length, default, System.Globalization.CultureInfo.InvariantCulture);
        Add(request, digits[..length]);
    }

    private static void AddHeader(RdbBuffer request, byte kind, int value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out int length, default, System.Globalization.CultureInfo.InvariantCulture);
        request.WriteByte(kind);
        request.WriteRaw(digits[..length]);
        request.WriteRaw("\r\n"u8);
    }
}
