// Addresses to listen on.

namespace Carnelian.Server.Configuration;

/// <summary>A list of addresses. At its default CONFIG REWRITE leaves it out, since the default depends on the machine.</summary>
internal sealed class BindDirective(string name, FieldOf<string[]> field) : Directive(name, DirectiveFlags.MultiArgument)
{
    private const int MaxAddresses = 16;

    public override string Get(ServerConfiguration configuration) => string.Join(' ', field(configuration));

    public override void Rewrite(ConfigurationRewrite rewrite, ServerConfiguration configuration, ServerConfiguration defaults)
    {
        if (Get(configuration) == Get(defaults)) rewrite.Remove(Name);
        else rewrite.Write(Name, field(configuration).Length == 0 ? "\"\"" : Get(configuration), always: true);
    }

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        if (arguments.Length > MaxAddresses) return "Too many bind addresses specified.";
        field(configuration) = arguments is [""] ? [] : arguments.ToArray();
        return null;
    }
}
