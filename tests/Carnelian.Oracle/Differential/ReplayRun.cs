using System.Diagnostics;
using Carnelian.Oracle.Grammar;
using Carnelian.Oracle.Journals;

namespace Carnelian.Oracle.Differential;

/// <summary>
/// Round after round through all families and protocols until enough commands are compared. A round that differs is
/// shortened and printed with what it takes to see it again.
/// </summary>
internal sealed class ReplayRun(ServerPair servers, OracleOptions options)
{
    private const string Fenced = "pubsub";
    private const string Waiting = "blocking";

    private const int PrintedSteps = 60;

    // A round of single steps takes longer than a pipelined one of the same length.
    private const int FencedRoundLength = 250;

    private readonly SortedDictionary<string, int> _differingCommands = new(StringComparer.Ordinal);

    public long Compared { get; private set; }

    public int Differences { get; private set; }

    /// <summary>Which reply to falsify, to prove that differences are found; 0 for none.</summary>
    public long FalsifiedReply { get; init; }

    /// <summary>The servers' journals, which are compared too; null for replies only.</summary>
    public JournalTap? Journals { get; init; }

    public void Run()
    {
        // A server with a replica tells so, in the families that are about the server and its settings.
        IEnumerable<string> all = Journals is null ? Family.AllNames : Family.AllNames.Except(["config", "server"]);
        Family[] families = [.. (options.Families ?? [.. all]).Select(Load)];
        var clock = Stopwatch.StartNew();
        for (int round = options.FirstRound; Compared < options.Commands && round - options.FirstRound < options.Rounds && Differences < options.MaxDifferences; round++)
        {
            Family family = families[round % families.Length];
            int resp = options.Protocols[round / families.Length % options.Protocols.Length];
            if (!family.IsEmpty)
                RunRound(family, resp, round);
            if (servers.TestedHasExited)
            {
                Console.WriteLine($"the tested server has ended:\n{servers.TestedOutput}");
                Differences++;
                break;
            }
        }

        double seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine($"  {Compared} replies compared in {seconds:F1} s, {Compared / seconds:F0} a second; {Differences} rounds differ");
        foreach ((string command, int count) in _differingCommands)
            Console.WriteLine($"  {count} x {command}");
    }

    private Family Load(string name)
    {
        Family family = Family.Load(name);
        // Names that the oracle has not either are there for their errors; "WORD" alone stands for its whole container.
        bool Known(string command) => servers.Common.Contains(command) || servers.Common.Contains(command.Split('|')[0]);
        bool Missing(string command) => servers.OnlyOracle.Concat(servers.OnlyTested).Any(name => name == command || name == command.Split('|')[0]);
        string[] left = [.. family.Commands.Where(command => Missing(command) || (!Known(command) && IsUnfinished(command)))];
        if (left.Length > 0)
            Console.WriteLine($"  {name}: not compared, since only one server has them: {string.Join(' ', left)}");
        return family.Where(command => !left.Contains(command));
    }

    // Commands that neither server has, but that the family is about.
    private static bool IsUnfinished(string command) => command is "DELEX" or "DIGEST" or "INCREX";

    private void RunRound(Family family, int resp, int round)
    {
        bool fenced = family.Name == Fenced, waiting = family.Name == Waiting;
        int seed = unchecked((options.Seed * 1_000_003) + round);
        bool transactions = servers.Common.Contains("MULTI") && family.Name is not ("server" or "connection");
        // A spoilt argument may be a time of some seconds.
        int mutated = waiting ? 0 : options.MutatedPercent;
        var generator = new RoundGenerator(family, waiting ? WaitingReplay.Connections : fenced ? 3 : 2, mutated, transactions && !fenced, servers.Common.Contains,
            name => servers.OnlyOracle.Contains(name) || servers.OnlyTested.Contains(name));
        List<Step> steps = generator.Generate(seed, fenced || waiting ? Math.Min(FencedRoundLength, options.RoundLength) : options.RoundLength);
        IReplay replay = waiting ? new WaitingReplay(servers, resp)
            : fenced ? new FencedReplay(servers, resp)
            : new PipelinedReplay(servers, resp, options.Pipeline) { FalsifiedReply = FalsifiedReply > 0 ? FalsifiedReply - Compared : 0 };
        if (Journals is not null)
            replay = new JournalReplay(replay, Journals);
        Difference? difference = replay.Run(steps);
        Compared += replay.Compared;
        if (difference is null)
            return;
        Differences++;
        _differingCommands[difference.Command] = _differingCommands.GetValueOrDefault(difference.Command) + 1;
        Report(family, resp, round, replay, steps, difference);
    }

    private static (List<Step> Steps, Difference Difference)? Minimize(IReplay replay, List<Step> steps, Difference difference)
    {
        try
        {
            if (Minimizer.Minimize(replay, steps, difference) is { } minimal)
                return minimal;
            Console.WriteLine("  it did not differ when it was run again; the last steps:");
        }
        catch (Exception e) when (e is TimeoutException or IOException or System.Net.Sockets.SocketException)
        {
            Console.WriteLine($"  it could not be run again ({e.Message}); the last steps:");
        }

        return null;
    }

    private void Report(Family family, int resp, int round, IReplay replay, List<Step> steps, Difference difference)
    {
        const int Shown = 15;
        Console.WriteLine($"DIFFERENCE in family {family.Name}, RESP{resp}, step {difference.Index} of {steps.Count}: --seed {options.Seed} --first-round {round} --rounds 1"
            + $" --resp {(options.Protocols.Length > 1 ? "both" : $"{resp}")}{(options.Families is { } names ? $" --families {string.Join(',', names)}" : "")}");
        IEnumerable<Step> shown = steps.Take(difference.Index + 1).TakeLast(Shown);
        if (servers.TestedHasExited)
        {
            Console.WriteLine("  the tested server has ended; the last steps:");
        }
        else if (Minimize(replay, steps, difference) is { } minimal)
        {
            shown = minimal.Steps;
            if (minimal.Steps.Count > PrintedSteps)
                Console.WriteLine($"  the last {PrintedSteps} of {minimal.Steps.Count} steps:");
            difference = minimal.Difference;
        }

        foreach (Step step in shown.TakeLast(PrintedSteps))
            Console.WriteLine($"    {step}");
        Console.WriteLine($"  after {difference.What}");
        Console.WriteLine($"    expected {difference.Expected}\n    actual   {difference.Actual}");
    }
}
