using Carnelian.Oracle.Catalogue;
using Carnelian.Oracle.Channels;
using Carnelian.Oracle.Differential;
using Carnelian.Oracle.Journals;
using Carnelian.Oracle.Replicas;

namespace Carnelian.Oracle;

/// <summary>The entry point: starts both servers, runs a mode, and counts what agreed and what did not.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        OracleOptions options;
        try
        {
            options = OracleOptions.Parse(arguments);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }

        Console.WriteLine($"{options.Mode} with --seed {options.Seed}: {options.Server} {options.ServerArguments}");
        using ServerPair servers = ServerPair.Start(options.Oracle, options.Server, options.ServerArguments);
        (long compared, int failed) = options.Mode switch
        {
            "replay" => Replay(servers, options),
            "journal" or "stream" => CompareJournals(servers, options),
            "replica" => Replicate(servers, options),
            "channels" => CompareChannels(servers, options),
            "self-test" => SelfTest(servers, options),
            "catalogue" or "names" or "raw" => Compare(servers, options),
            _ => throw new ArgumentException($"no mode is called {options.Mode}"),
        };
        if (servers.StopTested() is { } complaint)
        {
            Console.WriteLine(complaint);
            failed++;
        }

        Console.WriteLine($"{compared - Math.Min(failed, compared)} passed, {failed} failed, 0 skipped");
        return failed == 0 && compared > 0 ? 0 : 1;
    }

    private static (long Compared, int Failed) Replay(ServerPair servers, OracleOptions options)
    {
        var run = new ReplayRun(servers, options);
        run.Run();
        return (run.Compared, run.Differences);
    }

    private static (long Compared, int Failed) CompareJournals(ServerPair servers, OracleOptions options)
    {
        using var journals = new JournalTap(servers, isReplica: options.Mode == "stream");
        var run = new ReplayRun(servers, options) { Journals = journals };
        run.Run();
        return (run.Compared, run.Differences);
    }

    private static (long Compared, int Failed) Replicate(ServerPair servers, OracleOptions options)
    {
        var run = new ReplicaRun(servers, options);
        run.Run();
        return (run.Compared, run.Failed);
    }

    private static (long Compared, int Failed) CompareChannels(ServerPair servers, OracleOptions options)
    {
        var run = new ChannelRun(servers, options);
        run.Run();
        return (run.Compared, run.Differences);
    }

    // A comparison that cannot fail proves nothing: one falsified reply has to be found.
    private static (long Compared, int Failed) SelfTest(ServerPair servers, OracleOptions options)
    {
        var run = new ReplayRun(servers, options) { FalsifiedReply = options.Commands / 2 };
        run.Run();
        Console.WriteLine(run.Differences == 1 ? "the falsified reply was found" : $"one reply was falsified, {run.Differences} differences were found");
        var channels = new ChannelRun(servers, options) { FalsifiedStep = 100 };
        channels.Run();
        bool isFound = channels.Differences > 0;
        Console.WriteLine(isFound ? "the falsified message was found" : "one message was falsified, and no difference was found");
        return (2, (run.Differences == 1 ? 0 : 1) + (isFound ? 0 : 1));
    }

    private static (long Compared, int Failed) Compare(ServerPair servers, OracleOptions options)
    {
        var findings = new Findings();
        if (options.Mode == "names")
            new FieldNames(servers, findings).Run();
        foreach (int resp in options.Protocols)
        {
            if (options.Mode == "catalogue")
                new CommandCatalogue(servers, findings, options.Seed).Run(resp);
            else if (options.Mode == "raw")
                new RawInputs(servers, findings, options.Seed).Run(resp);
        }

        return (findings.Compared, findings.Differences);
    }
}
