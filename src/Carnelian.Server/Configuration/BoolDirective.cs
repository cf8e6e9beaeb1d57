// A directive that is yes or no.

namespace Carnelian.Server.Configuration;

internal sealed class BoolDirective(string name, FieldOf<bool> field, DirectiveFlags flags) : Directive(name, flags)
{
    public override string Get(ServerConfiguration configuration) => field(configuration) ? "yes" : "no";

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        bool yes = arguments[0].Equals("yes", StringComparison.OrdinalIgnoreCase);
        if (!yes && !arguments[0].Equals("no", StringComparison.OrdinalIgnoreCase)) return "argument must be 'yes' or 'no'";
        field(configuration) = yes;
        return null;
    }
}
