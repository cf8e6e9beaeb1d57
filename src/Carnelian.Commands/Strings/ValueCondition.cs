using Carnelian.Storage;

namespace Carnelian.Commands.Strings;

/// <summary>One of the conditions NX, XX, IFEQ, IFNE, IFDEQ and IFDNE on the value that a key holds before a change.</summary>
internal struct ValueCondition
{
    private enum Kind
    {
        None,
        Absent,
        Present,
        Equal,
        NotEqual,
        DigestEqual,
        DigestNotEqual,
    }

    private const int DigestLength = 16;

    private Kind _kind;
    private int _argument;

    /// <summary>Whether the condition is on the value, so that the key has to hold a string.</summary>
    public readonly bool NeedsString => _kind >= Kind.Equal;

    /// <summary>Whether Valkey has no such condition.</summary>
    public readonly bool IsForeign => _kind > Kind.Equal;

    /// <summary>Reads the condition at an argument, and moves to its last argument.</summary>
    /// <returns>False if there is none, or it does not go with the one before.</returns>
    public bool TryRead(scoped ref CommandContext ctx, ref int index, bool allowExistence, bool allowValue)
    {
        Kind kind = KindOf(ref ctx, index);
        if (kind == Kind.None)
            return false;
        if (kind is Kind.Absent or Kind.Present)
        {
            if (!allowExistence || (_kind != Kind.None && _kind != kind))
                return false;
            _kind = kind;
            return true;
        }
        if (!allowValue || _kind != Kind.None || index + 1 >= ctx.ArgCount)
            return false;
        _kind = kind;
        _argument = ++index;
        return true;
    }

    /// <summary>Whether a digest to compare with is one; if not, the error is written.</summary>
    public readonly bool IsValid(scoped ref CommandContext ctx)
    {
        if (_kind < Kind.DigestEqual || ctx.Arg(_argument).Length == DigestLength)
            return true;
        ctx.Reply.Error("ERR must be exactly 16 hexadecimal characters"u8);
        return false;
    }

    /// <summary>Whether the condition holds for an entry, which is a string if <see cref="NeedsString"/>.</summary>
    public readonly bool IsMet(scoped ref CommandContext ctx, Entry entry)
    {
        if (!entry.Exists)
            return _kind is Kind.None or Kind.Absent or Kind.NotEqual or Kind.DigestNotEqual;
        if (!NeedsString)
            return _kind != Kind.Absent;
        ReadOnlySpan<byte> value = StringValue.Bytes(entry, stackalloc byte[20]);
        if (_kind <= Kind.NotEqual)
            return value.SequenceEqual(ctx.Arg(_argument)) == (_kind == Kind.Equal);
        Span<byte> digest = stackalloc byte[DigestLength];
        WriteDigest(value, digest);
        return System.Text.Ascii.EqualsIgnoreCase(digest, ctx.Arg(_argument)) == (_kind == Kind.DigestEqual);
    }

    /// <summary>Writes the digest of a string, 16 hexadecimal digits.</summary>
    public static void WriteDigest(ReadOnlySpan<byte> value, Span<byte> target) =>
        XxHash3.Compute(value).TryFormat(target, out _, "x16", System.Globalization.CultureInfo.InvariantCulture);

    private static Kind KindOf(scoped ref CommandContext ctx, int index)
    {
        switch (ctx.Arg(index).Length)
        {
            case 2:
                return ctx.ArgIs(index, "nx"u8) ? Kind.Absent : ctx.ArgIs(index, "xx"u8) ? Kind.Present : Kind.None;
            case 4:
                return ctx.ArgIs(index, "ifeq"u8) ? Kind.Equal : ctx.ArgIs(index, "ifne"u8) ? Kind.NotEqual : Kind.None;
            case 5:
                return ctx.ArgIs(index, "ifdeq"u8) ? Kind.DigestEqual : ctx.ArgIs(index, "ifdne"u8) ? Kind.DigestNotEqual : Kind.None;
            default:
                return Kind.None;
        }
    }
}
