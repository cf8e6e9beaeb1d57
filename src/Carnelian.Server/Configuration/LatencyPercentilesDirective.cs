// The directive latency-tracking-info-percentiles: the percentiles that INFO latencystats shows.

using System.Globalization;

namespace Carnelian.Server.Configuration;

internal sealed class LatencyPercentilesDirective() : Directive("latency-tracking-info-percentiles", DirectiveFlags.MultiArgument)
{
    public override string Get(ServerConfiguration configuration) =>
        string.Join(' ', configuration.LatencyTrackingInfoPercentiles.Select(static p => p.ToString("0.######", CultureInfo.InvariantCulture)));

    public override void Rewrite(ConfigurationRewrite rewrite, ServerConfiguration configuration, ServerConfiguration defaults) =>
        rewrite.Write(Name, configuration.LatencyTrackingInfoPercentiles.Length == 0 ? "\"\"" : Get(configuration), always: true);

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        if (arguments is [""]) arguments = [];
        var percentiles = new double[arguments.Length];
        for (int i = 0; i < percentiles.Length; i++)
        {
            const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
            string argument = arguments[i];
            bool infinite = argument.TrimStart('+', '-').ToLowerInvariant() is "inf" or "infinity";
            if (!infinite && (!double.TryParse(argument, Styles, CultureInfo.InvariantCulture, out percentiles[i]) || !double.IsFinite(percentiles[i])))
                return "Invalid latency-tracking-info-percentiles parameters";
            if (infinite || percentiles[i] is < 0 or > 100)
                return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
        }
        configuration.LatencyTrackingInfoPercentiles = percentiles;
        return null;
    }
}
