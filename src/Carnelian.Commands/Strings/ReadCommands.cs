using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>Commands that read a string, and those that also touch its deadline or take it away.</summary>
public static unsafe class ReadCommands
{
    [Command("GET", Arity = 2, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns the string that a key holds.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void Get(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (ctx.HasType(entry, Storage.ValueType.String))
            StringReply.Write(ref ctx, entry);
    }

    [Command("MGET", Arity = -2, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(N) where N is the number of keys to retrieve.",
        Summary = "Returns the strings that several keys hold.",
        Flags = ReadOnly | Fast, Tips = "request_policy:multi_shard",
        Keys = "RO access @1..-1",
        Arguments = "key:key...")]
    public static void MGet(scoped ref CommandContext ctx)
    {
        ctx.Reply.Array(ctx.ArgCount - 1);
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            Entry entry = ctx.Find(ctx.Key(i));
            StringReply.Write(ref ctx, entry.Exists && entry.Type == Storage.ValueType.String ? entry : default);
        }
    }

    [Command("GETDEL", Arity = 2, Group = CommandGroup.String, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Returns the string that a key holds and removes the key.",
        Flags = Write | Fast,
        Keys = "RW access delete @1",
        Arguments = "key:key")]
    public static void GetDel(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.Find(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        StringReply.Write(ref ctx, entry);
        if (entry.Exists)
            StringValue.Delete(ref ctx, key);
    }

    [Command("GETEX", Arity = -2, Group = CommandGroup.String, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Returns the string that a key holds and sets or removes its time of expiry.",
        Flags = Write | Fast,
        Keys = "RW access update @1 -- RW and UPDATE because it changes the TTL",
        Arguments = """
            key:key
            [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST)]
            """)]
    public static void GetEx(scoped ref CommandContext ctx)
    {
        Expiration expiration = default;
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (!expiration.TryRead(ref ctx, ref i, allowKeep: false, allowPersist: true))
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        if (!expiration.Resolve(ref ctx))
            return;
        Key key = ctx.Key(1);
        Entry entry = ctx.Find(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        StringReply.Write(ref ctx, entry);
        if (!entry.Exists)
            return;
        if (expiration.IsPast(ref ctx))
        {
            StringValue.Expire(ref ctx, key);
        }
        else if (expiration.HasTime)
        {
            ctx.Database.SetDeadline(key, expiration.Deadline);
            ctx.Modified(key, NotificationClass.Generic, "expire"u8);
            if (ctx.Effects == null)
                return;
            JournalUnit effects = ctx.ReplaceEffect(3);
            effects.Add("PEXPIREAT"u8);
            effects.Add(key.Bytes);
            effects.Add(expiration.Deadline);
        }
        else if (expiration.Persist && entry.HasDeadline)
        {
            ctx.Database.SetDeadline(key, -1);
            ctx.Modified(key, NotificationClass.Generic, "persist"u8);
            ctx.ReplaceEffect("PERSIST"u8, 1, 1);
        }
    }

    [Command("STRLEN", Arity = 2, Group = CommandGroup.String, Since = "2.2.0", Complexity = "O(1)",
        Summary = "Returns the length of a string in bytes.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        Arguments = "key:key")]
    public static void StrLen(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (ctx.HasType(entry, Storage.ValueType.String))
            ctx.Reply.Integer(StringValue.Bytes(entry, stackalloc byte[20]).Length);
    }

    [Command("GETRANGE", Arity = 4, Group = CommandGroup.String, Since = "2.4.0", Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
        Summary = "Returns a part of a string.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, start:integer, end:integer")]
    public static void GetRange(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long start) || !ctx.TryInteger(3, out long end))
            return;
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        ReadOnlySpan<byte> value = StringValue.Bytes(entry, stackalloc byte[20]);
        bool isReversed = start < 0 && end < 0 && start > end;
        start = Math.Max(start < 0 ? value.Length + start : start, 0);
        end = Math.Min(Math.Max(end < 0 ? value.Length + end : end, 0), value.Length - 1);
        if (isReversed || start > end)
        {
            ctx.Reply.Bulk(default(ReadOnlySpan<byte>));
            return;
        }
        int length = (int)(end - start + 1);
        if (length >= ctx.Services.ShareRepliesFrom && entry.Encoding == ValueEncoding.Block)
        {
            StringBlock block = entry.Block;
            block.AddReference();
            ctx.Reply.BulkShared(block.Data + start, (nuint)length, block.Address, &StringBlock.Release);
            return;
        }
        ctx.Reply.Bulk(value.Slice((int)start, length));
    }

    [Command("SUBSTR", Arity = 4, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
        Summary = "Returns a part of a string.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, start:integer, end:integer")]
    public static void SubStr(scoped ref CommandContext ctx) => GetRange(ref ctx);
}
