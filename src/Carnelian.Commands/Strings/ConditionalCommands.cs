using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>Commands that remove a key depending on its value, and the digest that conditions can compare.</summary>
public static class ConditionalCommands
{
    [Command("DELIFEQ", Arity = 3, Group = CommandGroup.String, Since = "9.0.0", Complexity = "O(1)",
        Summary = "Removes a key if it holds the given string.",
        Flags = Write | Fast,
        Keys = "RM delete @1",
        Arguments = "key:key, value")]
    public static void DelIfEq(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        bool isEqual = entry.Exists && StringValue.Bytes(entry, stackalloc byte[20]).SequenceEqual(ctx.Arg(2));
        if (isEqual)
            StringValue.Delete(ref ctx, key);
        ctx.Reply.Integer(isEqual ? 1 : 0);
    }

    [Command("DELEX", Arity = -2, Group = CommandGroup.String, Since = "9.2.0", Complexity = "O(1) for IFEQ and IFNE, O(N) for IFDEQ and IFDNE where N is the length of the string.",
        Summary = "Removes a key if its string meets a condition.",
        Flags = Write | Fast,
        Keys = "RM delete @1",
        Arguments = "key:key, [condition(IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest)]")]
    public static void DelEx(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount is not (2 or 4))
        {
            ctx.Reply.Error("ERR wrong number of arguments for 'delex' command"u8);
            return;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        bool isMet = entry.Exists;
        if (isMet && ctx.ArgCount == 4)
        {
            if (entry.Type != Storage.ValueType.String)
            {
                ctx.Reply.Error("ERR Key should be of string type if conditions are specified"u8);
                return;
            }
            ValueCondition condition = default;
            int index = 2;
            if (!condition.TryRead(ref ctx, ref index, allowExistence: false, allowValue: true))
            {
                ctx.Reply.Error("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"u8);
                return;
            }
            if (!condition.IsValid(ref ctx))
                return;
            isMet = condition.IsMet(ref ctx, entry);
        }
        if (isMet)
            StringValue.Delete(ref ctx, key);
        ctx.Reply.Integer(isMet ? 1 : 0);
    }

    [Command("DIGEST", Arity = 2, Group = CommandGroup.String, Since = "9.2.0", Complexity = "O(N) where N is the length of the string.",
        Summary = "Returns the XXH3 digest of the string that a key holds.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void Digest(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Null();
            return;
        }
        Span<byte> digest = stackalloc byte[16];
        ValueCondition.WriteDigest(StringValue.Bytes(entry, stackalloc byte[20]), digest);
        ctx.Reply.Bulk(digest);
    }
}
