using System.Globalization;
using Carnelian.Testing;

namespace Carnelian.Tests.Waiting;

/// <summary>As many clients as there may be wait for one key. The server is a process of its own, since each client takes a descriptor on both sides.</summary>
public sealed class ManyWaitersTests
{
    private const int Clients = 10_000;
    private const int Patience = 60_000;

    // The first ones come one after the other, the rest in bursts, inside of which the order is open.
    private const int Single = 100;
    private const int Burst = 100;

    [Fact]
    public void Ten_thousand_wait_without_threads_of_their_own_and_wake_in_order()
    {
        using ServerProcess server = ServerProcess.Start(
            $"dotnet {Path.Combine(AppContext.BaseDirectory, "carnelian-server.dll")}", $"--io-threads 2 --maxclients {Clients + 100}");
        using var admin = new RespConnection(server.Port);
        int threads = ThreadsOf(admin);
        var waiting = new RespConnection[Clients];
        for (int i = 0; i < Clients; i++)
        {
            waiting[i] = new RespConnection(server.Port);
            waiting[i].Queue(CommandText.Split(i % 2 == 0 ? "BLPOP q 0" : "BLPOP q 1000"));
            waiting[i].Flush();
            int count = i + 1;
            if (i < Single || count % Burst == 0)
                Assert.True(SpinWait.SpinUntil(() => admin.InfoNumber("clients", "blocked_clients") == count, Patience));
        }
        Assert.Equal(1, admin.InfoNumber("clients", "total_blocking_keys"));
        Assert.Equal(Clients / 2, admin.InfoNumber("clients", "clients_in_timeout_table"));
        Assert.InRange(ThreadsOf(admin), 1, threads + 20);

        for (int i = 0; i < Clients; i += Clients / 4)
            Assert.Equal($"{Clients / 4}", admin.Call("RPUSH q " + string.Join(' ', Enumerable.Range(i, Clients / 4))).Value);

        int[] order = [.. waiting.Select(static client => int.Parse(RespValue.Parse(client.ReadFrame()).Elements[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(Enumerable.Range(0, Single), order.Take(Single));
        for (int i = Single; i < Clients; i++)
            Assert.Equal(i / Burst, order[i] / Burst);
        Assert.Equal(Clients, order.Distinct().Count());
        Assert.Equal(0, admin.InfoNumber("clients", "total_blocking_keys"));
        foreach (RespConnection client in waiting)
            client.Dispose();
    }

    private static int ThreadsOf(RespConnection admin) => Directory.GetDirectories($"/proc/{admin.InfoNumber("server", "process_id")}/task").Length;
}
