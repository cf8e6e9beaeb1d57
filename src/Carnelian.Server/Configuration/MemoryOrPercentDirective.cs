// A number of bytes or a percentage of another directive.

namespace Carnelian.Server.Configuration;

/// <summary>A number of bytes, or a percentage of maxmemory, which is stored as a negative number.</summary>
internal sealed class MemoryOrPercentDirective(string name, FieldOf<long> field) : MemoryDirective(name, field, -100, long.MaxValue, DirectiveFlags.None)
{
    protected override string Format(long value) => value < 0 ? $"{-value}%" : base.Format(value);

    protected override string WrittenValue(ServerConfiguration configuration) =>
        Load(configuration) < 0 ? Get(configuration) : base.WrittenValue(configuration);

    protected override string? Parse(string text, out long value)
    {
        if (text.EndsWith('%') && ConfigurationText.TryParseInteger(text[..^1], out long percent) && percent >= 0)
        {
            value = -percent;
            return percent <= 100 ? null : "percentage argument must be less or equal to 100";
        }
        return ConfigurationText.TryParseMemory(text, out value) ? null : "argument must be a memory or percent value";
    }
}
