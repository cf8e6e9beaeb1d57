using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Storage;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>Commands that add to the number that a key holds.</summary>
public static class CounterCommands
{
    [Command("INCR", Arity = 2, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Adds one to the integer that a key holds.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        Arguments = "key:key")]
    public static void Incr(scoped ref CommandContext ctx) => Add(ref ctx, 1);

    [Command("DECR", Arity = 2, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Takes one from the integer that a key holds.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        Arguments = "key:key")]
    public static void Decr(scoped ref CommandContext ctx) => Add(ref ctx, -1);

    [Command("INCRBY", Arity = 3, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Adds a number to the integer that a key holds.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        Arguments = "key:key, increment:integer")]
    public static void IncrBy(scoped ref CommandContext ctx)
    {
        if (ctx.TryInteger(2, out long increment))
            Add(ref ctx, increment);
    }

    [Command("DECRBY", Arity = 3, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Takes a number from the integer that a key holds.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        Arguments = "key:key, decrement:integer")]
    public static void DecrBy(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long decrement))
            return;
        if (decrement == long.MinValue)
            ctx.Reply.Error("ERR decrement would overflow"u8);
        else
            Add(ref ctx, -decrement);
    }

    [Command("INCRBYFLOAT", Arity = 3, Group = CommandGroup.String, Since = "2.6.0", Complexity = "O(1)",
        Summary = "Adds a floating-point number to the number that a key holds.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        Arguments = "key:key, increment:double")]
    public static void IncrByFloat(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForOverwrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        LongDouble value = LongDouble.FromInt64(0);
        if ((entry.Exists && !LongDouble.TryParse(StringValue.Bytes(entry, stackalloc byte[20]), out value))
            || !LongDouble.TryParse(ctx.Arg(2), out LongDouble increment))
        {
            ctx.Reply.Error("ERR value is not a valid float"u8);
            return;
        }
        value = LongDouble.Add(value, increment);
        if (!value.IsFinite)
        {
            ctx.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }
        Span<byte> text = stackalloc byte[LongDouble.MaxFormattedLength];
        text = text[..value.Format(text)];
        bool isNew = !entry.Exists;
        ctx.Database.SetBytes(key, text, isNew ? -1 : entry.Deadline, ctx.Now);
        StringValue.Created(ref ctx, key, isNew);
        ctx.Modified(key, NotificationClass.String, "incrbyfloat"u8);
        ctx.Reply.Bulk(text);
        if (ctx.Effects == null)
            return;
        JournalUnit effects = ctx.ReplaceEffect(4);
        effects.Add("SET"u8);
        effects.Add(key.Bytes);
        effects.Add(text);
        effects.Add("KEEPTTL"u8);
    }

    private static void Add(scoped ref CommandContext ctx, long increment)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        long value = 0;
        bool isInteger = entry.Exists && entry.Encoding == ValueEncoding.Integer;
        if (isInteger)
        {
            value = entry.Integer;
        }
        else if (entry.Exists && !AsciiNumber.TryParseInt64(entry.StringBytes, out value))
        {
            ctx.Reply.Error("ERR value is not an integer or out of range"u8);
            return;
        }
        long sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            ctx.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }
        bool isNew = !entry.Exists;
        if (isInteger)
            Database.UpdateInteger(entry, sum);
        else
            ctx.Database.SetInteger(key, sum, isNew ? -1 : entry.Deadline, ctx.Now);
        StringValue.Created(ref ctx, key, isNew);
        ctx.Modified(key, NotificationClass.String, "incrby"u8);
        ctx.Reply.Integer(sum);
    }
}
