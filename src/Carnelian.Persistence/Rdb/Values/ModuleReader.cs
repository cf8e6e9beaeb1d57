namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Values of modules: nobody here knows them, but they can be named and skipped.</summary>
public static class ModuleReader
{
    private const int End = 0;
    private const int SignedInteger = 1;
    private const int UnsignedInteger = 2;
    private const int Single = 3;
    private const int Double = 4;
    private const int Text = 5;

    /// <summary>The name of a module's type: nine characters of six bits each, before ten bits of version.</summary>
    public static string NameOf(ulong id) => Name(id >> 10, 9);

    /// <summary>Refuses a value, with the name of its type.</summary>
    /// <returns>False.</returns>
    public static bool Refuse(ref RdbInput input, byte type)
    {
        if (!input.TryReadLength(out ulong id))
            return false;
        return type == RdbType.Module
            ? input.Fail(RdbFailure.Module, "Can't load a value of an old module type")
            : input.Fail(RdbFailure.Module, $"The RDB file contains module data I can't load: no matching module type '{NameOf(id)}'");
    }

    /// <summary>Skips what modules keep beside the key that follows: for each of them a word that names it, and what it has written.</summary>
    /// <param name="input">What follows the opcode.</param>
    /// <param name="isWanted">Whether it is skipped; else it is an error.</param>
    internal static bool TrySkipMetadata(ref RdbInput input, bool isWanted)
    {
        if (!input.TryReadCount(out long modules))
            return false;
        for (; modules > 0; modules--)
        {
            if (!input.TryReadInt32(out int module))
                return false;
            if (!isWanted)
                return input.Fail(RdbFailure.Module, $"The RDB file contains metadata of keys I can't load: no matching module class '{Name((uint)module >> 8, 4)}'");
            if (!TrySkip(ref input))
                return false;
        }
        return true;
    }

    /// <summary>Skips what a module has written, up to its end mark.</summary>
    public static bool TrySkip(ref RdbInput input)
    {
        while (input.TryReadLength(out ulong opcode))
        {
            bool isRead = opcode switch
            {
                End => true,
                SignedInteger or UnsignedInteger => input.TryReadLength(out _),
                Single => input.TrySkip(sizeof(float)),
                Double => input.TrySkip(sizeof(double)),
                Text => input.TrySkipString(),
                _ => input.Corrupt($"Unknown module opcode {opcode}"),
            };
            if (!isRead || opcode == End)
                return isRead;
        }
        return false;
    }

    private static string Name(ulong bits, int length) => string.Create(length, bits, static (name, bits) =>
    {
        const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (int i = name.Length - 1; i >= 0; i--, bits >>= 6)
            name[i] = Characters[(int)(bits & 63)];
    });
}
