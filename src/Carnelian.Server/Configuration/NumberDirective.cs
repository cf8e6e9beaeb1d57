// A directive that is a number; the types of fields and the notations derive from it.

using System.Globalization;

namespace Carnelian.Server.Configuration;

/// <summary>A number within bounds; the types of fields and of notation derive from it.</summary>
internal abstract class NumberDirective(string name, long min, long max, DirectiveFlags flags) : Directive(name, flags)
{
    /// <summary>The least value.</summary>
    protected long Min { get; } = min;

    public override string Get(ServerConfiguration configuration) => Format(Load(configuration));

    protected abstract long Load(ServerConfiguration configuration);

    protected abstract void Store(ServerConfiguration configuration, long value);

    protected virtual string Format(long value) => value.ToString(CultureInfo.InvariantCulture);

    protected virtual string? Parse(string text, out long value) =>
        ConfigurationText.TryParseInteger(text, out value) ? null : "argument couldn't be parsed into an integer";

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        if (Parse(arguments[0], out long value) is { } error) return error;
        if (value < Min || value > max) return $"argument must be between {Format(Min)} and {Format(max)} inclusive";
        Store(configuration, value);
        return null;
    }
}
