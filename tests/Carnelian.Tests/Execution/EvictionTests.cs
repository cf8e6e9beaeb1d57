using Carnelian.Testing;
using Carnelian.Tests.Memory;

namespace Carnelian.Tests.Execution;

/// <summary>How much goes when there is less room. The memory is that of the whole process, so no other test may run beside these.</summary>
[Collection(NativeHeapCollection.Name)]
public sealed class EvictionTests
{
    private const int Caches = 10;
    private const int Keys = 300;
    private const int NameBytes = 1000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Keys_do_not_make_room_for_the_messages_about_them(int loops)
    {
        using var server = new RunningServer("--io-threads", $"{loops}", "--maxmemory-policy", "allkeys-lru", "--maxmemory-eviction-tenacity", "100");
        RespConnection client = server.Connect();
        RespConnection[] caches = [.. Enumerable.Range(0, Caches).Select(_ => server.Connect())];
        foreach (RespConnection cache in caches)
        {
            cache.Call("HELLO 3");
            Assert.Equal("+OK", cache.Call("CLIENT TRACKING ON").ToString());
        }
        for (int i = 0; i < Keys; i++)
        {
            string key = $"{i}{new string('x', NameBytes)}";
            client.Call($"SET {key} x");
            foreach (RespConnection cache in caches)
                cache.Call($"GET {key}");
        }

        long used = client.InfoNumber("memory", "used_memory");
        client.Call($"CONFIG SET maxmemory {used - 40 * NameBytes}");
        Assert.True(SpinWait.SpinUntil(() => client.InfoNumber("stats", "evicted_keys") > 0, 10_000));
        Thread.Sleep(200);

        Assert.InRange(client.InfoNumber("stats", "evicted_keys"), 5, 220);
        // Other loops may still evict between the two readings.
        Assert.True(SpinWait.SpinUntil(
            () => client.Call("DBSIZE").TryInteger(out long keys) && keys == Keys - client.InfoNumber("stats", "evicted_keys"), 10_000));
    }

    [Fact]
    public void Keys_do_not_make_room_for_what_a_snapshot_keeps_of_them()
    {
        using var server = new RunningServer("--io-threads", "1", "--enable-debug-command", "yes", "--maxmemory-policy", "allkeys-random", "--maxmemory-eviction-tenacity", "100",
            "--dbfilename", $"eviction-{Guid.NewGuid():N}.rdb");
        RespConnection client = server.Connect();
        client.Call("DEBUG POPULATE 20000 key 500");
        client.Call("CONFIG SET rdb-key-save-delay 100000");
        Assert.Equal("+Background saving started", client.Call("BGSAVE").ToString());

        client.Call($"CONFIG SET maxmemory {client.InfoNumber("memory", "used_memory") - 1_000_000}");
        Assert.True(SpinWait.SpinUntil(() => client.InfoNumber("stats", "evicted_keys") > 0, 10_000));
        Thread.Sleep(200);

        Assert.InRange(client.InfoNumber("stats", "evicted_keys"), 1000, 4000);
        client.Call("BGSAVE CANCEL");
    }
}
