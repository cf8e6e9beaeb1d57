using System.Diagnostics;

namespace Carnelian.Oracle.Differential;

/// <summary>Shortens a failing sequence of steps by leaving out ever smaller parts of it (delta debugging).</summary>
internal static class Minimizer
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <returns>A short sequence that still fails, and how; null if the sequence does not fail again.</returns>
    public static (List<Step> Steps, Difference Difference)? Minimize(IReplay replay, IReadOnlyList<Step> steps, Difference found)
    {
        var clock = Stopwatch.StartNew();
        List<Step> current = [.. steps.Take(found.Index + 1)];
        if (replay.Run(current) is not { } difference)
            return null;
        for (int part = current.Count / 2; part > 0 && clock.Elapsed < Limit;)
        {
            bool shortened = false;
            for (int start = 0; start < current.Count && clock.Elapsed < Limit;)
            {
                List<Step> candidate = [.. current[..start], .. current.Skip(start + part)];
                if (candidate.Count > 0 && replay.Run(candidate) is { } still && still.Command == difference.Command)
                {
                    current = [.. candidate.Take(still.Index + 1)];
                    difference = still;
                    shortened = true;
                }
                else
                {
                    start += part;
                }
            }

            if (part == 1 && !shortened)
                break;
            part = Math.Max(1, Math.Min(part / 2, current.Count / 2));
        }

        return (current, difference);
    }
}
