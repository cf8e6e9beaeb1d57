using System.Globalization;
using Carnelian.Testing;

namespace Carnelian.Linearizability;

/// <summary>
/// The entry point. "--self-test" runs the workloads against stores with planted faults, which have to be found, and
/// against one without, in which nothing may be found.
/// </summary>
internal static class Program
{
    private const string Usage = """
        Checks that concurrent commands behave as if they had run one after the other.

          --server COMMAND     the server, or the port of one that runs (default: out/carnelian-server)
          --server-args ARGS   more options for it
          --loops 1,2,4        run once with each --io-threads; "as-is" passes none (default: 1,2,4)
          --clients N          connections, each on a thread (default: 8)
          --rounds N           rounds of each workload (default: 60)
          --seed S             the first round's seed (default: random, printed)
          --self-test yes      no server: prove that planted faults are found
        """;

    private static int Main(string[] arguments)
    {
        string server = "out/carnelian-server", serverArguments = "", loops = "1,2,4";
        int clients = 8, rounds = 60, seed = Random.Shared.Next(1, 1_000_000);
        bool selfTest = false;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--server": server = value; break;
                case "--server-args": serverArguments = value; break;
                case "--loops": loops = value; break;
                case "--clients": clients = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--rounds": rounds = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--seed": seed = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--self-test": selfTest = value == "yes"; break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        Console.WriteLine($"linearizability with --seed {seed}");
        (int passed, int failed) = selfTest ? SelfTest(clients, rounds, seed) : TestServer(server, serverArguments, loops.Split(','), clients, rounds, seed);
        Console.WriteLine($"{passed} passed, {failed} failed, 0 skipped");
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    private static (int Passed, int Failed) TestServer(string command, string arguments, string[] loops, int clients, int rounds, int seed)
    {
        int passed = 0, failed = 0;
        void Count(bool good, string what)
        {
            Console.WriteLine($"  {(good ? "ok" : "FAILED")} {what}");
            passed += good ? 1 : 0;
            failed += good ? 0 : 1;
        }

        foreach (string loop in loops)
        {
            bool running = int.TryParse(command, out int port);
            string options = loop == "as-is" ? arguments : $"{arguments} --io-threads {loop}";
            using ServerProcess? server = running ? null : ServerProcess.Start(command, options);
            var store = new ServerStore(server?.Port ?? port);
            foreach ((string name, Func<IStore, int, int, string?> workload) in Workloads.All)
            {
                string? finding = Repeat(store, workload, clients, rounds, seed);
                Count(finding is null, $"{name}, io-threads {loop}{(finding is null ? "" : $": {finding}")}");
                if (server is { HasExited: true })
                    Count(false, $"the server has ended:\n{server.LastOutput}");
            }

            if (server is { HasExited: false })
                TestCaches(server.Port, loop, rounds, seed, Count);
            if (server is { HasExited: false })
            {
                bool good = server.Terminate() == 0;
                Count(good, $"the server with io-threads {loop} ends well{(good ? "" : $":\n{server.LastOutput}")}");
            }
        }

        return (passed, failed);
    }

    private static void TestCaches(int port, string loop, int rounds, int seed, Action<bool, string> count)
    {
        try
        {
            (string? finding, long operations) = Caches.Run(port, rounds, seed, isDeaf: false);
            count(finding is null, $"caches, io-threads {loop}, {operations} reads and writes{(finding is null ? "" : $": {finding}")}");
            (finding, _) = Caches.Run(port, 10, seed, isDeaf: true);
            count(finding is not null, $"a cache that does not listen is found, io-threads {loop}");
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            count(false, $"caches, io-threads {loop}: {e.Message}");
        }
    }

    private static (int Passed, int Failed) SelfTest(int clients, int rounds, int seed)
    {
        int passed = 0, failed = 0;
        foreach (Fault fault in Enum.GetValues<Fault>())
        {
            var findings = Workloads.All
                .Where(workload => Repeat(new FaultyStore(fault), workload.Value, clients, rounds, seed) is not null)
                .Select(workload => workload.Key).ToArray();
            bool good = fault == Fault.None ? findings.Length == 0 : findings.Length > 0;
            Console.WriteLine($"  {(good ? "ok" : "FAILED")} fault {fault}: found by {(findings.Length == 0 ? "none" : string.Join(", ", findings))}");
            passed += good ? 1 : 0;
            failed += good ? 0 : 1;
        }

        return (passed, failed);
    }

    private static string? Repeat(IStore store, Func<IStore, int, int, string?> workload, int clients, int rounds, int seed)
    {
        for (int round = 0; round < rounds; round++)
        {
            try
            {
                if (workload(store, clients, seed + round) is { } finding)
                    return $"round {round}: {finding}";
            }
            catch (InvalidOperationException e)
            {
                return $"round {round}: {e.Message}";
            }
        }

        return null;
    }
}
