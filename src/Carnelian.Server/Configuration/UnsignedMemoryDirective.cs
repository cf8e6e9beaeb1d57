using System.Globalization;

namespace Carnelian.Server.Configuration;

/// <summary>A size of any 64 bits. It is kept as it is shown; what uses it takes a size beyond the signed range as no limit at all.</summary>
internal sealed class UnsignedMemoryDirective(string name, FieldOf<long> field) : MemoryDirective(name, field, long.MinValue, long.MaxValue, DirectiveFlags.None)
{
    protected override string Format(long value) => ((ulong)value).ToString(CultureInfo.InvariantCulture);

    protected override string WrittenValue(ServerConfiguration configuration) =>
        Load(configuration) < 0 ? Get(configuration) : base.WrittenValue(configuration);

    protected override string? Parse(string text, out long value)
    {
        bool valid = ConfigurationText.TryParseMemory(text, out ulong bytes);
        value = (long)bytes;
        return valid ? null : "argument must be a memory value";
    }
}
