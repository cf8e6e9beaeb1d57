using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>Commands that add to the number in a field. The field keeps its deadline.</summary>
public static unsafe class HashCounterCommands
{
    [Command("HINCRBY", Arity = 4, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1)",
        Summary = "Adds a number to the integer in a field.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        FirstElement = 2,
        Arguments = "key:key, field, increment:integer")]
    public static void HIncrBy(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(3, out long increment))
            return;
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        long value = 0;
        if (entry.Exists && new Hash(entry).TryGet(ctx.Arg(2), HashAccess.WriteTime(ref ctx), out PackedValue old))
        {
            if (old.IsInteger)
            {
                value = old.Integer;
            }
            else if (!AsciiNumber.TryParseInt64(new ReadOnlySpan<byte>(old.Data, old.Length), out value))
            {
                ctx.Reply.Error("ERR hash value is not an integer"u8);
                return;
            }
        }
        long sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            ctx.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }
        byte* digits = stackalloc byte[NumberFormat.MaxInt64Length];
        Store(ref ctx, key, entry, new ReadOnlySpan<byte>(digits, NumberFormat.WriteInt64(digits, sum)), "hincrby"u8);
        ctx.Reply.Integer(sum);
    }

    [Command("HINCRBYFLOAT", Arity = 4, Group = CommandGroup.Hash, Since = "2.6.0", Complexity = "O(1)",
        Summary = "Adds a floating-point number to the number in a field.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        FirstElement = 2,
        Arguments = "key:key, field, increment:double")]
    public static void HIncrByFloat(scoped ref CommandContext ctx)
    {
        if (!LongDouble.TryParse(ctx.Arg(3), out LongDouble increment))
        {
            ctx.Reply.Error("ERR value is not a valid float"u8);
            return;
        }
        if (!increment.IsFinite)
        {
            ctx.Reply.Error("ERR value is NaN or Infinity"u8);
            return;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        LongDouble value = LongDouble.FromInt64(0);
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        if (entry.Exists && new Hash(entry).TryGet(ctx.Arg(2), HashAccess.WriteTime(ref ctx), out PackedValue old) && !LongDouble.TryParse(old.Bytes(digits), out value))
        {
            ctx.Reply.Error("ERR hash value is not a float"u8);
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
        Store(ref ctx, key, entry, text, "hincrbyfloat"u8);
        ctx.Reply.Bulk(text);
    }

    private static void Store(scoped ref CommandContext ctx, in Key key, Entry entry, scoped ReadOnlySpan<byte> value, ReadOnlySpan<byte> name)
    {
        Hash hash = HashAccess.GetOrCreate(ref ctx, key, entry);
        bool isVolatile = hash.IsVolatile;
        HashSetOutcome outcome = hash.Set(ctx.Arg(2), value, Hash.KeepDeadline, HashAccess.WriteTime(ref ctx), HashAccess.Limits(ref ctx));
        HashAccess.NoteDeadlines(ref ctx, key, hash);
        if (!entry.Exists)
            ctx.Created(key);
        HashAccess.NoteRenewed(ref ctx, key, outcome, ctx.Arg(2));
        ctx.Modified(key, NotificationClass.Hash, name);
        FieldEvents.PublishArguments(ref ctx, key, name, 2, 2);
        // A copy of the data may hold a field no longer that has expired, or still.
        if (ctx.Effects != null && (isVolatile || name.Length > "hincrby".Length))
            HashEffects.ReplaceBySet(ref ctx, hash, ctx.Arg(2), value);
    }
}
