using Carnelian.Commands.Strings;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Bitmaps;

/// <summary>
/// BITFIELD and BITFIELD_RO: a string as a row of integers of any width. The arguments are read twice, first for errors and for how far
/// the writes reach, then to be carried out: so nothing has to be kept.
/// </summary>
public static class BitFieldCommands
{
    private enum Overflow
    {
        Wrap,
        Saturate,
        Fail,
    }

    private enum Operation
    {
        Get,
        Set,
        Increment,
    }

    [Command("BITFIELD", Arity = -2, Group = CommandGroup.Bitmap, Since = "3.2.0", Complexity = "O(1) for each subcommand specified",
        Summary = "Reads, sets and increments integers of any width within a string.",
        Flags = Write | DenyOom,
        Keys = "RW access update variable_flags @1 -- This command allows both access and modification of the key", Refine = nameof(RefineBitField),
        Arguments = """
            key:key
            [operation(GET get-block{encoding, offset:integer} | write{[OVERFLOW overflow-block(WRAP | SAT | FAIL)], write-operation(SET set-block{encoding, offset:integer, value:integer} | INCRBY incrby-block{encoding, offset:integer, increment:integer})})...]
            """)]
    public static void BitField(scoped ref CommandContext ctx) => Run(ref ctx, isReadOnly: false);

    [Command("BITFIELD_RO", Arity = -2, Group = CommandGroup.Bitmap, Since = "6.0.0", Complexity = "O(1) for each subcommand specified",
        Summary = "Reads integers of any width within a string.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key, [GET get-block{encoding, offset:integer}]...")]
    public static void BitFieldReadOnly(scoped ref CommandContext ctx) => Run(ref ctx, isReadOnly: true);

    internal static bool RefineBitField(ReadOnlySpan<Argument> arguments, ref KeyList keys)
    {
        for (int i = 2; i < arguments.Length; i += 3)
        {
            // Whatever is no GET counts as a write, also what is no operation at all.
            if (arguments.Length - i < 3 || !System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "get"u8))
                return true;
        }
        keys[0] = new KeyReference(1, KeyFlags.ReadOnly | KeyFlags.Access);
        return true;
    }

    private static void Run(scoped ref CommandContext ctx, bool isReadOnly)
    {
        if (!TryCheck(ref ctx, out int count, out long firstWritten, out long lastWritten))
            return;
        Key key = ctx.Key(1);
        if (lastWritten < 0)
        {
            Entry entry = ctx.Find(key);
            if (ctx.HasType(entry, Storage.ValueType.String))
                ReadFields(ref ctx, StringValue.Bytes(entry, stackalloc byte[20]), count);
            return;
        }
        if (isReadOnly)
        {
            ctx.Reply.Error("ERR BITFIELD_RO only supports the GET subcommand"u8);
            return;
        }
        if (BitString.TryMakeWritable(ref ctx, key, firstWritten, lastWritten, out BitString.Writable target))
            WriteFields(ref ctx, key, target, count);
    }

    private static void ReadFields(scoped ref CommandContext ctx, scoped ReadOnlySpan<byte> bytes, int count)
    {
        ctx.Reply.Array(count);
        var steps = new Steps();
        while (steps.MoveNext(ref ctx))
            ctx.Reply.Integer(steps.Field.Get(bytes, steps.Offset));
    }

    private static void WriteFields(scoped ref CommandContext ctx, in Key key, scoped BitString.Writable target, int count)
    {
        int changes = 0;
        ctx.Reply.Array(count);
        var steps = new Steps();
        while (steps.MoveNext(ref ctx))
        {
            long old = steps.Field.Get(target.Bytes, steps.Offset);
            if (steps.Operation == Operation.Get)
            {
                ctx.Reply.Integer(old);
                continue;
            }
            if (!steps.TryCompute(old, out long value))
            {
                ctx.Reply.Null();
                continue;
            }
            ctx.Reply.Integer(steps.Operation == Operation.Set ? old : value);
            steps.Field.Set(target.Bytes, steps.Offset, value);
            if (target.HasGrown || old != value)
                changes++;
        }
        if (changes > 0)
        {
            ctx.Modified(key, NotificationClass.String, "setbit"u8);
            ctx.Dirty += changes - 1;
        }
        else if (target.HasGrown)
        {
            // No change that counts, but a copy has to have the same length.
            ctx.Propagation = Propagation.Always;
        }
    }

    /// <summary>Reads all arguments, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="count">The number of operations.</param>
    /// <param name="firstWritten">The lowest bit that a write reaches.</param>
    /// <param name="lastWritten">The highest bit that a write reaches, or -1.</param>
    private static bool TryCheck(scoped ref CommandContext ctx, out int count, out long firstWritten, out long lastWritten)
    {
        count = 0;
        firstWritten = long.MaxValue;
        lastWritten = -1;
        var steps = new Steps();
        while (steps.MoveNext(ref ctx))
        {
            count++;
            if (steps.Operation == Operation.Get)
                continue;
            firstWritten = Math.Min(firstWritten, steps.Offset);
            lastWritten = Math.Max(lastWritten, steps.Offset + steps.Field.Bits - 1);
        }
        return !steps.HasFailed;
    }

    /// <summary>The operations in the arguments, one after the other.</summary>
    private ref struct Steps
    {
        private int _argument;
        private Overflow _overflow;
        private long _operand;

        public Steps() => _argument = 2;

        /// <summary>Whether an error was written.</summary>
        public bool HasFailed { get; private set; }

        public Operation Operation { get; private set; }

        public BitField Field { get; private set; }

        /// <summary>The offset in bits.</summary>
        public long Offset { get; private set; }

        public bool MoveNext(scoped ref CommandContext ctx)
        {
            while (_argument < ctx.ArgCount)
            {
                int left = ctx.ArgCount - _argument - 1;
                if (ctx.ArgIs(_argument, "overflow"u8) && left >= 1)
                {
                    if (!TryReadOverflow(ref ctx))
                        return false;
                    _argument += 2;
                    continue;
                }
                HasFailed = !TryReadOperation(ref ctx, left);
                return !HasFailed;
            }
            return false;
        }

        /// <summary>What a write leaves; false if it would overflow and must not.</summary>
        public readonly bool TryCompute(long old, out long value)
        {
            bool overflows, isAbove;
            if (Operation == Operation.Set)
            {
                value = _operand;
                overflows = Field.Overflows(_operand, out isAbove);
            }
            else
            {
                value = unchecked(old + _operand);
                overflows = Field.Overflows((Int128)old + _operand, out isAbove);
            }
            if (overflows)
            {
                if (_overflow == Overflow.Fail)
                    return false;
                value = _overflow == Overflow.Saturate ? Field.Limit(isAbove) : Field.Wrap(value);
            }
            return true;
        }

        private bool TryReadOverflow(scoped ref CommandContext ctx)
        {
            if (ctx.ArgIs(_argument + 1, "wrap"u8))
                _overflow = Overflow.Wrap;
            else if (ctx.ArgIs(_argument + 1, "sat"u8))
                _overflow = Overflow.Saturate;
            else if (ctx.ArgIs(_argument + 1, "fail"u8))
                _overflow = Overflow.Fail;
            else
            {
                ctx.Reply.Error("ERR Invalid OVERFLOW type specified"u8);
                HasFailed = true;
                return false;
            }
            return true;
        }

        private bool TryReadOperation(scoped ref CommandContext ctx, int left)
        {
            if (ctx.ArgIs(_argument, "get"u8) && left >= 2)
                Operation = Operation.Get;
            else if (ctx.ArgIs(_argument, "set"u8) && left >= 3)
                Operation = Operation.Set;
            else if (ctx.ArgIs(_argument, "incrby"u8) && left >= 3)
                Operation = Operation.Increment;
            else
            {
                ctx.WriteSyntaxError();
                return false;
            }
            if (!Bitmaps.BitField.TryParse(ctx.Arg(_argument + 1), out BitField field))
            {
                ctx.Reply.Error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."u8);
                return false;
            }
            Field = field;
            if (!BitOffset.TryReadOfField(ref ctx, _argument + 2, field.Bits, out long offset))
                return false;
            Offset = offset;
            if (Operation == Operation.Get)
            {
                _argument += 3;
                return true;
            }
            if (!ctx.TryInteger(_argument + 3, out _operand))
                return false;
            _argument += 4;
            return true;
        }
    }
}
