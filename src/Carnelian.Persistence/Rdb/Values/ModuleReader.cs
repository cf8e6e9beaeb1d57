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
    public static string NameOf(ulong id) => string.Create(9, id, static (name, id) =>
    {
        const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        id >>= 10;
        for (int i = name.Length - 1; i >= 0; i--, id >>= 6)
            name[i] = Characters[(int)(id & 63)];
    });

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
}
