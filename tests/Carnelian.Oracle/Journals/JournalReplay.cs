using Carnelian.Oracle.Differential;

namespace Carnelian.Oracle.Journals;

/// <summary>Runs a round as another replay does, and then compares what both servers have written to their journals.</summary>
internal sealed class JournalReplay(IReplay inner, JournalTap tap) : IReplay
{
    private const int Before = 3;
    private const int After = 4;

    public long Compared => inner.Compared;

    public Difference? Run(IReadOnlyList<Step> steps)
    {
        tap.Take();
        Difference? difference = inner.Run(steps);
        (List<JournalEntry> expected, List<JournalEntry> actual) = tap.Take();
        return difference ?? Compare(expected, actual, steps.Count);
    }

    private static Difference? Compare(List<JournalEntry> expected, List<JournalEntry> actual, int index)
    {
        for (int i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            while (i < actual.Count && actual[i].IsOurs && !(i < expected.Count && expected[i].Agrees(actual[i])))
                actual.RemoveAt(i);
            if (i < Math.Min(expected.Count, actual.Count) ? expected[i].Agrees(actual[i]) : expected.Count == actual.Count)
                continue;
            int chosen = i < expected.Count ? ChosenPlaces(expected[i], actual, i) : 0;
            if (chosen != 0)
            {
                actual.RemoveRange(i + 1, chosen - 1);
                continue;
            }
            // The name by which a shortened round is known for the same difference.
            string name = $"journal: {NameAt(expected, i)} / {NameAt(actual, i)}";
            return new Difference(index, name, $"entry {i} of the journal", Around(expected, i), Around(actual, i));
        }

        return null;
    }

    /// <summary>How many entries stand for a search that has chosen among places at the same distance; 0 if it is none.</summary>
    private static int ChosenPlaces(JournalEntry search, List<JournalEntry> actual, int index)
    {
        if (!search.Words[0].StartsWith("GEO", StringComparison.OrdinalIgnoreCase))
            return 0;
        bool isAlone = index < actual.Count && actual[index].Words is ["MULTI"];
        int first = index + (isAlone ? 1 : 0);
        return first + 1 < actual.Count && actual[first].Words is ["DEL", var key] && search.Words.Contains(key)
            && actual[first + 1].Words is ["ZADD", var stored, ..] && stored == key ? isAlone ? 4 : 2 : 0;
    }

    private static string NameAt(List<JournalEntry> entries, int index) => index < entries.Count ? entries[index].Words[0].ToUpperInvariant() : "(end)";

    private static string Around(List<JournalEntry> entries, int index)
    {
        int first = Math.Max(0, index - Before);
        return string.Join("\n             ", entries.Skip(first).Take(index - first + After).Select((entry, i) => $"{(first + i == index ? "=>" : "  ")} {entry}"));
    }
}
