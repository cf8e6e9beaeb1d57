using Carnelian.Commands.Strings;
using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Bitmaps;

/// <summary>Commands that take a string as a row of bits; bit 0 is the highest one of the first byte.</summary>
public static class BitmapCommands
{
    [Command("SETBIT", Arity = 4, Group = CommandGroup.Bitmap, Since = "2.2.0", Complexity = "O(1)",
        Summary = "Sets or clears one bit of a string, which grows if it is shorter.",
        Flags = Write | DenyOom,
        Keys = "RW access update @1",
        Arguments = "key:key, offset:integer, value:integer")]
    public static void SetBit(scoped ref CommandContext ctx)
    {
        if (!BitOffset.TryRead(ref ctx, 2, out long offset))
            return;
        if (!AsciiBit(ctx.Arg(3), out bool bit))
        {
            ctx.Reply.Error("ERR bit is not an integer or out of range"u8);
            return;
        }
        Key key = ctx.Key(1);
        if (!BitString.TryMakeWritable(ref ctx, key, offset, offset, out BitString.Writable target))
            return;
        int mask = 0x80 >> (int)(offset & 7);
        ref byte place = ref target.Bytes[(int)(offset >> 3)];
        bool old = (place & mask) != 0;
        if (target.HasGrown || old != bit)
        {
            place = (byte)(bit ? place | mask : place & ~mask);
            ctx.Modified(key, NotificationClass.String, "setbit"u8);
        }
        ctx.Reply.Integer(old ? 1 : 0);
    }

    [Command("GETBIT", Arity = 3, Group = CommandGroup.Bitmap, Since = "2.2.0", Complexity = "O(1)",
        Summary = "Returns one bit of a string.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key, offset:integer")]
    public static void GetBit(scoped ref CommandContext ctx)
    {
        if (!BitOffset.TryRead(ref ctx, 2, out long offset))
            return;
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        ReadOnlySpan<byte> bytes = StringValue.Bytes(entry, stackalloc byte[20]);
        long index = offset >> 3;
        ctx.Reply.Integer(index < bytes.Length ? bytes[(int)index] >> (int)(7 - (offset & 7)) & 1 : 0);
    }

    [Command("BITCOUNT", Arity = -2, Group = CommandGroup.Bitmap, Since = "2.6.0", Complexity = "O(N)",
        Summary = "Counts the bits of a string that are one, all or those of a range.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, [range{start:integer, [end-unit-block{end:integer, [unit(BYTE | BIT) since=7.0.0]}]}]",
        History = """
            7.0.0 Added the `BYTE|BIT` option.
            8.0.0 `end` made optional; when called without argument the command reports the last BYTE.
            """)]
    public static void BitCount(scoped ref CommandContext ctx)
    {
        BitRange range = default;
        if (!range.TryRead(ref ctx, 2))
            return;
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        ReadOnlySpan<byte> bytes = StringValue.Bytes(entry, stackalloc byte[20]);
        ctx.Reply.Integer(!range.IsReversed && range.TryResolve(bytes.Length, out long first, out long last) ? BitCounter.Count(bytes, first, last) : 0);
    }

    [Command("BITPOS", Arity = -3, Group = CommandGroup.Bitmap, Since = "2.8.7", Complexity = "O(N)",
        Summary = "Finds the first bit of a string that is one, or that is zero.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, bit:integer, [range{start:integer, [end-unit-block{end:integer, [unit(BYTE | BIT) since=7.0.0]}]}]",
        History = "7.0.0 Added the `BYTE|BIT` option.")]
    public static void BitPos(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long value))
            return;
        if (value is not (0 or 1))
        {
            ctx.Reply.Error("ERR The bit argument must be 1 or 0."u8);
            return;
        }
        bool bit = value == 1;
        BitRange range = default;
        if (!range.TryRead(ref ctx, 3))
            return;
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Integer(bit ? -1 : 0);
            return;
        }
        ReadOnlySpan<byte> bytes = StringValue.Bytes(entry, stackalloc byte[20]);
        if (!range.TryResolve(bytes.Length, out long first, out long last))
        {
            ctx.Reply.Integer(-1);
            return;
        }
        long position = BitSearch.First(bytes, bit, first, last);
        // Behind a string without an end given there are zeros.
        ctx.Reply.Integer(position < 0 && !bit && !range.HasEnd ? (long)bytes.Length << 3 : position);
    }

    private static bool AsciiBit(ReadOnlySpan<byte> text, out bool bit)
    {
        bit = text.Length == 1 && text[0] == '1';
        return bit || (text.Length == 1 && text[0] == '0');
    }
}
