using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Persistence.Rdb;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Server.Configuration;
using Carnelian.Server.Persistence;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Persistence;

/// <summary>RESTORE: a key from what DUMP gave, of this server or another.</summary>
public static class RestoreCommands
{
    private const string Complexity = "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).";

    private const string Arguments = """
        key:key
        ttl:integer
        serialized-value
        [REPLACE since=3.0.0]
        [ABSTTL since=5.0.0]
        [IDLETIME seconds:integer since=5.0.0]
        [FREQ frequency:integer since=5.0.0]
        """;

    private const string History = """
        3.0.0 Added the `REPLACE` modifier.
        5.0.0 Added the `ABSTTL` modifier.
        5.0.0 Added the `IDLETIME` and `FREQ` options.
        """;

    [Command("RESTORE", Arity = -4, Group = CommandGroup.Generic, Since = "2.6.0", Complexity = Complexity,
        Summary = "Makes a key of a value that DUMP has serialized.",
        Flags = Write | DenyOom, Acl = AclCategories.Keyspace | AclCategories.Dangerous,
        Keys = "OW update @1",
        Arguments = Arguments,
        History = History)]
    public static void Restore(scoped ref CommandContext ctx)
    {
        if (TryOptions(ref ctx, out RestoreOptions options))
            Restore(ref ctx, options);
    }

    [Command("RESTORE-ASKING", Arity = -4, Group = CommandGroup.Server, Since = "3.0.0", Complexity = Complexity,
        Summary = "Makes a key of a value that another node of the cluster has serialized.",
        Flags = Write | DenyOom | Asking, Acl = AclCategories.Keyspace | AclCategories.Dangerous,
        SystemCommand = true,
        Keys = "OW update @1",
        Arguments = Arguments,
        History = History)]
    public static void RestoreAsking(scoped ref CommandContext ctx) => Restore(ref ctx);

    private static bool TryOptions(scoped ref CommandContext ctx, out RestoreOptions options)
    {
        options = new RestoreOptions();
        for (int i = 4; i < ctx.ArgCount; i++)
        {
            if (ctx.ArgIs(i, "replace"u8))
            {
                options.Replaces = true;
            }
            else if (ctx.ArgIs(i, "absttl"u8))
            {
                options.IsAbsolute = true;
            }
            else if (ctx.ArgIs(i, "idletime"u8) && i + 1 < ctx.ArgCount && options.Frequency < 0)
            {
                if (!TryNumber(ref ctx, ++i, long.MaxValue, "ERR Invalid IDLETIME value, must be >= 0"u8, out options.IdleSeconds))
                    return false;
            }
            else if (ctx.ArgIs(i, "freq"u8) && i + 1 < ctx.ArgCount && options.IdleSeconds < 0)
            {
                if (!TryNumber(ref ctx, ++i, byte.MaxValue, "ERR Invalid FREQ value, must be >= 0 and <= 255"u8, out options.Frequency))
                    return false;
            }
            else
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        return true;
    }

    private static bool TryNumber(scoped ref CommandContext ctx, int index, long most, ReadOnlySpan<byte> error, out long value)
    {
        if (!ctx.TryInteger(index, out value))
            return false;
        if (value >= 0 && value <= most)
            return true;
        ctx.Reply.Error(error);
        return false;
    }

    private static void Restore(scoped ref CommandContext ctx, in RestoreOptions options)
    {
        Key key = ctx.Key(1);
        Entry old = ctx.FindForOverwrite(key);
        if (old.Exists && !options.Replaces)
        {
            ctx.Reply.Error("BUSYKEY Target key name already exists."u8);
            return;
        }
        if (!ctx.TryInteger(2, out long deadline))
            return;
        if (deadline < 0)
        {
            ctx.Reply.Error("ERR Invalid TTL value, must be >= 0"u8);
            return;
        }
        ServerInstance server = ((ServerServices)ctx.Services).Server;
        bool triesAll = server.Configuration.RdbVersionCheck == RdbVersionCheck.Relaxed;
        if (!DumpPayload.TryOpen(ctx.Arg(3), triesAll, server.SkipsChecksums, out RdbDialect dialect, out ReadOnlySpan<byte> payload))
        {
            ctx.Reply.Error("ERR DUMP payload version or checksum are wrong"u8);
            return;
        }
        DumpedValue value = default;
        try
        {
            if (value.TryRead(payload, new LoadRules(dialect, LoadLimits.Of(ctx.Services), ctx.Now, DropsExpired: false)))
            {
                Add(ref ctx, key, old.Exists ? old.Type : null, ref value, deadline, options);
                return;
            }
            Report(server, value.Detail);
            ctx.Reply.Error("ERR Bad data format"u8);
        }
        finally
        {
            value.Dispose();
        }
    }

    private static void Add(scoped ref CommandContext ctx, in Key key, Storage.ValueType? replaced, scoped ref DumpedValue value, long deadline, in RestoreOptions options)
    {
        if (deadline != 0 && !options.IsAbsolute)
            deadline = unchecked(deadline + ctx.Now);
        if (replaced != null)
            ctx.Database.Delete(key, ctx.Now, ctx.Services.LazyServerDelete);
        if (deadline != 0 && ctx.IsPast(deadline))
        {
            if (replaced != null)
            {
                ctx.Modified(key, NotificationClass.Generic, "del"u8);
                ctx.ReplaceByRemoval(key, ctx.Services.LazyServerDelete);
            }
            ctx.Reply.Ok();
            return;
        }
        value.AddTo(ctx.Database, key, deadline == 0 ? -1 : deadline, AccessBits(ref ctx, options));
        ctx.Created(key);
        ctx.Replaced(ctx.Database, key, replaced, value.Type);
        ctx.Modified(key, NotificationClass.Generic, "restore"u8);
        ctx.Reply.Ok();
        if (ctx.Effects != null && deadline != 0 && !options.IsAbsolute)
            ReplaceByAbsolute(ref ctx, deadline);
    }

    /// <summary>Has the journal show the deadline as a point in time.</summary>
    private static void ReplaceByAbsolute(scoped ref CommandContext ctx, long deadline)
    {
        JournalUnit effects = ctx.ReplaceEffect(ctx.ArgCount + 1);
        for (int i = 0; i < ctx.ArgCount; i++)
        {
            if (i == 2)
                effects.Add(deadline);
            else
                effects.Add(ctx.Arg(i));
        }
        effects.Add("ABSTTL"u8);
    }

    private static int AccessBits(scoped ref CommandContext ctx, in RestoreOptions options)
    {
        AccessClock clock = ctx.Keyspace.Access;
        if (clock.CountsFrequency)
            return options.Frequency >= 0 ? AccessClock.BitsForFrequency((int)options.Frequency, ctx.Now) : clock.Fresh(ctx.Now);
        return options.IdleSeconds >= 0 ? AccessClock.BitsForIdle(options.IdleSeconds, ctx.Now) : clock.Fresh(ctx.Now);
    }

    /// <summary>Tells the log what is wrong with a payload: under the key's lock, since it has to be there before the reply, but only when details are asked for.</summary>
    private static void Report(ServerInstance server, string detail)
    {
        if (detail.Length != 0 && server.Log.Shows(LogLevel.Verbose))
            server.Log.Write(LogLevel.Verbose, $"Internal error in RDB reading offset 0 -> {detail}");
    }

    /// <summary>What a client wants of a restored key.</summary>
    private struct RestoreOptions
    {
        public bool Replaces;
        public bool IsAbsolute;
        public long IdleSeconds = -1;
        public long Frequency = -1;

        public RestoreOptions()
        {
        }
    }
}
