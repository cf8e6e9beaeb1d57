using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>Commands that change a part of a string, in place where its memory allows.</summary>
public static class EditCommands
{
    [Command("APPEND", Arity = 3, Group = CommandGroup.String, Since = "2.0.0", Complexity = "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by the server will double the free space available on every reallocation.",
        Summary = "Adds bytes to the end of a string; a key that does not exist is made.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        Arguments = "key:key, value")]
    public static void Append(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        ReadOnlySpan<byte> tail = ctx.Arg(2);
        int before = StringValue.Bytes(entry, stackalloc byte[20]).Length;
        if (entry.Exists && !StringValue.FitsLimit(ref ctx, before, tail.Length))
            return;
        bool isNew = !entry.Exists;
        if (isNew)
            ctx.Database.SetString(key, tail, -1, ctx.Now);
        else
            tail.CopyTo(ctx.Database.ResizeString(key, before + tail.Length, before.., ctx.Now)[before..]);
        StringValue.Created(ref ctx, key, isNew);
        ctx.Modified(key, NotificationClass.String, "append"u8);
        ctx.Reply.Integer(before + tail.Length);
    }

    [Command("SETRANGE", Arity = 4, Group = CommandGroup.String, Since = "2.2.0", Complexity = "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
        Summary = "Overwrites a part of a string from an offset on; what is missing before it becomes zero bytes.",
        Flags = Write | DenyOom,
        Keys = "RW update @1",
        Arguments = "key:key, offset:integer, value")]
    public static void SetRange(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long offset))
            return;
        if (offset < 0)
        {
            ctx.Reply.Error("ERR offset is out of range"u8);
            return;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        ReadOnlySpan<byte> part = ctx.Arg(3);
        int before = StringValue.Bytes(entry, stackalloc byte[20]).Length;
        if (part.IsEmpty)
        {
            ctx.Reply.Integer(before);
            return;
        }
        if (!StringValue.FitsLimit(ref ctx, offset, part.Length))
            return;
        bool isNew = !entry.Exists;
        if (isNew)
            ctx.Database.SetString(key, default, -1, ctx.Now);
        int length = Math.Max(before, (int)offset + part.Length);
        part.CopyTo(ctx.Database.ResizeString(key, length, (int)offset..((int)offset + part.Length), ctx.Now)[(int)offset..]);
        StringValue.Created(ref ctx, key, isNew);
        ctx.Modified(key, NotificationClass.String, "setrange"u8);
        ctx.Reply.Integer(length);
    }
}
