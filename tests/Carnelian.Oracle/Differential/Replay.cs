using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>What all kinds of replay share.</summary>
internal static class Replay
{
    /// <summary>The directives that steps set, which have to be set back before the next round.</summary>
    public static IEnumerable<string> DirectivesIn(IReadOnlyList<Step> steps) =>
        steps.Where(step => step.Arguments.Length > 2 && Is(step.Arguments[0], "CONFIG") && Is(step.Arguments[1], "SET"))
            .SelectMany(step => step.Arguments.Skip(2).Select(Encoding.Latin1.GetString)).Distinct();

    /// <summary>A reply for a report.</summary>
    public static string Text(ReadOnlySpan<byte> reply) => reply.IsEmpty ? "(connection closed)" : CommandText.Escape(reply);

    private static bool Is(byte[] argument, string word) => Encoding.Latin1.GetString(argument).Equals(word, StringComparison.OrdinalIgnoreCase);
}
