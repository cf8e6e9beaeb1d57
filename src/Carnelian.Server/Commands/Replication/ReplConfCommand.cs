using System.Globalization;
using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Replication;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Replication;

/// <summary>REPLCONF: what a replica tells of itself before it asks for the stream, and what it has got of it afterwards.</summary>
public static class ReplConfCommand
{
    private const int LongestAddress = 46;

    [Command("REPLCONF", Arity = -1, Group = CommandGroup.Server, Since = "3.0.0", Complexity = "O(1)",
        Summary = "An internal command of replicas.",
        Flags = Admin | NoScript | Loading | Stale | AllowBusy,
        SystemCommand = true)]
    public static void Configure(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        if (ctx.ArgCount % 2 == 0)
        {
            ctx.WriteSyntaxError();
            return;
        }
        Replica replica = client.Replica ??= new Replica(client);
        for (int i = 1; i < ctx.ArgCount; i += 2)
        {
            if (ctx.ArgIs(i, "ack"u8))
            {
                Acknowledge(ref ctx, replica, i);
                return;
            }
            // Only a primary may ask, and this server has none.
            if (ctx.ArgIs(i, "getack"u8))
                return;
            if (!TrySet(ref ctx, replica, i))
                return;
        }
        ctx.Reply.Ok();
    }

    // There is no reply: it would get into the stream.
    private static void Acknowledge(scoped ref CommandContext ctx, Replica replica, int index)
    {
        if (!replica.Client.Is(ClientFlags.Replica) || !AsciiNumber.TryParseInt64(ctx.Arg(index + 1), out long offset))
            return;
        long diskOffset = 0;
        if (ctx.ArgCount > index + 3 && ctx.ArgIs(index + 2, "fack"u8) && !AsciiNumber.TryParseInt64(ctx.Arg(index + 3), out diskOffset))
            return;
        replica.Client.Loop.Server.Replication.Acknowledge(replica, offset, diskOffset);
    }

    private static bool TrySet(scoped ref CommandContext ctx, Replica replica, int index)
    {
        ReadOnlySpan<byte> value = ctx.Arg(index + 1);
        if (ctx.ArgIs(index, "listening-port"u8))
        {
            if (!ctx.TryInteger(index + 1, out long port))
                return false;
            replica.Port = port;
        }
        else if (ctx.ArgIs(index, "ip-address"u8))
        {
            if (value.Length >= LongestAddress)
                return Fail(ref ctx, $"ERR REPLCONF ip-address provided by replica instance is too long: {value.Length} bytes");
            replica.Address = Encoding.Latin1.GetString(value);
        }
        else if (ctx.ArgIs(index, "capa"u8))
        {
            // What is not known is of no use to the replica, and no error.
            replica.Capabilities |= CapabilityOf(ref ctx, index + 1);
        }
        else if (ctx.ArgIs(index, "version"u8))
        {
            if (!TryParseVersion(value, out int version))
                return Fail(ref ctx, $"ERR Unrecognized version format: {Encoding.Latin1.GetString(ctx.ArgAsText(index + 1))}");
            replica.Version = version;
        }
        else if (ctx.ArgIs(index, "rdb-only"u8))
        {
            if (!TryFlag(ref ctx, index + 1, out bool isSet))
                return false;
            replica.WantsRdbOnly = isSet;
        }
        else if (ctx.ArgIs(index, "rdb-filter-only"u8))
        {
            return TryFilter(ref ctx, replica, index + 1);
        }
        else if (ctx.ArgIs(index, "rdb-channel"u8))
        {
            // A full sync over a second connection is an offer that a replica makes with a capability; it is not taken up.
            return TryFlag(ref ctx, index + 1, out _);
        }
        else if (ctx.ArgIs(index, "set-rdb-client-id"u8))
        {
            return ctx.TryInteger(index + 1, out long id) && Fail(ref ctx, $"ERR Unrecognized RDB client id {id}");
        }
        else if (ctx.ArgIs(index, "set-cluster-node-id"u8))
        {
            return Fail(ref ctx, "ERR This instance has cluster support disabled");
        }
        else
        {
            return Fail(ref ctx, $"ERR Unrecognized REPLCONF option: {Encoding.Latin1.GetString(ctx.ArgAsText(index))}");
        }
        return true;
    }

    private static ReplicaCapabilities CapabilityOf(scoped ref CommandContext ctx, int index)
    {
        if (ctx.ArgIs(index, "eof"u8))
            return ReplicaCapabilities.EndOfFileMark;
        if (ctx.ArgIs(index, "psync2"u8))
            return ReplicaCapabilities.Psync2;
        return ctx.ArgIs(index, "rdb-channel-repl"u8) ? ReplicaCapabilities.RedisRdbChannel : ReplicaCapabilities.None;
    }

    /// <summary>What a replica wants of the data set: everything unless it names parts.</summary>
    private static bool TryFilter(scoped ref CommandContext ctx, Replica replica, int index)
    {
        string text = Encoding.Latin1.GetString(ctx.Arg(index));
        if (text.Contains('"') || text.Contains('\''))
            return Fail(ref ctx, "ERR Missing rdb-filter-only values");
        replica.WithoutData = replica.WithoutFunctions = true;
        foreach (string part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!part.Equals("functions", StringComparison.OrdinalIgnoreCase))
                return Fail(ref ctx, $"ERR Unsupported rdb-filter-only option: {part}");
            replica.WithoutFunctions = false;
        }
        return true;
    }

    private static bool TryFlag(scoped ref CommandContext ctx, int index, out bool isSet)
    {
        isSet = false;
        if (!ctx.TryInteger(index, out long value))
            return false;
        if (value is not (0 or 1))
            return Fail(ref ctx, "ERR value is out of range, value must between 0 and 1");
        isSet = value == 1;
        return true;
    }

    private static bool TryParseVersion(ReadOnlySpan<byte> text, out int version)
    {
        version = 0;
        string[] parts = Encoding.Latin1.GetString(text).Split('.');
        if (parts.Length != 3)
            return false;
        foreach (string part in parts)
        {
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out byte number))
                return false;
            version = version << 8 | number;
        }
        return true;
    }

    private static bool Fail(scoped ref CommandContext ctx, string error)
    {
        ctx.Reply.Error(Encoding.Latin1.GetBytes(error));
        return false;
    }
}
