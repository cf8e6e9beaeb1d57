// The ACL categories that follow from a command's flags and group, so that no declaration repeats them.

namespace Carnelian.Commands.Table;

internal static class ImpliedCategories
{
    public static AclCategories Of(CommandFlags flags, AclCategories declared, CommandGroup group, bool hasHandler)
    {
        AclCategories all = declared;
        if (declared == AclCategories.None && hasHandler)
            all = OfGroup(group);
        if ((flags & CommandFlags.Write) != 0)
            all |= AclCategories.Write;
        if ((flags & CommandFlags.ReadOnly) != 0 && (all & AclCategories.Scripting) == 0)
            all |= AclCategories.Read;
        if ((flags & CommandFlags.Admin) != 0)
            all |= AclCategories.Admin | AclCategories.Dangerous;
        if ((flags & CommandFlags.PubSub) != 0)
            all |= AclCategories.PubSub;
        if ((flags & CommandFlags.Blocking) != 0)
            all |= AclCategories.Blocking;
        return all | ((flags & CommandFlags.Fast) != 0 ? AclCategories.Fast : AclCategories.Slow);
    }

    private static AclCategories OfGroup(CommandGroup group) => group switch
    {
        CommandGroup.String => AclCategories.String,
        CommandGroup.List => AclCategories.List,
        CommandGroup.Set => AclCategories.Set,
        CommandGroup.SortedSet => AclCategories.SortedSet,
        CommandGroup.Hash => AclCategories.Hash,
        CommandGroup.Transactions => AclCategories.Transaction,
        CommandGroup.Connection => AclCategories.Connection,
        CommandGroup.Scripting => AclCategories.Scripting,
        CommandGroup.HyperLogLog => AclCategories.HyperLogLog,
        CommandGroup.Geo => AclCategories.Geo,
        CommandGroup.Stream => AclCategories.Stream,
        CommandGroup.Bitmap => AclCategories.Bitmap,
        _ => AclCategories.None,
    };
}
