// The directive oom-score-adj-values: scores of a primary, a replica and a background process.

using System.Globalization;

namespace Carnelian.Server.Configuration;

internal sealed class OomScoreAdjValuesDirective() : Directive("oom-score-adj-values", DirectiveFlags.MultiArgument)
{
    private const int Count = 3;

    public override string Get(ServerConfiguration configuration) => string.Join(' ', configuration.OomScoreAdjValues);

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        if (arguments.Length != Count) return "wrong number of arguments";
        var values = new int[Count];
        for (int i = 0; i < Count; i++)
        {
            if (!int.TryParse(arguments[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out values[i])
                || values[i] is < -2000 or > 2000)
                return "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
        }
        configuration.OomScoreAdjValues = values;
        return null;
    }
}
