using Carnelian.Storage;
using Carnelian.Text;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Keys;

/// <summary>The cursor and the options that the commands of the SCAN family share: MATCH and COUNT for all, one more for most of them.</summary>
internal ref struct ScanOptions
{
    /// <summary>About how many elements to look at.</summary>
    public long Count;

    /// <summary>What elements have to match; meaningless if <see cref="TakesAll"/>.</summary>
    public ReadOnlySpan<byte> Pattern;

    /// <summary>Whether there is no pattern, or one that matches everything.</summary>
    public bool TakesAll;

    /// <summary>SCAN with TYPE: whether only keys of <see cref="Type"/> count.</summary>
    public bool HasType;

    /// <summary>The type asked for.</summary>
    public ValueType Type;

    /// <summary>HSCAN with NOVALUES, ZSCAN with NOSCORES: elements come without what belongs to them.</summary>
    public bool IsBare;

    /// <summary>Reads a cursor: blanks, a plus sign and zeros may precede its digits. If it is none, the error is written.</summary>
    public static bool TryCursor(scoped ref CommandContext ctx, int index, out ulong cursor)
    {
        if (TryCursor(ctx.Arg(index), out cursor))
            return true;
        ctx.Reply.Error("ERR invalid cursor"u8);
        return false;
    }

    /// <summary>Reads the options, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="first">The first argument of them.</param>
    /// <param name="family">Which command of the family it is.</param>
    /// <param name="options">The options.</param>
    public static bool TryRead(scoped ref CommandContext ctx, int first, ScanFamily family, out ScanOptions options)
    {
        options = new ScanOptions { Count = 10, TakesAll = true };
        for (int i = first; i < ctx.ArgCount; i++)
        {
            bool hasValue = i + 1 < ctx.ArgCount;
            if (hasValue && ctx.ArgIs(i, "count"u8))
            {
                if (!ctx.TryInteger(++i, out options.Count))
                    return false;
                if (options.Count < 1)
                {
                    ctx.WriteSyntaxError();
                    return false;
                }
            }
            else if (hasValue && ctx.ArgIs(i, "match"u8))
            {
                options.Pattern = ctx.Arg(++i);
                options.TakesAll = options.Pattern.SequenceEqual("*"u8);
            }
            else if (hasValue && family == ScanFamily.Keys && ctx.ArgIs(i, "type"u8))
            {
                options.HasType = true;
                if (TypeNames.TryParse(ctx.Arg(++i), out options.Type))
                    continue;
                ctx.Reply.Error("ERR unknown type name '"u8, ctx.ArgAsText(i), "'"u8);
                return false;
            }
            else if (ctx.ArgIs(i, family == ScanFamily.SortedSet ? "noscores"u8 : "novalues"u8) && family is ScanFamily.Hash or ScanFamily.SortedSet)
            {
                options.IsBare = true;
            }
            else
            {
                WriteError(ref ctx, i);
                return false;
            }
        }
        return true;
    }

    /// <summary>How many buckets of a table to look at if they do not hold enough: it may be almost empty.</summary>
    public readonly long MostBuckets => Count > long.MaxValue / 10 ? long.MaxValue : Count * 10;

    /// <summary>The position in a collection's table that a cursor stands for.</summary>
    public static long PositionOf(ulong cursor) => (long)(cursor & ((1UL << HashTable<Entry>.PositionBits) - 1));

    /// <summary>Whether an element matches.</summary>
    public readonly bool Matches(scoped ReadOnlySpan<byte> element) => TakesAll || GlobPattern.Matches(Pattern, element);

    /// <summary>Writes the reply's head: the array and the cursor. The elements follow, as an array.</summary>
    public static void WriteCursor(scoped ref CommandContext ctx, ulong cursor)
    {
        ctx.Reply.Array(2);
        Span<byte> digits = stackalloc byte[NumberFormat.MaxInt64Length];
        cursor.TryFormat(digits, out int length, default, System.Globalization.CultureInfo.InvariantCulture);
        ctx.Reply.Bulk(digits[..length]);
    }

    private static void WriteError(scoped ref CommandContext ctx, int index)
    {
        if (ctx.ArgIs(index, "novalues"u8))
            ctx.Reply.Error("ERR NOVALUES option can only be used in HSCAN"u8);
        else if (ctx.ArgIs(index, "noscores"u8))
            ctx.Reply.Error("ERR NOSCORES option can only be used in ZSCAN"u8);
        else
            ctx.WriteSyntaxError();
    }

    private static bool TryCursor(ReadOnlySpan<byte> text, out ulong cursor)
    {
        cursor = 0;
        int start = 0;
        while (start < text.Length && (text[start] == ' ' || text[start] is >= 9 and <= 13))
            start++;
        if (start < text.Length && text[start] == '+')
            start++;
        text = text[start..];
        if (text.IsEmpty)
            return false;
        foreach (byte b in text)
        {
            uint digit = (uint)b - '0';
            if (digit > 9 || cursor > (ulong.MaxValue - digit) / 10)
                return false;
            cursor = cursor * 10 + digit;
        }
        return true;
    }
}
