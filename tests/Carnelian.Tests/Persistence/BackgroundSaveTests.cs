using System.Globalization;
using System.Text;
using Carnelian.Testing;
using Carnelian.Tests.Commands;

namespace Carnelian.Tests.Persistence;

/// <summary>BGSAVE while clients write: what transactions keep constant is so in the file, as the real valkey-server loads it.</summary>
public sealed class BackgroundSaveTests : IDisposable
{
    private const int Accounts = 60;
    private const int Balance = 1000;
    private const int Fields = 1500;

    private readonly string _file = $"background-save-{Guid.NewGuid():N}.rdb";
    private RunningServer? _server;

    public void Dispose()
    {
        _server?.Dispose();
        File.Delete(_file);
    }

    [RealServerFact]
    public void Sums_stay_constant_with_one_loop() => SumsStayConstant(loops: 1);

    [RealServerFact]
    public void Sums_stay_constant_with_two_loops() => SumsStayConstant(loops: 2);

    [RealServerFact]
    public void Sums_stay_constant_with_four_loops() => SumsStayConstant(loops: 4);

    [RealServerFact]
    public void A_file_holds_what_there_was_of_every_type()
    {
        RespConnection client = Start(loops: 1);
        var writes = new Storage.Snapshots.RandomWrites(seed: 7);
        for (int i = 0; i < 4000; i++)
            client.Queue([.. writes.Next(flushes: false).Select(Encoding.ASCII.GetBytes)]);
        client.Flush();
        for (int i = 0; i < 4000; i++)
            client.ReadFrame();
        client.Call("DISCARD");
        string[] all = ["SELECT 0", $"SET long {new string('l', 200_000)}"];
        foreach (string command in all)
            Assert.Equal("+OK", client.Call(command).ToString());
        // What expires would be gone by the time when the file is loaded.
        client.Call("DEBUG SET-ACTIVE-EXPIRE 1");
        Thread.Sleep(200);
        string digest = client.Call("DEBUG DIGEST").ToString();
        Save(client);
        using ServerProcess real = Load(out RespConnection loaded);
        using (loaded)
            Assert.Equal(digest, loaded.Call("DEBUG DIGEST").ToString());
    }

    [Fact]
    public void A_save_that_is_cancelled_leaves_no_file()
    {
        RespConnection client = Start(loops: 1);
        client.Call("DEBUG POPULATE 1000");
        client.Call("CONFIG SET rdb-key-save-delay 100000");
        Assert.Equal("+Background saving started", client.Call("BGSAVE").ToString());
        Assert.StartsWith("-ERR Background save already in progress", client.Call("BGSAVE").ToString(), StringComparison.Ordinal);
        Assert.Equal("+Background saving cancelled", client.Call("BGSAVE CANCEL").ToString());
        WaitForEnd(client);
        Assert.Empty(Directory.GetFiles(".", $"temp-{Environment.ProcessId}-*.rdb"));
        Assert.False(File.Exists(_file));
        Assert.Equal("+Background saving started", client.Call("BGSAVE").ToString());
        client.Call("FLUSHALL");
        WaitForEnd(client);
        Assert.False(File.Exists(_file));
        client.Call("CONFIG SET rdb-key-save-delay 0");
        Save(client);
        Assert.True(File.Exists(_file));
    }

    [Fact]
    public void FLUSHALL_writes_an_empty_file_where_save_points_are_configured()
    {
        RespConnection client = Start(loops: 1);
        client.Call("DEBUG POPULATE 1000");
        client.Call("SET a 1");
        client.Call("FLUSHALL");
        Assert.False(File.Exists(_file));
        Assert.Equal("+OK", client.CallWith("CONFIG", "SET", "save", "3600 1000").ToString());
        client.Call("DEBUG POPULATE 1000");
        client.Call("SET a 1");
        client.Call("CONFIG SET rdb-key-save-delay 100000");
        Assert.Equal("+Background saving started", client.Call("BGSAVE").ToString());
        Assert.Equal("+OK", client.Call("MULTI").ToString());
        client.Call("FLUSHALL");
        client.Call("SET b 1");
        client.Call("EXEC");
        string info = client.Call("INFO persistence").Text!;
        Assert.Contains("rdb_changes_since_last_save:1\r\n", info, StringComparison.Ordinal);
        Assert.Contains("rdb_saves:1\r\n", info, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(_file).Length, 50, 200);
        WaitForEnd(client);
        Assert.InRange(new FileInfo(_file).Length, 50, 200);
    }

    private static string Word(RespConnection client, string command) => client.Call(command).ToString();

    private static void WaitForEnd(RespConnection client)
    {
        for (int i = 0; i < 600 && client.Call("INFO persistence").Text!.Contains("rdb_bgsave_in_progress:1", StringComparison.Ordinal); i++)
            Thread.Sleep(50);
    }

    private static long Number(RespConnection client, string command) => long.Parse(client.Call(command).Text!, CultureInfo.InvariantCulture);

    private void SumsStayConstant(int loops)
    {
        RespConnection client = Start(loops);
        for (int i = 0; i < Accounts; i++)
        {
            client.Call($"SET acc:{i} {Balance}");
            client.Call($"SADD {(i % 2 == 0 ? "left" : "right")} m{i}");
            client.Call($"RPUSH list:{i % 4} e{i}");
            client.Call($"ZADD zset:{i % 3} {Balance} m{i % 20}");
        }
        string fields = string.Join(' ', Enumerable.Range(0, Fields).Select(static i => $"f{i} {Balance}"));
        client.Call($"HSET hash:0 {fields}");
        client.Call($"HSET hash:1 {fields}");
        client.Call("DEBUG POPULATE 20000");
        client.Call("CONFIG SET rdb-key-save-delay 20");
        using var ends = new CancellationTokenSource();
        var failures = new List<Exception>();
        Thread[] writers = [.. Enumerable.Range(0, 4).Select(i => new Thread(() => Transfer(i, ends.Token, failures)) { IsBackground = true })];
        foreach (Thread writer in writers)
            writer.Start();
        try
        {
            for (int round = 0; round < 3; round++)
            {
                Thread.Sleep(50);
                Save(client);
                Check();
            }
        }
        finally
        {
            ends.Cancel();
            foreach (Thread writer in writers)
                writer.Join();
        }
        Assert.Empty(failures);
    }

    private void Transfer(int seed, CancellationToken ends, List<Exception> failures)
    {
        try
        {
            var random = new Random(seed);
            RespConnection client = _server!.Connect();
            while (!ends.IsCancellationRequested)
            {
                int from = random.Next(Accounts), to = random.Next(Accounts), amount = random.Next(1, 50), field = random.Next(Fields);
                string[] commands =
                [
                    "MULTI", $"DECRBY acc:{from} {amount}", $"INCRBY acc:{to} {amount}", $"HINCRBY hash:0 f{field} {-amount}",
                    $"HINCRBY hash:1 f{random.Next(Fields)} {amount}", $"ZINCRBY zset:{random.Next(3)} {amount} m{random.Next(20)}",
                    $"ZINCRBY zset:{random.Next(3)} {-amount} m{random.Next(20)}", "EXEC",
                    $"SMOVE left right m{from}", $"SMOVE right left m{to}", $"LMOVE list:{random.Next(4)} list:{random.Next(4)} LEFT RIGHT",
                    // A key that goes from name to name and from database to database is always there once.
                    $"RENAME acc:{from} acc:{from}", "MULTI", "SET moving 1", "RENAME moving moved", "DEL moved", "EXEC",
                ];
                foreach (string command in commands)
                    client.Queue([.. command.Split(' ').Select(Encoding.ASCII.GetBytes)]);
                client.Flush();
                foreach (string _ in commands)
                    Assert.NotEqual(0, client.ReadFrame().Length);
            }
        }
        catch (Exception e)
        {
            lock (failures)
                failures.Add(e);
        }
    }

    private void Check()
    {
        using ServerProcess real = Load(out RespConnection loaded);
        using (loaded)
        {
            Assert.Equal(Accounts * Balance, Enumerable.Range(0, Accounts).Sum(i => Number(loaded, $"GET acc:{i}")));
            Assert.Equal(2 * Fields * Balance, Sum(loaded, "HVALS hash:0") + Sum(loaded, "HVALS hash:1"));
            Assert.Equal(Accounts, Number(loaded, "SCARD left") + Number(loaded, "SCARD right"));
            Assert.Equal(0, Number(loaded, "SINTERCARD 2 left right"));
            Assert.Equal(Accounts, Enumerable.Range(0, 4).Sum(i => Number(loaded, $"LLEN list:{i}")));
            Assert.Equal(0, Number(loaded, "EXISTS moving moved"));
        }
    }

    /// <summary>The sum of the numbers that a command answers.</summary>
    private static long Sum(RespConnection client, string command) =>
        client.Call(command).Elements.Sum(static element => long.Parse(element.Text!, CultureInfo.InvariantCulture));

    private RespConnection Start(int loops)
    {
        _server = new RunningServer("--io-threads", $"{loops}", "--dbfilename", _file, "--enable-debug-command", "yes", "--hash-max-listpack-entries", "100");
        return _server.Connect();
    }

    private void Save(RespConnection client)
    {
        File.Delete(_file);
        Assert.Equal("+Background saving started", Word(client, "BGSAVE"));
        WaitForEnd(client);
        Assert.Contains("rdb_last_bgsave_status:ok", client.Call("INFO persistence").Text!, StringComparison.Ordinal);
    }

    /// <summary>Has a real server load the file.</summary>
    private ServerProcess Load(out RespConnection client)
    {
        ServerProcess real = ServerProcess.Start(RealServerFactAttribute.Program, "--enable-debug-command yes");
        File.Copy(_file, Path.Combine(real.Folder, "dump.rdb"));
        client = new RespConnection(real.Port);
        Assert.Equal("+OK", Word(client, "DEBUG RELOAD NOSAVE"));
        return real;
    }
}
