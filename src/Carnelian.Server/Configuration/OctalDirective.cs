// A number in octal digits.

namespace Carnelian.Server.Configuration;

/// <summary>Permission bits, written in octal digits.</summary>
internal sealed class OctalDirective(string name, FieldOf<int> field, int min, int max, DirectiveFlags flags) : IntDirective(name, field, min, max, flags)
{
    protected override string Format(long value) => Convert.ToString(value, 8);

    protected override string? Parse(string text, out long value)
    {
        value = 0;
        foreach (char c in text)
        {
            if (c is < '0' or > '7' || value > int.MaxValue) return "argument couldn't be parsed as an octal number";
            value = value * 8 + (c - '0');
        }
        return null;
    }
}
