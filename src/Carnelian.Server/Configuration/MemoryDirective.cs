// A number of bytes, which may have a unit.

using System.Globalization;

namespace Carnelian.Server.Configuration;

/// <summary>A number of bytes, written with a unit where that is exact.</summary>
internal class MemoryDirective(string name, FieldOf<long> field, long min, long max, DirectiveFlags flags) : LongDirective(name, field, min, max, flags)
{
    protected override string? Parse(string text, out long value)
    {
        // A negative size has no unit and is only of use where the bounds allow it.
        if (text.StartsWith('-') && Min < 0 && ConfigurationText.TryParseInteger(text, out value)) return null;
        return ConfigurationText.TryParseMemory(text, out value) ? null : "argument must be a memory value";
    }

    protected override string WrittenValue(ServerConfiguration configuration) => FormatBytes(Load(configuration));

    /// <summary>The shortest exact form of a number of bytes: in gb, mb, kb or plain.</summary>
    public static string FormatBytes(long bytes) =>
        bytes <= 0 || bytes % 1024 != 0 ? bytes.ToString(CultureInfo.InvariantCulture)
        : bytes % (1024 * 1024 * 1024) == 0 ? FormattableString.Invariant($"{bytes / (1024 * 1024 * 1024)}gb")
        : bytes % (1024 * 1024) == 0 ? FormattableString.Invariant($"{bytes / (1024 * 1024)}mb")
        : FormattableString.Invariant($"{bytes / 1024}kb");
}
