using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Replication;
using Carnelian.Server.Waiting;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Replication;

/// <summary>WAIT and WAITAOF: a client waits until replicas say that they have what it has written, or have it on disk.</summary>
public static class WaitCommands
{
    [Command("WAIT", Arity = 3, Group = CommandGroup.Generic, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Waits until replicas have the connection's writes.",
        Flags = Blocking, Acl = AclCategories.Connection, Tips = "request_policy:all_shards response_policy:agg_min",
        Arguments = "numreplicas:integer, timeout:integer")]
    public static void Wait(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(1, out long replicas) || !BlockingTimeout.TryMilliseconds(ref ctx, 2, out long deadline))
            return;
        var client = (Client)ctx.Session;
        ReplicationHub replication = client.Loop.Server.Replication;
        long offset = client.WriteOffset;
        int have = replication.CountAcknowledged(offset);
        if (have >= replicas || client.Is(ClientFlags.Multi))
        {
            ctx.Reply.Integer(have);
            return;
        }
        ClientWait.Begin(ref ctx, deadline, writer => writer.Integer(replication.CountAcknowledged(offset)));
        replication.Waits.Add(client.Wait!, () => replication.CountAcknowledged(offset) >= replicas);
    }

    [Command("WAITAOF", Arity = 4, Group = CommandGroup.Generic, Since = "7.2.0", Complexity = "O(1)",
        Summary = "Waits until the connection's writes are on disk, here and on replicas.",
        Flags = Blocking, Acl = AclCategories.Connection, Tips = "request_policy:all_shards response_policy:agg_min",
        Arguments = "numlocal:integer, numreplicas:integer, timeout:integer")]
    public static void WaitAof(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(1, out long local)
            || !TryRange(ref ctx, 1, 1, "ERR value is out of range, value must between 0 and 1"u8, out _)
            || !TryRange(ref ctx, 2, long.MaxValue, "ERR value is out of range, must be positive"u8, out long replicas)
            || !BlockingTimeout.TryMilliseconds(ref ctx, 3, out long deadline))
        {
            return;
        }
        var client = (Client)ctx.Session;
        if (local != 0 && !client.Loop.Server.Aof.IsEnabled)
            WriteNoFile(ctx.Reply);
        else
            WaitForDisks(ref ctx, client, local != 0, replicas, deadline);
    }

    private static void WaitForDisks(scoped ref CommandContext ctx, Client client, bool isLocal, long replicas, long deadline)
    {
        ServerInstance server = client.Loop.Server;
        ReplicationHub replication = server.Replication;
        long offset = client.WriteOffset, position = client.AofPosition;
        if (IsServed() || client.Is(ClientFlags.Multi))
        {
            Write(ctx.Reply);
            return;
        }
        ClientWait.Begin(ref ctx, deadline, Write);
        replication.Waits.Add(client.Wait!, () => IsServed() || (isLocal && !server.Aof.IsEnabled));

        bool IsServed() => (!isLocal || server.Aof.IsOnDisk(position)) && replication.CountOnDisk(offset) >= replicas;

        void Write(ReplyWriter writer)
        {
            if (isLocal && !server.Aof.IsEnabled)
            {
                WriteNoFile(writer);
                return;
            }
            writer.Array(2);
            writer.Integer(server.Aof.IsOnDisk(position) ? 1 : 0);
            writer.Integer(replication.CountOnDisk(offset));
        }
    }

    private static void WriteNoFile(ReplyWriter writer) =>
        writer.Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."u8);

    private static bool TryRange(scoped ref CommandContext ctx, int index, long most, ReadOnlySpan<byte> error, out long value)
    {
        if (AsciiNumber.TryParseInt64(ctx.Arg(index), out value) && value >= 0 && value <= most)
            return true;
        ctx.Reply.Error(error);
        return false;
    }
}
