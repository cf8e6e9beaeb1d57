using System.Globalization;
using Carnelian.Testing;

namespace Carnelian.Linearizability;

/// <summary>
/// Clients that cache what they read, one in each mode of CLIENT TRACKING, while others write, remove, flush, and let expire, and the server evicts. No cache
/// goes back to an older value, and when all is quiet none has a value that the server has not.
/// </summary>
internal static class Caches
{
    private const int Keys = 24;
    private const int Writers = 3;
    private const int WritesPerRound = 150;
    private const int Patience = 10_000;

    private static readonly string[] Modes = ["", "NOLOOP", "OPTIN", "OPTOUT", "BCAST", $"BCAST {string.Join(' ', Enumerable.Range(0, 10).Select(static digit => $"PREFIX k:{digit}"))}", "REDIRECT", "BCAST REDIRECT"];

    /// <summary>Runs some rounds.</summary>
    /// <param name="port">The server's port; nobody else uses it.</param>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="seed">The first round's seed.</param>
    /// <param name="isDeaf">Whether one of the caches ignores what the server tells: that has to be found.</param>
    /// <returns>What was wrong, or null; and how many values were read and written.</returns>
    public static (string? Finding, long Operations) Run(int port, int rounds, int seed, bool isDeaf)
    {
        long operations = 0;
        using var admin = new RespConnection(port);
        string? finding = null;
        for (int round = 0; round < rounds && finding == null; round++)
        {
            // Not all keys with a long value fit.
            long used = long.Parse(admin.Call("INFO memory").Value.Split("used_memory:")[1].Split('\r')[0], CultureInfo.InvariantCulture);
            admin.CallWith("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", $"{used + 300_000}");
            finding = RunRound(port, admin, unchecked((seed * 1009) + round), isDeaf, ref operations);
            finding = finding == null ? null : $"round {round}: {finding}";
            admin.CallWith("CONFIG", "SET", "maxmemory", "0");
            admin.Call("FLUSHALL");
        }
        return (finding, operations);
    }

    private static string? RunRound(int port, RespConnection admin, int seed, bool isDeaf, ref long operations)
    {
        CachingClient[] caches = [.. Modes.Select((mode, i) => new CachingClient(port, mode) { IsDeaf = isDeaf && i == 0 })];
        int writing = Writers;
        string? finding = null;
        long done = 0;
        var threads = new List<Thread>();
        for (int writer = 0; writer < Writers; writer++)
        {
            int number = writer;
            threads.Add(Catching(() =>
            {
                Write(port, number, new Random(seed + number));
                Interlocked.Add(ref done, WritesPerRound);
            }, () => Interlocked.Decrement(ref writing)));
        }
        for (int reader = 0; reader < caches.Length; reader++)
        {
            CachingClient cache = caches[reader];
            var random = new Random(seed - reader);
            long[] newest = new long[Keys];
            threads.Add(Catching(() =>
            {
                while (Volatile.Read(ref writing) != 0)
                {
                    // One client writes a key, and counts.
                    int number = random.Next(Keys);
                    long version = VersionOf(cache.Read(Key(number))) ?? newest[number];
                    if (version < newest[number])
                        Interlocked.CompareExchange(ref finding, $"{Key(number)} went back from {newest[number]} to {version}", null);
                    newest[number] = version;
                    Interlocked.Increment(ref done);
                }
            }, static () => { }));
        }

        Thread Catching(Action work, Action atEnd) => new(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref finding, e.Message, null);
            }
            atEnd();
        });
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        operations += done;
        // Invalidations may be on their way still, and keys about to expire.
        for (int i = 0; i < caches.Length && finding == null; i++)
        {
            string? stale = null;
            if (!SpinWait.SpinUntil(() => (stale = FindStale(caches[i], admin)) == null, isDeaf ? 200 : Patience))
                finding = $"the cache with \"{Modes[i]}\" has {stale}";
        }
        foreach (CachingClient cache in caches)
            cache.Dispose();
        return finding;
    }

    private static string? FindStale(CachingClient cache, RespConnection server)
    {
        cache.Obey();
        foreach ((string key, string? value) in cache.Values)
        {
            RespValue reply = server.Call($"GET {key}");
            string? current = reply.IsNull ? null : reply.Value;
            if (current != value)
                return $"{key} in version {VersionOf(value)}, the server {VersionOf(current)}";
        }
        return null;
    }

    private static long? VersionOf(string? value) => value == null ? null : long.Parse(value.AsSpan(0, value.IndexOf(':')), CultureInfo.InvariantCulture);

    // Each key has one writer.
    private static void Write(int port, int number, Random random)
    {
        using var connection = new RespConnection(port);
        for (int i = 1; i <= WritesPerRound; i++)
        {
            string key = Key((random.Next(Keys / Writers) * Writers) + number), other = Key((random.Next(Keys / Writers) * Writers) + number);
            string value = $"{i}:{(random.Next(4) == 0 ? new string('x', 20_000) : "")}";
            string command = random.Next(100) switch
            {
                0 => "FLUSHALL",
                1 => "FLUSHALL ASYNC",
                < 12 => $"DEL {key}",
                < 24 => $"SET {key} {value} PX {random.Next(1, 4)}",
                < 30 => $"GETDEL {key}",
                < 36 => $"PEXPIRE {key} 1",
                < 46 => $"MSET {key} {value} {other} {value}",
                _ => $"SET {key} {value}",
            };
            bool isInTransaction = random.Next(5) == 0;
            if (isInTransaction)
                connection.Call("MULTI");
            connection.Call(command);
            if (isInTransaction)
                connection.Call("EXEC");
        }
    }

    private static string Key(int number) => $"k:{number}";
}
