using System.Net.Sockets;
using Carnelian.Server.Clients;
using Carnelian.Testing;
using Carnelian.Tests.Commands;

namespace Carnelian.Tests.Journal;

/// <summary>
/// What the journal says gives the same data wherever it is read: in a second server of this process, and in the real Valkey, which loads it as its AOF.
/// </summary>
public sealed class ReplayTests
{
    private const int Clients = 5;
    private const int StepsPerClient = 3000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void The_journal_replayed_gives_the_same_data(int loops)
    {
        using var source = new RunningServer("--io-threads", $"{loops}", "--enable-debug-command", "yes");
        byte[] journal = Record(source);
        using var copy = new RunningServer("--io-threads", "1", "--enable-debug-command", "yes");

        Replay(copy, journal);

        Assert.Equal(Describe(source.Connect()), Describe(copy.Connect()));
    }

    [RealServerFact]
    public void Valkey_loads_the_journal_as_its_AOF()
    {
        using var source = new RunningServer("--io-threads", "2", "--enable-debug-command", "yes");
        byte[] journal = Record(source);
        string folder = Directory.CreateTempSubdirectory("carnelian-journal-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "appendonlydir"));
            File.WriteAllText(Path.Combine(folder, "appendonlydir", "appendonly.aof.manifest"), "file appendonly.aof.1.incr.aof seq 1 type i\n");
            File.WriteAllBytes(Path.Combine(folder, "appendonlydir", "appendonly.aof.1.incr.aof"), journal);
            using var valkey = ServerProcess.Start(RealServerFactAttribute.Program, $"--appendonly yes --dir {folder} --enable-debug-command yes");
            using var connection = new RespConnection(valkey.Port);

            Assert.Equal(Describe(source.Connect()), Describe(connection));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Has clients write at once, and returns the journal when nothing is left that is about to expire.</summary>
    private static byte[] Record(RunningServer server)
    {
        var sink = new RecordingSink(isReplication: false);
        server.Instance.Keyspace.Locks.AcquireAll();
        server.Instance.Journal.Add(sink);
        server.Instance.Keyspace.Locks.ReleaseAll();
        Task[] writers = [.. Enumerable.Range(0, Clients).Select(i => Task.Run(() => Write(server.Connect(), seed: 1000 + i)))];
        Task.WaitAll(writers);
        // Whatever lives for milliseconds has to be gone, and then nothing is written any more.
        Thread.Sleep(200);
        Assert.True(SpinWait.SpinUntil(
            () => server.Instance.Keyspace.Sum(static database => Enumerable.Range(0, database.Keyspace.ShardCount).Count(
                shard => Math.Min(database.EarliestDeadline(shard), database.EarliestFieldDeadline(shard)) < Carnelian.Threading.Clock.Sample() + 1000)) == 0, 20_000));
        server.Instance.Keyspace.Locks.AcquireAll();
        server.Instance.Journal.Remove(sink);
        server.Instance.Keyspace.Locks.ReleaseAll();
        return sink.Bytes;
    }

    private static void Write(RespConnection connection, int seed)
    {
        const int depth = 20;
        var commands = new RandomCommands(seed);
        for (int step = 0; step < StepsPerClient; step += depth)
        {
            int sent = 0;
            for (int i = 0; i < depth; i++)
            {
                foreach (string command in commands.Next())
                {
                    connection.Queue(CommandText.Split(command));
                    sent++;
                }
            }
            connection.Flush();
            for (int i = 0; i < sent; i++)
                Assert.False(connection.ReadFrame().IsEmpty);
        }
    }

    /// <summary>Runs a journal as a loader does: nothing expires by itself, and what was written is taken as it is.</summary>
    private static void Replay(RunningServer server, byte[] journal)
    {
        using RespConnection connection = server.Connect();
        connection.Call("CLIENT SETNAME replay");
        server.Instance.Keyspace.KeepsExpired = true;
        Client client = server.Instance.Loops.All.SelectMany(static loop => loop.Clients).Single(static client => client.Name == "replay");
        client.IsReplaying = client.IsImportSource = true;
        for (int start = 0; start < journal.Length;)
        {
            int end = start;
            var commands = new Queue<string>();
            while (commands.Count < 100 && end < journal.Length)
            {
                int next = RespFrame.End(journal, end);
                commands.Enqueue(RespValue.Parse(journal.AsSpan(end, next - end)).ToString());
                end = next;
            }
            connection.QueueRaw(journal.AsSpan(start, end - start));
            connection.Flush();
            while (commands.TryDequeue(out string? command))
            {
                RespValue reply = RespValue.Parse(connection.ReadFrame());
                Assert.False(reply.Elements.Append(reply).Any(static part => part.IsError), $"{command}: {reply}");
            }
            start = end;
        }
        server.Instance.Keyspace.KeepsExpired = false;
    }

    private static string[] Describe(RespConnection connection)
    {
        var lines = new List<string> { connection.Call("DEBUG DIGEST").Value };
        for (int database = 0; database < 2; database++)
        {
            connection.Call($"SELECT {database}");
            foreach (string key in connection.Call("KEYS *").Elements.Select(static key => key.Value).Order(StringComparer.Ordinal))
            {
                lines.Add($"{database} {key} {connection.Call($"PEXPIRETIME {key}").Value} {connection.Call($"DEBUG DIGEST-VALUE {key}")}");
                if (connection.Call($"TYPE {key}").Value != "stream")
                    continue;
                // As with Valkey, a consumer that has never got anything is known to the server that has seen it only.
                foreach (RespValue group in connection.Call($"XINFO GROUPS {key}").Elements)
                    lines.Add(string.Join(' ', group.Elements.Chunk(2).Where(static field => field[0].Value != "consumers").SelectMany(static field => field)));
                lines.Add($"{connection.Call($"XPENDING {key} g")}");
            }
        }
        return [.. lines];
    }
}
