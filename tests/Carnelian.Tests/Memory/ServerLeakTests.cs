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

    private static ServerProcess Start() => ServerProcess.Start(
        $"dotnet {Path.Combine(AppContext.BaseDirectory, "carnelian-server.dll")}",
        "--io-threads 2 --enable-debug-command yes",
        new Dictionary<string, string> { ["CARNELIAN_DEBUG_HEAP"] = "1" });
}
