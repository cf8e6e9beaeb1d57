using System.Text;
using Carnelian.Threading;

namespace Carnelian.Server.Diagnostics;

/// <summary>Draws the samples of a latency event with letters: four rows of three steps, under each column how long ago it was.</summary>
internal static class LatencyGraph
{
    private const int Rows = 4;
    private const int MostColumns = 80;
    private const string Steps = "_o#";

    /// <summary>Draws.</summary>
    public static string Draw(LatencyEvent latency)
    {
        LatencySample[] samples = latency.Samples;
        long high = samples.Max(static sample => sample.Milliseconds);
        long low = samples.Min(static sample => sample.Milliseconds);
        var text = new StringBuilder();
        text.Append($"{latency.Name} - high {high} ms, low {low} ms (all time high {latency.Max} ms)\n");
        text.Append('-', MostColumns).Append('\n');
        long now = Clock.Sample() / 1000;
        foreach (LatencySample[] columns in samples.Chunk(MostColumns))
            Draw(text, columns, low, high, now);
        return text.ToString();
    }

    private static void Draw(StringBuilder text, LatencySample[] columns, long low, long high, long now)
    {
        for (int row = Rows - 1; row >= 0; row--)
        {
            foreach (LatencySample column in columns)
            {
                int level = LevelOf(column.Milliseconds, low, high) - row * Steps.Length;
                text.Append(level < 0 ? ' ' : level < Steps.Length ? Steps[level] : '|');
            }
            text.Append('\n');
        }
        text.Append(' ', columns.Length).Append('\n');
        string[] ages = Array.ConvertAll(columns, column => Age(now - column.Time));
        for (int i = 0; i < ages.Max(static age => age.Length); i++)
        {
            foreach (string age in ages)
                text.Append(i < age.Length ? age[i] : ' ');
            text.Append('\n');
        }
    }

    private static int LevelOf(long value, long low, long high)
    {
        const int levels = Rows * 3;
        return high == low ? 0 : (int)Math.Min((value - low) * levels / (high - low), levels - 1);
    }

    private static string Age(long seconds) => seconds switch
    {
        < 60 => $"{seconds}s",
        < 3600 => $"{seconds / 60}m",
        < 86400 => $"{seconds / 3600}h",
        _ => $"{seconds / 86400}d",
    };
}
