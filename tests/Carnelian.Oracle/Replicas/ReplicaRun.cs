using System.Globalization;
using Carnelian.Oracle.Differential;
using Carnelian.Oracle.Grammar;
using Carnelian.Testing;

namespace Carnelian.Oracle.Replicas;

/// <summary>
/// A real server follows the tested one as its replica while several connections write at random. After each round both have to hold the same
/// data in all databases. Between and within rounds the replica loses its connection, or has to begin again with a full sync.
/// </summary>
internal sealed class ReplicaRun(ServerPair servers, OracleOptions options)
{
    private const int Writers = 4;
    private const int Batch = 20;
    private const int CatchUpMilliseconds = 30_000;
    private const int Attempts = 30;
    private const int Shown = 5;
    private const int LongestShown = 1000;

    private static readonly string[] DataFamilies =
        ["strings", "lists", "hashes", "sets", "sortedsets", "streams", "bitmaps", "hyperloglogs", "geo", "keys", "sort", "transactions"];

    /// <summary>Commands that were executed.</summary>
    public long Commands { get; private set; }

    /// <summary>Comparisons of the whole data.</summary>
    public int Compared { get; private set; }

    /// <summary>Comparisons that failed.</summary>
    public int Failed { get; private set; }

    /// <summary>Runs rounds until there were enough commands.</summary>
    public void Run()
    {
        Family[] families = [.. (options.Families ?? DataFamilies).Select(Load)];
        using var primary = new RespConnection(servers.TestedPort, CatchUpMilliseconds * 2);
        using var replica = new RespConnection(servers.OraclePort, CatchUpMilliseconds * 2);
        primary.Call("CONFIG SET repl-diskless-sync-delay 0 repl-timeout 20");
        for (int round = options.FirstRound; Commands < options.Commands && round - options.FirstRound < options.Rounds && Failed < 3; round++)
        {
            Disturb(primary, replica, round);
            Write(families, round, () => Disconnect(primary, round));
            if (!Agree(primary, replica, round))
                Failed++;
            Compared++;
        }

        RespValue statistics = primary.Call("INFO stats");
        string[] syncs = [.. statistics.Value.Split("\r\n").Where(static line => line.StartsWith("sync_", StringComparison.Ordinal))];
        Console.WriteLine($"  {Commands} commands of {Writers} connections, {Compared} comparisons; {string.Join(' ', syncs)}");
    }

    // A directive that is set on one side only makes the bytes of these values different, and not what they mean.
    private Family Load(string name) => Family.Load(name).Where(command =>
        (name != "hyperloglogs" || !command.StartsWith("CONFIG", StringComparison.Ordinal)) && (servers.Common.Contains(command) || servers.Common.Contains(command.Split('|')[0])));

    // A new full sync in every fourth round, from a file and without one in turn, and with data of another server in the way.
    private void Disturb(RespConnection primary, RespConnection replica, int round)
    {
        if (round % 4 != 0)
            return;
        primary.Call($"CONFIG SET repl-diskless-sync {(round % 8 == 0 ? "yes" : "no")}");
        replica.Call("REPLICAOF NO ONE");
        replica.Call($"SET stranger {round}");
        replica.Call($"REPLICAOF 127.0.0.1 {servers.TestedPort.ToString(CultureInfo.InvariantCulture)}");
    }

    private static void Disconnect(RespConnection primary, int round)
    {
        if (round % 4 is 1 or 2)
            primary.Call("CLIENT KILL TYPE replica");
    }

    private void Write(Family[] families, int round, Action halfWay)
    {
        long executed = 0;
        using var half = new CountdownEvent(Writers);
        var threads = new Thread[Writers];
        for (int i = 0; i < Writers; i++)
        {
            int writer = i;
            threads[i] = new Thread(() => Interlocked.Add(ref executed, Write(families, unchecked((options.Seed * 1_000_003) + (round * Writers) + writer), half)));
            threads[i].Start();
        }

        half.Wait();
        halfWay();
        foreach (Thread thread in threads)
            thread.Join();
        Commands += executed;
    }

    // A limit with an offset below zero takes nothing of a pack and all of a skiplist, in Valkey too; a replica that loads a file chooses encodings anew.
    private static bool DependsOnEncoding(IReadOnlyList<byte[]> command)
    {
        if (!ReplyRules.NameOf(command).Equals("ZRANGESTORE", StringComparison.Ordinal))
            return false;
        int limit = command.ToList().FindIndex(static word => CommandText.Quote(word).Equals("LIMIT", StringComparison.OrdinalIgnoreCase));
        return limit > 0 && limit + 1 < command.Count && command[limit + 1] is [(byte)'-', ..];
    }

    private int Write(Family[] families, int seed, CountdownEvent half)
    {
        var random = new Random(seed);
        int done = 0;
        bool isHalf = false;
        try
        {
            using var connection = new RespConnection(servers.TestedPort);
            connection.Call("SELECT " + random.Next(3).ToString(CultureInfo.InvariantCulture));
            while (done < options.RoundLength)
            {
                if (!isHalf && done >= options.RoundLength / 2)
                {
                    isHalf = true;
                    half.Signal();
                }

                Family family = families[random.Next(families.Length)];
                var generator = new RoundGenerator(family, 1, options.MutatedPercent, transactions: true, servers.Common.Contains, static _ => false);
                List<Step> steps = [.. generator.Generate(random.Next(), Batch).Where(static step => step.Kind != StepKind.ScanIteration && !DependsOnEncoding(step.Arguments))];
                foreach (Step step in steps)
                    connection.Queue(step.Arguments);
                connection.Flush();
                foreach (Step _ in steps)
                {
                    if (connection.ReadFrame().IsEmpty)
                        return done;
                }

                done += steps.Count;
            }
        }
        catch (TimeoutException)
        {
            // A command that was spoilt into one that waits.
        }
        finally
        {
            if (!isHalf)
                half.Signal();
        }

        return done;
    }

    private bool Agree(RespConnection primary, RespConnection replica, int round)
    {
        primary.Call("SELECT 0");
        primary.Call($"SET fence {round}");
        RespValue caughtUp = primary.Call($"WAIT 1 {CatchUpMilliseconds}");
        if (caughtUp.Value != "1")
        {
            Console.WriteLine($"DIFFERENCE in round {round} of --seed {options.Seed}: the replica has not caught up\n{primary.Call("INFO replication").Value}\n{servers.TestedOutput}");
            return false;
        }

        // A key may expire between the two looks, and the replica hears of it a moment later.
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (primary.Call("DEBUG DIGEST").Value == replica.Call("DEBUG DIGEST").Value)
                return true;
            Thread.Sleep(100);
        }

        string[] different = [.. Enumerable.Range(0, 16).SelectMany(database => Differences(primary, replica, database))];
        if (different.Length == 0)
            return true;
        Console.WriteLine($"DIFFERENCE in round {round} of --seed {options.Seed}:");
        foreach (string difference in different.Take(Shown))
            Console.WriteLine(difference);
        return false;
    }

    private static IEnumerable<string> Differences(RespConnection primary, RespConnection replica, int database)
    {
        primary.Call($"SELECT {database}");
        replica.Call($"SELECT {database}");
        byte[][] keys = [.. primary.Call("KEYS *").Elements.Concat(replica.Call("KEYS *").Elements)
            .Select(static key => key.Value).Distinct().Select(System.Text.Encoding.Latin1.GetBytes)];
        var differences = new List<string>();
        foreach (byte[] key in keys)
        {
            if (DigestOf(primary, key) == DigestOf(replica, key))
                continue;
            string ours = Describe(primary, key), theirs = Describe(replica, key);
            if (ours != theirs || !ours.StartsWith("zset", StringComparison.Ordinal))
                differences.Add($"  database {database}, key {CommandText.Describe([key])}:\n    primary {Cut(ours)}\n    replica {Cut(theirs)}");
        }

        primary.Call("SELECT 0");
        replica.Call("SELECT 0");
        return differences;
    }

    private static string DigestOf(RespConnection connection, byte[] key) =>
        connection.Call("DEBUG"u8.ToArray(), "DIGEST-VALUE"u8.ToArray(), key).Elements[0].Value;

    // A score of -0 survives in a large sorted set only: a replica that loads it as a small one has 0.
    private static string Describe(RespConnection connection, byte[] key)
    {
        string type = connection.Call("TYPE"u8.ToArray(), key).Value;
        string deadline = connection.Call("PEXPIRETIME"u8.ToArray(), key).Value;
        byte[][] look = type switch
        {
            "list" => ["LRANGE"u8.ToArray(), key, "0"u8.ToArray(), "-1"u8.ToArray()],
            "hash" => ["HGETALL"u8.ToArray(), key],
            "set" => ["SMEMBERS"u8.ToArray(), key],
            "zset" => ["ZRANGE"u8.ToArray(), key, "0"u8.ToArray(), "-1"u8.ToArray(), "WITHSCORES"u8.ToArray()],
            "stream" => ["XINFO"u8.ToArray(), "STREAM"u8.ToArray(), key, "FULL"u8.ToArray()],
            _ => ["GET"u8.ToArray(), key],
        };
        RespValue value = connection.Call(look);
        string text = type switch
        {
            "hash" or "zset" => string.Join(' ', value.Elements.Chunk(2).Select(static pair => $"{pair[0]}={(pair[1].Value == "-0" ? "0" : pair[1])}").Order(StringComparer.Ordinal)),
            "set" => string.Join(' ', value.Elements.Select(static element => element.ToString()).Order(StringComparer.Ordinal)),
            _ => value.ToString(),
        };
        return $"{type} until {deadline}: {text}";
    }

    private static string Cut(string text) => text[..Math.Min(text.Length, LongestShown)];
}
