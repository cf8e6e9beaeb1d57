using System.Net.Sockets;
using Carnelian.Testing;

namespace Carnelian.Tests.Hosting;

public sealed class RuntimeChangesTests
{
    [Fact]
    public void The_port_moves_and_connections_stay()
    {
        using var server = new RunningServer();
        RespConnection old = server.Connect();
        int port = ServerProcess.FreePort();
        Assert.Equal("OK", old.Call($"CONFIG SET port {port}").Value);
        using var moved = new RespConnection(port);
        Assert.Equal("PONG", moved.Call("PING").Value);
        Assert.Equal("PONG", old.Call("PING").Value);
        Assert.ThrowsAny<SocketException>(() => new RespConnection(server.Port));
    }

    [Fact]
    public void A_port_in_use_leaves_everything_as_it_was()
    {
        using var server = new RunningServer();
        using var other = new RunningServer();
        RespConnection client = server.Connect();
        RespValue reply = client.CallWith("CONFIG", "SET", "timeout", "77", "port", $"{other.Port}");
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.", reply.Value);
        Assert.Equal("0", client.Call("CONFIG GET timeout").Elements[1].Value);
        Assert.Equal("PONG", server.Connect().Call("PING").Value);
    }

    [Fact]
    public void An_address_that_the_machine_has_not_is_refused()
    {
        using var server = new RunningServer();
        RespConnection client = server.Connect();
        RespValue reply = client.CallWith("CONFIG", "SET", "bind", "127.0.0.1 192.0.2.1");
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.", reply.Value);
        Assert.Equal("OK", client.CallWith("CONFIG", "SET", "bind", "127.0.0.1 -192.0.2.1").Value);
        Assert.Equal("PONG", server.Connect().Call("PING").Value);
    }

    [Fact]
    public void Loops_come_and_go_under_clients()
    {
        using var server = new RunningServer("--io-threads", "1");
        RespConnection[] clients = [.. Enumerable.Range(0, 12).Select(_ => server.Connect())];
        foreach (int loops in (int[])[4, 2, 1, 3, 1])
        {
            Assert.Equal("OK", clients[loops].Call($"CONFIG SET io-threads {loops}").Value);
            foreach (RespConnection client in clients.Append(server.Connect()))
                Assert.Equal("PONG", client.Call("PING").Value);
        }
    }

    [Fact]
    public void A_shutdown_that_has_to_save_what_the_format_cannot_hold_fails()
    {
        using var server = new RunningServer("--rdb-format", "redis-7.2");
        RespConnection client = server.Connect();
        client.Call("HSET h f 1");
        client.Call("HEXPIRE h 100 FIELDS 1 f");
        Assert.Equal("ERR key \"h\" of database 0: the hash has fields that expire, which the format redis-7.2 cannot hold", client.Call("SAVE").Value);
        Assert.Equal("ERR the hash has fields that expire, which the format redis-7.2 cannot hold", client.Call("DUMP h").Value);
        Assert.Equal("ERR Errors trying to SHUTDOWN. Check logs.", client.Call("SHUTDOWN SAVE").Value);
        Assert.Equal("ERR No shutdown in progress.", client.Call("SHUTDOWN ABORT").Value);
        Assert.Equal("ERR syntax error", client.Call("SHUTDOWN SAVE NOSAVE").Value);
    }

    [Fact]
    public void After_a_shutdown_no_command_runs()
    {
        using var server = new RunningServer("--io-threads", "2");
        RespConnection other = server.Connect(), client = server.Connect();
        client.Queue(CommandText.Split("SHUTDOWN NOSAVE"));
        client.Flush();
        Assert.Empty(client.ReadAll(quietMilliseconds: 2000));
        Assert.ThrowsAny<IOException>(() => other.Call("SET k v"));
    }

    [Fact]
    public void A_wait_for_replicas_ends_with_its_time_and_the_pipeline_goes_on()
    {
        using var server = new RunningServer();
        RespConnection client = server.Connect();
        foreach (string command in (string[])["WAIT 1 30", "WAITAOF 0 1 30", "PING"])
            client.Queue(CommandText.Split(command));
        client.Flush();
        Assert.Equal("0", RespValue.Parse(client.ReadFrame()).Value);
        Assert.Equal(2, RespValue.Parse(client.ReadFrame()).Elements.Count);
        Assert.Equal("PONG", RespValue.Parse(client.ReadFrame()).Value);
    }
}
