using Carnelian.Testing;

namespace Carnelian.Tests.Hosting;

/// <summary>Threads beside the loops keep to the cores of their directives, as the kernel tells it.</summary>
public sealed class ThreadCoresTests
{
    [Fact]
    public void Threads_keep_to_their_cores()
    {
        if (!OperatingSystem.IsLinux())
            return;
        string file = $"background-thread-{Guid.NewGuid():N}.rdb";
        using var server = new RunningServer("--enable-debug-command", "yes", "--bio-cpulist", "0", "--bgsave-cpulist", "0", "--dbfilename", file);
        RespConnection client = server.Connect();
        client.Call("DEBUG POPULATE 1000");
        client.Call("CONFIG SET rdb-key-save-delay 100000");
        Assert.Equal("+Background saving started", client.Call("BGSAVE").ToString());
        Assert.True(Exists("bgsave", static task => Cores(task) == "0"));
        Assert.True(Exists("bio_lazy_free", static task => Cores(task) == "0"));
        client.Call("BGSAVE CANCEL");
    }

    private static bool Exists(string name, Func<string, bool> condition)
    {
        for (int i = 0; i < 200; i++)
        {
            foreach (string task in Directory.GetDirectories("/proc/self/task"))
            {
                try
                {
                    if (File.ReadAllText($"{task}/comm").Trim() == name && condition(task))
                        return true;
                }
                catch (IOException)
                {
                    // It has just ended.
                }
            }
            Thread.Sleep(50);
        }
        return false;
    }

    private static string Cores(string task) => File.ReadLines($"{task}/status").First(static line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1];
}
