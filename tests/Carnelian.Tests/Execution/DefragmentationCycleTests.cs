using System.Globalization;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Testing;

namespace Carnelian.Tests.Execution;

/// <summary>Defragmentation between the rounds of the loops: when it runs, and that commands notice nothing of it.</summary>
public sealed class DefragmentationCycleTests
{
    [Theory]
    [InlineData(9, 10_000_000_000, 0)] // under active-defrag-threshold-lower
    [InlineData(50, 1000, 0)] // under active-defrag-ignore-bytes
    [InlineData(10, 10_000_000_000, 1)]
    [InlineData(55, 10_000_000_000, 13)]
    [InlineData(100, 10_000_000_000, 25)]
    [InlineData(400, 10_000_000_000, 25)]
    public void The_budget_rises_between_the_thresholds(int percent, long used, int expected) =>
        Assert.Equal(expected, DefragmentationBudget.PercentFor(new ServerConfiguration(), used / 100 * percent, used));

    [Fact]
    public void It_begins_at_run_time_and_keeps_every_key()
    {
        using var server = new RunningServer("--io-threads", "2", "--active-defrag-ignore-bytes", "1", "--active-defrag-threshold-lower", "0",
            "--active-defrag-threshold-upper", "1", "--active-defrag-cycle-max", "50");
        RespConnection client = server.Connect();
        const int Keys = 40_000;
        for (int i = 0; i < Keys; i++)
            client.Queue(CommandText.Split($"SET key:{i} {Value(i)}"));
        for (int i = 0; i < Keys; i++)
        {
            if (i % 4 != 0)
                client.Queue(CommandText.Split($"DEL key:{i}"));
        }
        client.Flush();
        for (int i = 0; i < Keys + (Keys * 3 / 4); i++)
            Assert.False(RespValue.Parse(client.ReadFrame()).IsError);
        Assert.Equal("0", Field(client, "active_defrag_hits"));

        Assert.Equal("OK", client.Call("CONFIG SET activedefrag yes").Value);
        while (long.Parse(Field(client, "active_defrag_key_hits"), CultureInfo.InvariantCulture) < Keys / 20)
            Thread.Sleep(1);
        Assert.NotEqual("0", Field(client, "total_active_defrag_time") + Field(client, "current_active_defrag_time"));
        for (int i = 0; i < Keys; i += 4)
            Assert.Equal(Value(i), client.Call($"GET key:{i}").Value);

        Assert.Equal("OK", client.Call("CONFIG SET activedefrag no").Value);
        Assert.Equal("0", Field(client, "active_defrag_running"));
        Assert.Equal("OK", client.Call("CONFIG RESETSTAT").Value);
        Assert.Equal("0", Field(client, "active_defrag_hits"));
    }

    [Fact]
    public void On_the_debug_heap_nothing_is_used_after_it_has_moved()
    {
        using ServerProcess server = ServerProcess.Start(
            $"dotnet {Path.Combine(AppContext.BaseDirectory, "carnelian-server.dll")}",
            "--io-threads 2 --active-defrag-ignore-bytes 1 --active-defrag-threshold-lower 0 --active-defrag-cycle-min 60 --active-defrag-cycle-max 60",
            new Dictionary<string, string> { ["CARNELIAN_DEBUG_HEAP"] = "1" });
        RespConnection[] clients = [new(server.Port), new(server.Port)];
        var random = new Random(5);
        var model = new Dictionary<string, string>[] { [], [] };
        for (int step = 0; step < 6000; step++)
        {
            int c = random.Next(2);
            if (step == 1000)
                Assert.Equal("OK", clients[c].Call("CONFIG SET activedefrag yes").Value);
            string field = $"f{random.Next(500)}", value = new('v', random.Next(1, 300));
            model[c][field] = value;
            clients[c].Queue(CommandText.Split($"HSET hash{c} {field} {value}"));
            clients[c].Queue(CommandText.Split($"ZADD zset{c} {value.Length} {field}"));
            clients[c].Queue(CommandText.Split($"SET {field}:{c} {value} EX {1 + random.Next(2) * 1000}"));
            clients[c].Flush();
            for (int i = 0; i < 3; i++)
                Assert.False(RespValue.Parse(clients[c].ReadFrame()).IsError);
        }
        for (int c = 0; c < 2; c++)
        {
            foreach ((string field, string value) in model[c])
            {
                Assert.Equal(value, clients[c].Call($"HGET hash{c} {field}").Value);
                Assert.Equal($"{value.Length}", clients[c].Call($"ZSCORE zset{c} {field}").Value);
            }
        }
        Assert.NotEqual("0", Field(clients[0], "active_defrag_key_hits"));
        foreach (RespConnection client in clients)
            client.Dispose();
        Assert.True(server.Terminate() == 0, server.LastOutput);
    }

    private static string Value(int i) => new((char)('a' + i % 26), 180 + i % 20);

    private static string Field(RespConnection client, string name)
    {
        string info = client.Call("INFO everything").Value ?? "";
        return info.Split("\r\n").First(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];
    }
}
