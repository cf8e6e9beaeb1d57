namespace Carnelian.Persistence.Aof;

/// <summary>A manifest cannot be understood. The message is the one that Valkey logs.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="lineNumber">The line, from 1; 0 if it is none in particular.</param>
/// <param name="line">The text of the line.</param>
public sealed class AofManifestException(string message, int lineNumber = 0, string line = "") : Exception(message)
{
    /// <summary>The line, from 1; 0 if it is none in particular.</summary>
    public int LineNumber { get; } = lineNumber;

    /// <summary>The lines of the log, a message each.</summary>
    public IReadOnlyList<string> LogLines => LineNumber == 0
        ? ["\n*** FATAL AOF MANIFEST FILE ERROR ***\n", Message + "\n"]
        : ["\n*** FATAL AOF MANIFEST FILE ERROR ***\n", $"Reading the manifest file, at line {LineNumber}\n", $">>> '{line}'\n", Message + "\n"];
}
