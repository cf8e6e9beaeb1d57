using Carnelian.Testing;

namespace Carnelian.Tests.Memory;

/// <summary>A server on the debug heap accounts for every block when it ends.</summary>
public sealed class ServerLeakTests
{
    private const int LeakExitCode = 3;

    [Fact]
    public void A_leak_is_reported_when_the_server_ends_and_is_its_exit_code()
    {
        using ServerProcess server = Start();
        using (var client = new RespConnection(server.Port))
            Assert.Equal("OK", client.CallWith("DEBUG", "LEAK", new string('x', 12_345)).Value);

        Assert.Equal(LeakExitCode, server.Terminate());

        Assert.Contains("Debug heap: leak of 1 blocks", server.LastOutput);
        Assert.Contains("12361 bytes asked", server.LastOutput);
    }

    [Fact]
    public void Nothing_is_left_when_the_server_ends_in_the_middle_of_its_work()
    {
        using ServerProcess server = Start();
        using var writer = new RespConnection(server.Port);
        for (int i = 0; i < 5_000; i++)
            writer.Queue(CommandText.Split($"SET key:{i} value EX {1000 + i}"));
        writer.Queue(CommandText.Split("SETRANGE long 1000000 x"));
        writer.Queue(CommandText.Split("APPEND long y"));
        writer.Flush();
        for (int i = 0; i < 5_002; i++)
            Assert.False(RespValue.Parse(writer.ReadFrame()).IsError);
        using var transaction = new RespConnection(server.Port);
        Assert.Equal("OK", transaction.Call("WATCH key:1 key:2").Value);
        Assert.Equal("OK", transaction.Call("MULTI").Value);
        Assert.Equal("QUEUED", transaction.Call("GET long").Value);
        using var subscriber = new RespConnection(server.Port);
        subscriber.Call("SUBSCRIBE a b");
        subscriber.Call("PSUBSCRIBE a*");
        using var slow = new RespConnection(server.Port);
        for (int i = 0; i < 20; i++)
            slow.Queue(CommandText.Split("GET long"));
        slow.QueueRaw("*2\r\n$3\r\nGET\r\n$100000\r\nnot all of it"u8);
        slow.Flush();
        writer.Call("FLUSHDB ASYNC");

        Assert.True(server.Terminate() == 0, server.LastOutput);
    }

    [Fact]
    public void Loops_that_end_leave_nothing()
    {
        using ServerProcess server = Start();
        RespConnection[] clients = [.. Enumerable.Range(0, 12).Select(_ => new RespConnection(server.Port))];
        foreach (int loops in (int[])[4, 1, 3, 2, 1, 4, 1])
        {
            Assert.Equal("OK", clients[loops].Call($"CONFIG SET io-threads {loops}").Value);
            for (int i = 0; i < clients.Length; i++)
            {
                Assert.Equal("OK", clients[i].CallWith("SET", $"key:{i}", new string('x', 1000 * i)).Value);
                Assert.Equal(1000 * i, clients[i].Call($"GET key:{i}").Value.Length);
            }
        }
        // One has sent half of a command, one does not read its replies: what they own moves with them.
        clients[0].QueueRaw("*2\r\n$3\r\nGET\r\n$100000\r\nnot all of it"u8);
        clients[1].Call("SETRANGE long 1000000 x");
        for (int i = 0; i < 20; i++)
            clients[1].Queue(CommandText.Split("GET long"));
        clients[2].QueueRaw("*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1500000\r\n"u8);
        clients[2].QueueRaw(new byte[1_500_000]);
        clients[2].QueueRaw("\r\n$1\r\nb\r\n$2000000\r\nnot all of it"u8);
        Assert.Equal("OK", clients[3].Call("MULTI").Value);
        Assert.Equal("QUEUED", clients[3].CallWith("SET", "queued", new string('x', 3_000_000)).Value);
        foreach (RespConnection client in clients)
            client.Flush();
        foreach (int loops in (int[])[4, 1, 4])
            Assert.Equal("OK", clients[^1].Call($"CONFIG SET io-threads {loops}").Value);

        Assert.True(server.Terminate() == 0, server.LastOutput);
        foreach (RespConnection client in clients)
            client.Dispose();
    }

    private static ServerProcess Start() => ServerProcess.Start(
        $"dotnet {Path.Combine(AppContext.BaseDirectory, "carnelian-server.dll")}",
        "--io-threads 2 --enable-debug-command yes",
        new Dictionary<string, string> { ["CARNELIAN_DEBUG_HEAP"] = "1" });
}
