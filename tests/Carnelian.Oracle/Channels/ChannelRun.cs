using System.Diagnostics;
using Carnelian.Oracle.Differential;

namespace Carnelian.Oracle.Channels;

/// <summary>Round after round of random scripts until enough is compared. A round that differs is shortened and printed with what it takes to see it again.</summary>
internal sealed class ChannelRun(ServerPair servers, OracleOptions options)
{
    private const int Connections = 5;
    private const int StepsPerRound = 200;

    public long Compared { get; private set; }

    public int Differences { get; private set; }

    /// <summary>Which comparison to falsify, to prove that differences are found; 0 for none.</summary>
    public long FalsifiedStep { get; init; }

    public void Run()
    {
        var generator = new ChannelSteps(Connections);
        var clock = Stopwatch.StartNew();
        int round = options.FirstRound;
        for (; Compared < options.Commands && round - options.FirstRound < options.Rounds && Differences < (FalsifiedStep == 0 ? options.MaxDifferences : 1); round++)
        {
            List<Step> steps = generator.Generate(unchecked((options.Seed * 1_000_003) + round), Math.Min(StepsPerRound, options.RoundLength));
            var replay = new ChannelReplay(servers, Connections) { FalsifiedStep = FalsifiedStep };
            Difference? difference = replay.Run(steps);
            Compared += replay.Compared;
            if (difference == null)
                continue;
            Differences++;
            Report(replay, steps, difference, round);
            if (servers.TestedHasExited)
            {
                Console.WriteLine($"the tested server has ended:\n{servers.TestedOutput}");
                break;
            }
        }

        Console.WriteLine($"  {Compared} comparisons in {round - options.FirstRound} rounds, {clock.Elapsed.TotalSeconds:F1} s; {Differences} rounds differ");
    }

    private void Report(ChannelReplay replay, List<Step> steps, Difference difference, int round)
    {
        const int Shown = 20;
        Console.WriteLine($"DIFFERENCE at step {difference.Index} of {steps.Count}: --mode channels --seed {options.Seed} --first-round {round} --rounds 1");
        IEnumerable<Step> shown = steps.Take(difference.Index + 1).TakeLast(Shown);
        if (!servers.TestedHasExited)
        {
            if (Minimizer.Minimize(replay, steps, difference) is { } minimal)
                (shown, difference) = minimal;
            else
                Console.WriteLine("  it did not differ when it was run again; the last steps:");
        }

        foreach (Step step in shown)
            Console.WriteLine($"    {step}");
        Console.WriteLine($"  after {difference.What}");
        Console.WriteLine($"    expected {difference.Expected}\n    actual   {difference.Actual}");
    }
}
