using System.Globalization;
using System.Text;
using Carnelian.Testing;

namespace Carnelian.Tests.Diagnostics;

/// <summary>What a whole server tells of itself.</summary>
public sealed class ObservabilityTests(ObservedServer server) : IClassFixture<ObservedServer>
{
    [Fact]
    public void Counters_of_loops_that_have_ended_stay_in_the_sums()
    {
        // New connections go to the loop with the fewest clients, so both loops have executed some of these.
        for (int i = 0; i < 8; i++)
        {
            using RespConnection passing = server.Connect();
            using RespConnection other = server.Connect();
            passing.Call("ECHO a");
            other.Call("ECHO b");
        }
        using RespConnection client = server.Connect();
        Assert.Contains("cmdstat_echo:calls=16,", client.Call("INFO commandstats").Value);
        long commands = client.InfoNumber("stats", "total_commands_processed");

        client.Call("CONFIG SET io-threads 1");
        string statistics = client.Call("INFO commandstats").Value;
        long commandsThen = client.InfoNumber("stats", "total_commands_processed");
        client.Call("CONFIG SET io-threads 2");

        Assert.Contains("cmdstat_echo:calls=16,", statistics);
        Assert.True(commandsThen > commands);
    }

    [Fact]
    public void The_slow_log_cuts_arguments_and_hides_passwords()
    {
        using RespConnection client = server.Connect();
        client.Call("CONFIG SET slowlog-log-slower-than 0");
        client.Call("SLOWLOG RESET");
        client.Call($"SET k {new string('x', 130)}");
        client.Call($"MGET {string.Join(' ', Enumerable.Repeat("k", 40))}");
        client.Call("AUTH secret");
        client.Call("CONFIG SET primaryauth secret slowlog-log-slower-than -1");

        string log = client.Call("SLOWLOG GET -1").ToString();

        Assert.Contains($"{new string('x', 128)}... (2 more bytes)", log);
        Assert.Contains("... (10 more arguments)", log);
        Assert.Contains("(redacted)", log);
        Assert.DoesNotContain("secret", log);
    }

    [Fact]
    public void A_quick_command_that_waits_for_a_lock_is_slow()
    {
        using RespConnection client = server.Connect(), sleeper = server.Connect(), first = server.Connect(), second = server.Connect();
        client.Call("CONFIG SET slowlog-log-slower-than 50000");
        client.Call("SLOWLOG RESET");

        // One of the two readers is on another loop than the sleeper, and one of its reads comes while all locks are held.
        var sleeping = new Thread(() => sleeper.Call("DEBUG SLEEP 0.5"));
        var reading = new Thread(() => ReadWhile(first, sleeping));
        sleeping.Start();
        reading.Start();
        ReadWhile(second, sleeping);
        reading.Join();

        string log = client.Call("SLOWLOG GET -1").ToString();
        client.Call("CONFIG SET slowlog-log-slower-than 10000");
        Assert.Contains("SLEEP", log);
        Assert.Contains("GET, absent", log);
    }

    [Fact]
    public void Errors_inside_a_transaction_are_not_those_of_EXEC()
    {
        using RespConnection client = server.Connect();
        client.Call("CONFIG RESETSTAT");
        client.Call("MULTI");
        client.Call("SET t 1");
        client.Call("INCRBY t x");
        client.Call("EXEC");

        string statistics = client.Call("INFO commandstats").Value;

        Assert.Matches("cmdstat_incrby:calls=1,.*failed_calls=1", statistics);
        Assert.Matches("cmdstat_exec:calls=1,.*failed_calls=0", statistics);
        Assert.Contains("errorstat_ERR:count=1", client.Call("INFO errorstats").Value);
    }

    [Fact]
    public void The_digest_is_that_of_Valkey_for_the_same_data()
    {
        using RespConnection client = server.Connect();
        client.Call("FLUSHALL");
        Assert.Equal(new string('0', 40), client.Call("DEBUG DIGEST").Value);

        client.Call("SET a 1");

        Assert.Equal("943d800368fb9c0e951138f1bc0e313ac769d91f", client.Call("DEBUG DIGEST").Value);
        Assert.Contains("b4fc66738120fba0b5aa500ab5c2bf89cea1c5da", client.Call("DEBUG DIGEST-VALUE a").ToString());
    }

    [Fact]
    public void Info_tells_the_average_time_to_live()
    {
        using RespConnection client = server.Connect();
        client.Call("SELECT 3");
        for (int i = 0; i < 100; i++)
            client.Call($"SET key{i} v EX {1000 + i}");

        string keyspace = client.Call("INFO keyspace").Value;

        int begin = keyspace.IndexOf("db3:keys=100,expires=100,avg_ttl=", StringComparison.Ordinal);
        Assert.True(begin >= 0, keyspace);
        string average = keyspace[(begin + "db3:keys=100,expires=100,avg_ttl=".Length)..].Split(',')[0];
        Assert.InRange(long.Parse(average, CultureInfo.InvariantCulture), 900_000, 1_049_500);
    }

    [Fact]
    public void Lolwut_ends_with_the_version()
    {
        using RespConnection client = server.Connect();

        string drawing = client.Call("LOLWUT VERSION 5 20 8").Value;

        Assert.EndsWith("Valkey ver. 9.1.2\n", drawing);
        Assert.All(drawing.Split('\n')[..8], static line => Assert.True(Encoding.ASCII.GetByteCount(line) <= 20));
        Assert.Equal("ERR value is not an integer or out of range", client.Call("LOLWUT VERSION x").Value);
    }

    private static void ReadWhile(RespConnection client, Thread thread)
    {
        while (thread.IsAlive)
            client.Call("GET absent");
    }
}
