// The directive save: pairs of seconds and changes. In the file and on the command line the first one replaces the default
// save points and each further one adds to them; CONFIG SET replaces them all; an empty argument removes them.

using System.Globalization;

namespace Carnelian.Server.Configuration;

internal sealed class SaveDirective() : Directive("save", DirectiveFlags.MultiArgument)
{
    public override string Get(ServerConfiguration configuration) =>
        string.Join(' ', configuration.SavePoints.Select(static p => FormattableString.Invariant($"{p.Seconds} {p.Changes}")));

    public override void Rewrite(ConfigurationRewrite rewrite, ServerConfiguration configuration, ServerConfiguration defaults) =>
        rewrite.Write(Name, configuration.SavePoints.Length == 0 ? "\"\"" : Get(configuration), always: true);

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        if (arguments is [""]) arguments = [];
        if (arguments.Length % 2 != 0) return "Invalid save parameters";
        var points = new SavePoint[arguments.Length / 2];
        for (int i = 0; i < points.Length; i++)
        {
            if (!long.TryParse(arguments[2 * i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) || seconds < 1
                || !int.TryParse(arguments[2 * i + 1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int changes) || changes < 0)
                return "Invalid save parameters";
            points[i] = new SavePoint(seconds, changes);
        }
        bool adds = loading && configuration.SavePointsLoaded && points.Length > 0;
        configuration.SavePoints = adds ? [.. configuration.SavePoints, .. points] : points;
        configuration.SavePointsLoaded |= loading;
        return null;
    }
}
