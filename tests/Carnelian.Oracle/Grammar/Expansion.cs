namespace Carnelian.Oracle.Grammar;

/// <summary>One command while a template writes it: the arguments so far and where random choices come from.</summary>
internal sealed class Expansion(Random random, Vocabulary vocabulary)
{
    public Random Random { get; } = random;

    public Vocabulary Vocabulary { get; } = vocabulary;

    public List<byte[]> Arguments { get; } = [];

    /// <summary>The argument that waits for the number of the next repetition, or -1.</summary>
    public int PendingCount { get; set; } = -1;
}
