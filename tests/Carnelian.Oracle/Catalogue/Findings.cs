namespace Carnelian.Oracle.Catalogue;

/// <summary>Counts what was compared outside of replayed rounds and prints what differs.</summary>
internal sealed class Findings
{
    private const int PrintLimit = 60;

    public int Compared { get; private set; }

    public int Differences { get; private set; }

    public void Check(bool agrees, string what, Func<string> details)
    {
        Compared++;
        if (agrees)
            return;
        Differences++;
        if (Differences <= PrintLimit)
            Console.WriteLine($"  DIFFERS {what}\n    {details()}");
        else if (Differences == PrintLimit + 1)
            Console.WriteLine("  (more are counted, not printed)");
    }

    public static void Note(string what, IEnumerable<string> names)
    {
        string[] list = [.. names];
        if (list.Length > 0)
            Console.WriteLine($"  {list.Length} {what}: {string.Join(' ', list)}");
    }
}
