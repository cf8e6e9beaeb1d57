using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Keys;

/// <summary>The names of types, as TYPE tells them and SCAN takes them.</summary>
internal static class TypeNames
{
    /// <summary>The name of a type.</summary>
    public static ReadOnlySpan<byte> Of(ValueType type) => type switch
    {
        ValueType.String => "string"u8,
        ValueType.List => "list"u8,
        ValueType.Set => "set"u8,
        ValueType.SortedSet => "zset"u8,
        ValueType.Hash => "hash"u8,
        _ => "stream"u8,
    };

    /// <summary>Finds a type by its name in any case.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out ValueType type)
    {
        for (type = ValueType.String; type <= ValueType.Stream; type++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, Of(type)))
                return true;
        }
        return false;
    }
}
