using System.Globalization;
using Carnelian.Journal;
using Carnelian.Server.Replication;
using Carnelian.Threading;

namespace Carnelian.Server.Commands.Administration;

/// <summary>The Replication section of INFO.</summary>
internal static class InfoReplication
{
    /// <summary>Writes the fields.</summary>
    public static void Write(InfoText text, ServerInstance server)
    {
        ReplicationHub replication = server.Replication;
        Replica[] replicas = replication.All;
        text.Field("role", "master");
        text.Field("connected_slaves", replicas.Length);
        if (server.Configuration.NeedsReplicas)
            text.Field("min_slaves_good_slaves", replication.GoodReplicas);
        long now = Clock.Sample();
        int number = 0;
        foreach (Replica replica in replicas)
        {
            if (NameOf(replica.State) is { } state)
                text.Field($"slave{number++}", Describe(replica, state, now));
        }
        text.Field("replicas_waiting_psync", 0);
        text.Field("master_failover_state", "no-failover");
        text.Field("master_replid", server.ReplicationId);
        text.Field("master_replid2", server.SecondReplicationId);
        text.Field("master_repl_offset", replication.EndOffset);
        text.Field("second_repl_offset", -1);
        ReplicationBacklog? backlog = replication.Backlog;
        text.Field("repl_backlog_active", backlog == null ? 0 : 1);
        text.Field("repl_backlog_size", server.Configuration.ReplBacklogSize);
        text.Field("repl_backlog_first_byte_offset", backlog?.FirstOffset ?? 0);
        text.Field("repl_backlog_histlen", backlog?.HistoryLength ?? 0);
    }

    /// <summary>A state's name; null for one that is not shown.</summary>
    internal static string? NameOf(ReplicaState state) => state switch
    {
        ReplicaState.WaitingForStart or ReplicaState.WaitingForEnd => "wait_bgsave",
        ReplicaState.SendingFile => "send_bulk",
        ReplicaState.Online => "online",
        _ => null,
    };

    private static string Describe(Replica replica, string state, long now)
    {
        long lag = replica.State == ReplicaState.Online ? Math.Max(now / 1000 - Volatile.Read(ref replica.AckTime) / 1000, 0) : 0;
        long offset = Volatile.Read(ref replica.AckOffset);
        return string.Create(CultureInfo.InvariantCulture, $"ip={replica.Host},port={replica.Port},state={state},offset={offset},lag={lag},type=replica");
    }
}
