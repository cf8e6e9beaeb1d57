// A directive that is one of several names.

using System.Runtime.CompilerServices;

namespace Carnelian.Server.Configuration;

/// <summary>One of several names; the name at position n stands for the member of <typeparamref name="TEnum"/> of value n.</summary>
internal sealed class EnumDirective<TEnum>(string name, FieldOf<TEnum> field, string[] names, DirectiveFlags flags) : Directive(name, flags)
    where TEnum : unmanaged, Enum
{
    public override string Get(ServerConfiguration configuration) => names[Unsafe.BitCast<TEnum, int>(field(configuration))];

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        for (int i = 0; i < names.Length; i++)
        {
            if (!names[i].Equals(arguments[0], StringComparison.OrdinalIgnoreCase)) continue;
            field(configuration) = Unsafe.BitCast<int, TEnum>(i);
            return null;
        }
        return $"argument(s) must be one of the following: {string.Join(", ", names)}";
    }
}
