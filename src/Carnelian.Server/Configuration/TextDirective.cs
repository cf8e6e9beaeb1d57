// A directive that is any text, perhaps with a check of its own.

namespace Carnelian.Server.Configuration;

/// <summary>A text. An optional one that is empty counts as unset: CONFIG REWRITE removes its line.</summary>
internal sealed class TextDirective(string name, FieldOf<string> field, bool optional, DirectiveFlags flags) : Directive(name, flags)
{
    private Func<ServerConfiguration, string, string?>? _check;

    /// <summary>Adds a check that gives the error of a value, or null.</summary>
    public TextDirective Validate(Func<ServerConfiguration, string, string?> check)
    {
        _check = check;
        return this;
    }

    public override string Get(ServerConfiguration configuration) => field(configuration);

    public override void Rewrite(ConfigurationRewrite rewrite, ServerConfiguration configuration, ServerConfiguration defaults)
    {
        if (optional && field(configuration).Length == 0) rewrite.Remove(Name);
        else base.Rewrite(rewrite, configuration, defaults);
    }

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        string value = arguments[0];
        if (_check?.Invoke(configuration, value) is { } error) return error;
        field(configuration) = value;
        return null;
    }

    protected override string WrittenValue(ServerConfiguration configuration) => ConfigurationText.Quote(field(configuration));
}
