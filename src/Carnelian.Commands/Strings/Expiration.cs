namespace Carnelian.Commands.Strings;

/// <summary>
/// The options EX, PX, EXAT, PXAT, PERSIST and KEEPTTL, of which a command takes one. The time is checked only when all
/// options have been read, because a syntax error behind a bad time is reported first.
/// </summary>
internal ref struct Expiration
{
    private int _argument;
    private bool _isSeconds;
    private bool _isAbsolute;

    /// <summary>The time in milliseconds of Unix time, or -1; after <see cref="Resolve"/>.</summary>
    public long Deadline;

    /// <summary>Whether KEEPTTL was given.</summary>
    public bool Keep;

    /// <summary>Whether PERSIST was given.</summary>
    public bool Persist;

    /// <summary>Whether a time was given.</summary>
    public readonly bool HasTime => _argument != 0;

    /// <summary>The argument that is the time; 0 if none was given.</summary>
    public readonly int Argument => _argument;

    /// <summary>Whether the time was given as the millisecond of Unix time that it stands for, so that the option means the same at any time.</summary>
    public readonly bool IsDeadline => _isAbsolute && !_isSeconds;

    /// <summary>Whether the time lies in the past.</summary>
    public readonly bool IsPast(scoped ref CommandContext ctx) => HasTime && ctx.IsPast(Deadline);

    /// <summary>Reads the option at an argument, and moves to its last argument.</summary>
    /// <returns>False if there is none, or it does not go with those before.</returns>
    public bool TryRead(scoped ref CommandContext ctx, ref int index, bool allowKeep, bool allowPersist)
    {
        ReadOnlySpan<byte> word = ctx.Arg(index);
        if (allowKeep && ctx.ArgIs(index, "keepttl"u8))
        {
            Keep = true;
            return !HasTime;
        }
        if (allowPersist && ctx.ArgIs(index, "persist"u8))
        {
            Persist = true;
            return !HasTime;
        }
        if (word.Length is not (2 or 4) || Keep || Persist || index + 1 >= ctx.ArgCount)
            return false;
        bool isSeconds = (word[0] | 0x20) == 'e';
        bool isAbsolute = word.Length == 4;
        ReadOnlySpan<byte> name = (isSeconds, isAbsolute) switch
        {
            (true, false) => "ex"u8,
            (false, false) => "px"u8,
            (true, true) => "exat"u8,
            _ => "pxat"u8,
        };
        if (!ctx.ArgIs(index, name) || (HasTime && (_isSeconds != isSeconds || _isAbsolute != isAbsolute)))
            return false;
        _isSeconds = isSeconds;
        _isAbsolute = isAbsolute;
        _argument = ++index;
        return true;
    }

    /// <summary>Takes a relative time from an argument.</summary>
    public static Expiration After(int argument, bool isSeconds) => new() { _argument = argument, _isSeconds = isSeconds };

    /// <summary>Computes the deadline, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="least">The smallest time that can be given.</param>
    public bool Resolve(scoped ref CommandContext ctx, long least = 1)
    {
        Deadline = -1;
        if (!HasTime)
            return true;
        if (!ctx.TryInteger(_argument, out long time))
            return false;
        if (time < least || (_isSeconds && time > long.MaxValue / 1000))
            return Refuse(ref ctx);
        if (_isSeconds)
            time *= 1000;
        if (!_isAbsolute)
        {
            if (time > long.MaxValue - ctx.Now)
                return Refuse(ref ctx);
            time += ctx.Now;
        }
        Deadline = time;
        return true;
    }

    private static bool Refuse(scoped ref CommandContext ctx)
    {
        Span<byte> name = stackalloc byte[32];
        ReadOnlySpan<byte> given = ctx.Arg(0);
        int length = Math.Min(given.Length, name.Length);
        System.Text.Ascii.ToLower(given[..length], name, out _);
        ctx.Reply.Error("ERR invalid expire time in '"u8, name[..length], "' command"u8);
        return false;
    }
}
