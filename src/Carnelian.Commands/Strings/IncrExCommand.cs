using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>INCREX: a counter with bounds and a time of expiry, changed in one step.</summary>
public static class IncrExCommand
{
    [Command("INCREX", Arity = -2, Group = CommandGroup.String, Since = "9.2.0", Complexity = "O(1)",
        Summary = "Adds a number to the one that a key holds, within bounds, and sets its time of expiry.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        Arguments = """
            key:key
            [condition(NX | XX)]
            [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST)]
            [ENX]
            [increment(BYFLOAT float:double | BYINT integer:integer)]
            [LBOUND lowerbound]
            [UBOUND upperbound]
            [SATURATE]
            """)]
    public static void IncrEx(scoped ref CommandContext ctx)
    {
        Options options = default;
        if (!options.TryRead(ref ctx))
            return;
        if (options.IsFloat)
            AddFloat(ref ctx, ref options);
        else
            AddInteger(ref ctx, ref options);
    }

    private static void AddInteger(scoped ref CommandContext ctx, scoped ref Options options)
    {
        long increment = 1, lower = long.MinValue, upper = long.MaxValue;
        if (!TryInteger(ref ctx, options.Increment, "ERR Increment is not an integer or out of range"u8, ref increment)
            || !TryInteger(ref ctx, options.Lower, "ERR LBOUND is not an integer or out of range"u8, ref lower)
            || !TryInteger(ref ctx, options.Upper, "ERR UBOUND is not an integer or out of range"u8, ref upper)
            || !AreInOrder(ref ctx, lower <= upper) || !options.Expiration.Resolve(ref ctx))
        {
            return;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForOverwrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        long value = 0;
        if (entry.Exists && !AsciiNumber.TryParseInt64(StringValue.Bytes(entry, stackalloc byte[20]), out value))
        {
            ctx.Reply.Error("ERR value is not an integer or out of range"u8);
            return;
        }
        Int128 sum = (Int128)value + increment;
        bool isWithin = sum >= lower && sum <= upper;
        if (!options.Allows(entry.Exists) || !(isWithin || options.Saturates))
        {
            WriteIntegers(ref ctx, value, 0);
            return;
        }
        var result = (long)Int128.Clamp(sum, lower, upper);
        Int128 applied = (Int128)result - value;
        if (applied < long.MinValue || applied > long.MaxValue)
        {
            ctx.Reply.Error("ERR applied increment would overflow"u8);
            return;
        }
        if (options.TryDeadline(ref ctx, key, entry, out long deadline))
        {
            bool isNew = !entry.Exists;
            bool hadDeadline = !isNew && entry.HasDeadline;
            ctx.Database.SetInteger(key, result, deadline, ctx.Now);
            Publish(ref ctx, ref options, key, isNew, hadDeadline, "incrby"u8);
            Replace(ref ctx, key, deadline);
        }
        WriteIntegers(ref ctx, result, (long)applied);
    }

    private static void AddFloat(scoped ref CommandContext ctx, scoped ref Options options)
    {
        LongDouble increment = default, lower = LongDouble.MaxValue.Negate(), upper = LongDouble.MaxValue;
        if (!TryFloat(ref ctx, options.Increment, "ERR Increment is not a valid float"u8, ref increment)
            || !TryFloat(ref ctx, options.Lower, "ERR LBOUND is not a valid float"u8, ref lower)
            || !TryFloat(ref ctx, options.Upper, "ERR UBOUND is not a valid float"u8, ref upper)
            || !AreInOrder(ref ctx, !LongDouble.IsGreater(lower, upper)) || !options.Expiration.Resolve(ref ctx))
        {
            return;
        }
        if (!increment.IsFinite)
        {
            ctx.Reply.Error("ERR BYFLOAT increment cannot be Infinity"u8);
            return;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForOverwrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        LongDouble value = LongDouble.FromInt64(0);
        if (entry.Exists && !LongDouble.TryParse(StringValue.Bytes(entry, stackalloc byte[20]), out value))
        {
            ctx.Reply.Error("ERR value is not a valid float"u8);
            return;
        }
        if (!value.IsFinite)
        {
            ctx.Reply.Error("ERR value cannot be Infinity"u8);
            return;
        }
        LongDouble result = LongDouble.Add(value, increment);
        bool isWithin = result.IsFinite && !LongDouble.IsGreater(result, upper) && !LongDouble.IsGreater(lower, result);
        if (!options.Allows(entry.Exists) || !(isWithin || options.Saturates))
        {
            WriteFloats(ref ctx, value, LongDouble.FromInt64(0));
            return;
        }
        if (!isWithin)
            result = Clamp(result, lower, upper);
        LongDouble applied = LongDouble.Add(result, value.Negate());
        if (!applied.IsFinite)
        {
            ctx.Reply.Error("ERR applied increment would be Infinity"u8);
            return;
        }
        if (options.TryDeadline(ref ctx, key, entry, out long deadline))
        {
            bool isNew = !entry.Exists;
            bool hadDeadline = !isNew && entry.HasDeadline;
            Span<byte> text = stackalloc byte[LongDouble.MaxFormattedLength];
            ctx.Database.SetString(key, text[..result.Format(text)], deadline, ctx.Now);
            Publish(ref ctx, ref options, key, isNew, hadDeadline, "incrbyfloat"u8);
            Replace(ref ctx, key, deadline);
        }
        WriteFloats(ref ctx, result, applied);
    }

    private static LongDouble Clamp(LongDouble result, LongDouble lower, LongDouble upper)
    {
        if (!result.IsFinite)
            result = result.IsNegative ? LongDouble.MaxValue.Negate() : LongDouble.MaxValue;
        if (LongDouble.IsGreater(result, upper))
            return upper;
        return LongDouble.IsGreater(lower, result) ? lower : result;
    }

    private static bool TryInteger(scoped ref CommandContext ctx, int argument, ReadOnlySpan<byte> error, ref long value)
    {
        if (argument == 0 || AsciiNumber.TryParseInt64(ctx.Arg(argument), out value))
            return true;
        ctx.Reply.Error(error);
        return false;
    }

    private static bool TryFloat(scoped ref CommandContext ctx, int argument, ReadOnlySpan<byte> error, ref LongDouble value)
    {
        if (argument == 0 || LongDouble.TryParse(ctx.Arg(argument), out value))
            return true;
        ctx.Reply.Error(error);
        return false;
    }

    private static bool AreInOrder(scoped ref CommandContext ctx, bool isOrdered)
    {
        if (!isOrdered)
            ctx.Reply.Error("ERR LBOUND can't be greater than UBOUND"u8);
        return isOrdered;
    }

    private static void Publish(
        scoped ref CommandContext ctx, scoped ref Options options, in Key key, bool isNew, bool hadDeadline, ReadOnlySpan<byte> name)
    {
        StringValue.Created(ref ctx, key, isNew);
        ctx.Modified(key, NotificationClass.String, name);
        if (options.Expiration.Persist && hadDeadline)
            ctx.Notify(key, NotificationClass.Generic, "persist"u8);
        else if (options.Expiration.HasTime && !(options.OnlyWithoutDeadline && hadDeadline))
            ctx.Notify(key, NotificationClass.Generic, "expire"u8);
    }

    /// <summary>Removes a key whose new deadline is in the past already. Redis calls that deleting, unlike Valkey, whose commands call it expiring.</summary>
    private static void Remove(scoped ref CommandContext ctx, in Key key)
    {
        if (!ctx.Database.Delete(key, ctx.Now, isLazy: true))
            return;
        ctx.Modified(key, NotificationClass.Generic, "del"u8);
        ctx.ReplaceByRemoval(key, ctx.Keyspace.LazyExpire);
    }

    private static void Replace(scoped ref CommandContext ctx, in Key key, long deadline)
    {
        if (ctx.Effects != null)
            StringValue.ReplaceBySet(ref ctx, key, StringValue.Bytes(ctx.Database.Peek(key, ctx.Now), stackalloc byte[20]), deadline);
    }

    private static void WriteIntegers(scoped ref CommandContext ctx, long value, long applied)
    {
        ctx.Reply.Array(2);
        ctx.Reply.Integer(value);
        ctx.Reply.Integer(applied);
    }

    private static void WriteFloats(scoped ref CommandContext ctx, LongDouble value, LongDouble applied)
    {
        Span<byte> text = stackalloc byte[LongDouble.MaxFormattedLength];
        ctx.Reply.Array(2);
        ctx.Reply.DoubleText(text[..value.Format(text)]);
        ctx.Reply.DoubleText(text[..applied.Format(text)]);
    }

    /// <summary>The options, each of which may be given once. Numbers are the positions of their arguments, 0 if not given.</summary>
    private ref struct Options
    {
        public Expiration Expiration;
        public bool IsFloat;
        public bool Saturates;
        public bool OnlyWithoutDeadline;
        public int Increment;
        public int Lower;
        public int Upper;
        private bool _mustExist;
        private bool _mustNotExist;

        /// <summary>Reads all options, or writes the error.</summary>
        public bool TryRead(scoped ref CommandContext ctx)
        {
            for (int i = 2; i < ctx.ArgCount; i++)
            {
                if (TryWord(ref ctx, i) || TryNumber(ref ctx, ref i))
                    continue;
                if (Expiration.HasTime || Expiration.Persist || !Expiration.TryRead(ref ctx, ref i, allowKeep: false, allowPersist: true))
                {
                    ctx.WriteSyntaxError();
                    return false;
                }
            }
            if (OnlyWithoutDeadline && Expiration.Persist)
            {
                ctx.WriteSyntaxError();
                return false;
            }
            if (OnlyWithoutDeadline && !Expiration.HasTime)
            {
                ctx.Reply.Error("ERR ENX flag requires an expiration"u8);
                return false;
            }
            return true;
        }

        /// <summary>Whether NX and XX let the command change a key.</summary>
        public readonly bool Allows(bool exists) => exists ? !_mustNotExist : !_mustExist;

        /// <summary>Tells the new deadline, -1 for none.</summary>
        /// <returns>False if it lies in the past: then the key is gone.</returns>
        public readonly bool TryDeadline(scoped ref CommandContext ctx, in Key key, Entry entry, out long deadline)
        {
            deadline = entry.Exists && !Expiration.Persist ? entry.Deadline : -1;
            if (!Expiration.HasTime || (OnlyWithoutDeadline && deadline >= 0))
                return true;
            deadline = Expiration.Deadline;
            if (!Expiration.IsPast(ref ctx))
                return true;
            Remove(ref ctx, key);
            return false;
        }

        private bool TryWord(scoped ref CommandContext ctx, int index)
        {
            if (ctx.ArgIs(index, "saturate"u8) && !Saturates)
                return Saturates = true;
            if (ctx.ArgIs(index, "enx"u8) && !OnlyWithoutDeadline)
                return OnlyWithoutDeadline = true;
            if (ctx.ArgIs(index, "nx"u8) && !_mustExist && !_mustNotExist)
                return _mustNotExist = true;
            if (ctx.ArgIs(index, "xx"u8) && !_mustExist && !_mustNotExist)
                return _mustExist = true;
            return false;
        }

        private bool TryNumber(scoped ref CommandContext ctx, ref int index)
        {
            if (index + 1 >= ctx.ArgCount)
                return false;
            if (ctx.ArgIs(index, "byfloat"u8) && Increment == 0)
            {
                IsFloat = true;
                Increment = ++index;
            }
            else if (ctx.ArgIs(index, "byint"u8) && Increment == 0)
            {
                Increment = ++index;
            }
            else if (ctx.ArgIs(index, "lbound"u8) && Lower == 0)
            {
                Lower = ++index;
            }
            else if (ctx.ArgIs(index, "ubound"u8) && Upper == 0)
            {
                Upper = ++index;
            }
            else
            {
                return false;
            }
            return true;
        }
    }
}
