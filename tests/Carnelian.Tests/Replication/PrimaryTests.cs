using System.Text;
using Carnelian.Testing;

namespace Carnelian.Tests.Replication;

/// <summary>What a primary sends to its replicas and takes from them.</summary>
public sealed class PrimaryTests
{
    private const int Quiet = 1500;

    [Fact]
    public void A_replica_gets_the_data_set_and_then_the_stream_which_begins_with_SELECT()
    {
        using var server = new RunningServer("--repl-diskless-sync-delay", "0");
        RespConnection client = server.Connect();
        client.Call("SET before 1");
        RespConnection replica = server.Connect();
        string begin = Begin(replica, "PSYNC ? -1");
        Assert.StartsWith($"+FULLRESYNC {server.Instance.ReplicationId} 0\r\n$", begin, StringComparison.Ordinal);
        Assert.Contains("before", begin, StringComparison.Ordinal);
        client.Call("SET after 2");
        Assert.Equal("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$5\r\nafter\r\n$1\r\n2\r\n", WithoutPings(replica.ReadAll(Quiet)));
    }

    [Fact]
    public void A_full_sync_without_a_file_ends_with_its_mark_and_the_stream_waits_for_an_acknowledgement()
    {
        using var server = new RunningServer("--repl-diskless-sync-delay", "0");
        RespConnection client = server.Connect(), replica = server.Connect();
        replica.Call("REPLCONF capa eof capa psync2");
        string begin = Begin(replica, "PSYNC ? -1");
        int at = begin.IndexOf("$EOF:", StringComparison.Ordinal) + 5;
        string mark = begin.Substring(at, 40);
        Assert.EndsWith(mark, begin, StringComparison.Ordinal);
        client.Call("SET key 1");
        Assert.Equal("", Encoding.Latin1.GetString(replica.ReadAll(Quiet)));
        Send(replica, "REPLCONF ACK 0");
        Assert.Contains("SET", Encoding.Latin1.GetString(replica.ReadAll(Quiet)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_that_comes_back_gets_what_it_has_missed()
    {
        using var server = new RunningServer("--repl-diskless-sync-delay", "0");
        RespConnection client = server.Connect();
        using (RespConnection first = server.Connect())
            Begin(first, "PSYNC ? -1");
        client.Call("SET key 1");
        long missed = server.Instance.Replication.EndOffset;
        client.Call("SET key 2");
        RespConnection again = server.Connect();
        again.Call("REPLCONF capa psync2");
        string reply = Begin(again, $"PSYNC {server.Instance.ReplicationId} {missed + 1}");
        Assert.StartsWith($"+CONTINUE {server.Instance.ReplicationId}\r\n", reply, StringComparison.Ordinal);
        Assert.EndsWith("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1\r\n2\r\n", WithoutPings(Encoding.Latin1.GetBytes(reply)), StringComparison.Ordinal);
        Assert.Equal((1, 1, 0), (server.Instance.Replication.FullSyncs, server.Instance.Replication.PartialSyncs, server.Instance.Replication.RefusedPartialSyncs));
    }

    [Theory]
    [InlineData("0123456789012345678901234567890123456789", 1)]
    [InlineData(null, 1_000_000)]
    public void What_the_backlog_has_not_is_a_full_sync(string? id, long offset)
    {
        using var server = new RunningServer("--repl-diskless-sync-delay", "0");
        using (RespConnection first = server.Connect())
            Begin(first, "PSYNC ? -1");
        RespConnection again = server.Connect();
        Assert.StartsWith("+FULLRESYNC ", Begin(again, $"PSYNC {id ?? server.Instance.ReplicationId} {offset}"), StringComparison.Ordinal);
        Assert.Equal(1, server.Instance.Replication.RefusedPartialSyncs);
    }

    [Fact]
    public void A_replica_whose_command_has_a_reply_is_disconnected()
    {
        using var server = new RunningServer("--repl-diskless-sync-delay", "0");
        RespConnection replica = server.Connect();
        Begin(replica, "PSYNC ? -1");
        Send(replica, "GET key");
        replica.ReadAll(Quiet);
        Assert.True(replica.IsClosed);
    }

    [Fact]
    public void WAIT_counts_the_replicas_that_have_the_write()
    {
        using var server = new RunningServer("--repl-diskless-sync-delay", "0");
        RespConnection client = server.Connect(), replica = server.Connect();
        Begin(replica, "PSYNC ? -1");
        client.Call("SET key 1");
        Assert.Equal("0", client.Call("WAIT 1 100").Value);
        client.Queue(CommandText.Split("WAIT 1 10000"));
        client.Flush();
        Assert.Contains("GETACK", Encoding.Latin1.GetString(replica.ReadAll(Quiet)), StringComparison.Ordinal);
        Send(replica, $"REPLCONF ACK {server.Instance.Replication.EndOffset}");
        Assert.Equal(":1\r\n", Encoding.Latin1.GetString(client.ReadFrame()));
    }

    [Fact]
    public void Writes_need_as_many_good_replicas_as_configured()
    {
        using var server = new RunningServer("--repl-diskless-sync-delay", "0", "--min-replicas-to-write", "1");
        RespConnection client = server.Connect(), replica = server.Connect();
        Assert.StartsWith("NOREPLICAS", client.Call("SET key 1").Value, StringComparison.Ordinal);
        Begin(replica, "PSYNC ? -1");
        Assert.Equal("OK", client.Call("SET key 1").Value);
        replica.Dispose();
        Assert.True(SpinWait.SpinUntil(() => client.Call("SET key 1").IsError, 10_000));
    }

    [Fact]
    public void A_replica_that_lags_too_far_behind_is_disconnected()
    {
        using var server = new RunningServer(
            "--repl-diskless-sync-delay", "0", "--repl-backlog-size", "16384", "--client-output-buffer-limit", "replica 1mb 0 0");
        RespConnection client = server.Connect(), replica = server.Connect();
        Begin(replica, "PSYNC ? -1");
        byte[] value = new byte[100_000];
        // It reads nothing: the sockets take some megabytes, and the rest stays.
        for (int i = 0; i < 300 && server.Instance.Replication.All.Length != 0; i++)
            client.Call("SET"u8.ToArray(), "key"u8.ToArray(), value);
        Assert.True(SpinWait.SpinUntil(() => server.Instance.Replication.All.Length == 0, 10_000));
        // What it kept goes bit by bit.
        Assert.True(SpinWait.SpinUntil(() => !client.Call("SET key 1").IsError && server.Instance.Replication.Backlog!.HistoryLength < 100_000, 10_000));
    }

    private static void Send(RespConnection connection, string command)
    {
        connection.Queue(CommandText.Split(command));
        connection.Flush();
    }

    private static string Begin(RespConnection replica, string command)
    {
        Send(replica, command);
        return Encoding.Latin1.GetString(replica.ReadAll(Quiet)).TrimStart('\n');
    }

    private static string WithoutPings(byte[] stream) => Encoding.Latin1.GetString(stream).Replace("*1\r\n$4\r\nping\r\n", "", StringComparison.Ordinal);
}
