using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>The options of XADD and XTRIM, which share most of them.</summary>
internal struct AddOptions
{
    private const long LeastDefaultLimit = 10_000;
    private const long MostDefaultLimit = 1_000_000;

    /// <summary>How to shorten the stream.</summary>
    public StreamTrim Trim;

    /// <summary>NOMKSTREAM: a key that does not exist stays so.</summary>
    public bool NeedsKey;

    /// <summary>The argument with the producer's id; 0 without IDMP and IDMPAUTO.</summary>
    public int Producer;

    /// <summary>The argument with the message's id; 0 without IDMP.</summary>
    public int Message;

    /// <summary>The argument with the id of XADD; 0 for XTRIM.</summary>
    public int IdArgument;

    /// <summary>The argument with the number or id to trim to; 0 without trimming.</summary>
    public int TrimArgument;

    /// <summary>Where the fields begin.</summary>
    public int Fields;

    /// <summary>Whether an id was given, in full or in part; else the server chooses it.</summary>
    public bool HasId;

    /// <summary>Whether the id that was given has a sequence number.</summary>
    public bool HasSequence;

    /// <summary>The id.</summary>
    public StreamId Id;

    /// <summary>Reads the options, or writes the error.</summary>
    public bool TryRead(scoped ref CommandContext ctx, bool isAdd)
    {
        bool hasLimit = false, hasPolicy = false;
        int i = 2;
        for (; i < ctx.ArgCount; i++)
        {
            ReadOnlySpan<byte> word = ctx.Arg(i);
            bool hasMore = i + 1 < ctx.ArgCount;
            if (isAdd && word.Length == 1 && word[0] == '*')
                break;
            if (hasMore && (ctx.ArgIs(i, "maxlen"u8) || ctx.ArgIs(i, "minid"u8)))
            {
                if (!TryReadStrategy(ref ctx, ref i))
                    return false;
            }
            else if (hasMore && ctx.ArgIs(i, "limit"u8))
            {
                if (!ctx.TryInteger(++i, out Trim.Limit))
                    return false;
                if (Trim.Limit < 0)
                    return Refuse(ref ctx, "ERR The LIMIT argument must be >= 0."u8);
                hasLimit = true;
            }
            else if (TryReadPolicy(ref ctx, i, out ReferencePolicy policy))
            {
                if (hasPolicy)
                    return Refuse(ref ctx, "ERR syntax error"u8);
                Trim.References = policy;
                hasPolicy = true;
            }
            else if (isAdd && ctx.ArgIs(i, "nomkstream"u8))
            {
                NeedsKey = true;
            }
            else if (isAdd && ctx.ArgIs(i, "idmp"u8) && i + 2 < ctx.ArgCount)
            {
                if (Producer != 0)
                    return Refuse(ref ctx, "ERR IDMP/IDMPAUTO specified multiple times"u8);
                Producer = ++i;
                Message = ++i;
            }
            else if (isAdd && ctx.ArgIs(i, "idmpauto"u8) && hasMore)
            {
                if (Producer != 0)
                    return Refuse(ref ctx, "ERR IDMP/IDMPAUTO specified multiple times"u8);
                Producer = ++i;
            }
            else if (isAdd)
            {
                if (!StreamId.TryParsePartial(word, out Id, out HasSequence))
                {
                    StreamAccess.WriteInvalidId(ref ctx);
                    return false;
                }
                HasId = true;
                break;
            }
            else
            {
                return Refuse(ref ctx, "ERR syntax error"u8);
            }
        }
        Fields = i + 1;
        IdArgument = isAdd ? i : 0;
        return CheckLimit(ref ctx, hasLimit);
    }

    /// <summary>Reads KEEPREF, DELREF or ACKED, if it is one of them.</summary>
    public static bool TryReadPolicy(scoped ref CommandContext ctx, int index, out ReferencePolicy policy)
    {
        policy = ReferencePolicy.Keep;
        if (ctx.ArgIs(index, "keepref"u8))
            return true;
        policy = ReferencePolicy.Delete;
        if (ctx.ArgIs(index, "delref"u8))
            return true;
        policy = ReferencePolicy.Acknowledged;
        return ctx.ArgIs(index, "acked"u8);
    }

    private bool TryReadStrategy(scoped ref CommandContext ctx, ref int index)
    {
        if (Trim.IsWanted)
            return Refuse(ref ctx, "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"u8);
        Trim.IsWanted = true;
        Trim.IsById = ctx.Arg(index).Length == 5;
        ReadOnlySpan<byte> sign = ctx.Arg(++index);
        if (index + 1 < ctx.ArgCount && sign.Length == 1 && sign[0] is (byte)'~' or (byte)'=')
        {
            Trim.IsApproximate = sign[0] == '~';
            index++;
        }
        TrimArgument = index;
        if (Trim.IsById)
            return StreamAccess.TryId(ref ctx, index, 0, out Trim.LeastId);
        if (!ctx.TryInteger(index, out Trim.MostEntries))
            return false;
        return Trim.MostEntries >= 0 || Refuse(ref ctx, "ERR The MAXLEN argument must be >= 0."u8);
    }

    private bool CheckLimit(scoped ref CommandContext ctx, bool hasLimit)
    {
        if (hasLimit)
        {
            if (!Trim.IsWanted && Trim.Limit != 0)
                return Refuse(ref ctx, "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"u8);
            // In a journal approximate trimming has become exact, and its limit has stayed.
            return Trim.IsApproximate || ctx.Session.IsReplaying || Refuse(ref ctx, "ERR syntax error, LIMIT cannot be used without the special ~ option"u8);
        }
        if (Trim.IsApproximate)
        {
            // So that one command is not held up by a stream that was never shortened.
            long entries = ctx.Services.Limits.StreamNodeEntries;
            Trim.Limit = entries <= 0 ? LeastDefaultLimit : Math.Min(entries, MostDefaultLimit / 100) * 100;
        }
        return true;
    }

    private static bool Refuse(scoped ref CommandContext ctx, ReadOnlySpan<byte> error)
    {
        ctx.Reply.Error(error);
        return false;
    }
}
