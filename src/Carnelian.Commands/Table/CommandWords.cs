// The words that clients see for flags, categories and key flags. Each list has them separated by blanks, in the order of
// the bits of its enum, which is the order of replies.

using System.Numerics;

using Carnelian.Protocol;

namespace Carnelian.Commands.Table;

/// <summary>The words for the bits of <see cref="CommandFlags"/>, <see cref="AclCategories"/> and <see cref="KeyFlags"/>.</summary>
public static class CommandWords
{
    /// <summary>Bits of <see cref="CommandFlags"/> that have a word.</summary>
    private const CommandFlags VisibleFlags = (CommandFlags)((1UL << 20) - 1);

    private static ReadOnlySpan<byte> Flags =>
        "write readonly denyoom module admin pubsub noscript blocking loading stale skip_monitor skip_commandlog asking fast no_auth no_mandatory_keys no_async_loading no_multi allow_busy movablekeys "u8;

    private static ReadOnlySpan<byte> Categories =>
        "@keyspace @read @write @set @sortedset @list @hash @string @bitmap @hyperloglog @geo @stream @pubsub @admin @fast @slow @blocking @dangerous @connection @transaction @scripting "u8;

    private static ReadOnlySpan<byte> KeyFlagWords =>
        "RO RW OW RM access update insert delete not_key incomplete variable_flags "u8;

    /// <summary>Writes flags as a set of simple strings.</summary>
    public static void Write(ReplyWriter reply, CommandFlags flags) => Write(reply, (ulong)(flags & VisibleFlags), Flags);

    /// <summary>Writes categories, each after an @, as a set of simple strings.</summary>
    public static void Write(ReplyWriter reply, AclCategories categories) => Write(reply, (ulong)categories, Categories);

    /// <summary>Writes key flags as a set of simple strings.</summary>
    public static void Write(ReplyWriter reply, KeyFlags flags) => Write(reply, (ulong)flags, KeyFlagWords);

    /// <summary>Writes the names of all categories, without the @, as an array of bulk strings.</summary>
    public static void WriteCategoryNames(ReplyWriter reply)
    {
        ReadOnlySpan<byte> rest = Categories;
        reply.Array(rest.Count((byte)' '));
        while (!rest.IsEmpty)
        {
            int blank = rest.IndexOf((byte)' ');
            reply.Bulk(rest[1..blank]);
            rest = rest[(blank + 1)..];
        }
    }

    /// <summary>Finds a category by its name without the @, in any case.</summary>
    /// <returns>The category, or None when there is no such name.</returns>
    public static AclCategories FindCategory(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> rest = Categories;
        for (int bit = 0; !rest.IsEmpty; bit++)
        {
            int blank = rest.IndexOf((byte)' ');
            if (CommandNames.EqualsIgnoringCase(rest[1..blank], name))
                return (AclCategories)(1UL << bit);
            rest = rest[(blank + 1)..];
        }

        return AclCategories.None;
    }

    private static void Write(ReplyWriter reply, ulong bits, ReadOnlySpan<byte> words)
    {
        reply.Set(BitOperations.PopCount(bits));
        for (; bits != 0; bits >>= 1)
        {
            int blank = words.IndexOf((byte)' ');
            if ((bits & 1) != 0)
                reply.SimpleString(words[..blank]);
            words = words[(blank + 1)..];
        }
    }
}
