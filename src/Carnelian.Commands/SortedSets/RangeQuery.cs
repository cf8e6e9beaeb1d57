using Carnelian.Storage.SortedSets;

namespace Carnelian.Commands.SortedSets;

/// <summary>What a range command orders by.</summary>
internal enum RangeKind
{
    /// <summary>By rank, unless an option says otherwise.</summary>
    Rank,

    /// <summary>By score.</summary>
    Score,

    /// <summary>By member.</summary>
    Lex,
}

/// <summary>A range of members as the ZRANGE family describes it: which, in which direction, how many of them.</summary>
internal ref struct RangeQuery
{
    public RangeKind Kind;
    public bool IsReversed;
    public bool WithScores;
    public long Offset;
    public long Limit;
    private long _start;
    private long _stop;
    private ScoreRange _scores;
    private LexRange _members;

    /// <summary>Reads options and ends, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="first">The argument that is the first end; options follow the second.</param>
    /// <param name="isStored">Whether the members are stored and not replied.</param>
    /// <param name="hasFixedKind">Whether no option says what to order by.</param>
    /// <param name="hasFixedDirection">Whether no option says in which direction to go.</param>
    public bool TryRead(scoped ref CommandContext ctx, int first, bool isStored, bool hasFixedKind, bool hasFixedDirection)
    {
        Limit = -1;
        for (int i = first + 2; i < ctx.ArgCount; i++)
        {
            if (!isStored && ctx.ArgIs(i, "withscores"u8))
            {
                WithScores = true;
            }
            else if (ctx.ArgIs(i, "limit"u8) && i + 2 < ctx.ArgCount)
            {
                if (!ctx.TryInteger(i + 1, out Offset) || !ctx.TryInteger(i + 2, out Limit))
                    return false;
                i += 2;
            }
            else if (!hasFixedDirection && ctx.ArgIs(i, "rev"u8))
            {
                hasFixedDirection = IsReversed = true;
            }
            else if (!hasFixedKind && ctx.ArgIs(i, "bylex"u8))
            {
                hasFixedKind = true;
                Kind = RangeKind.Lex;
            }
            else if (!hasFixedKind && ctx.ArgIs(i, "byscore"u8))
            {
                hasFixedKind = true;
                Kind = RangeKind.Score;
            }
            else
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        if (Limit != -1 && Kind == RangeKind.Rank)
        {
            ctx.Reply.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"u8);
            return false;
        }
        if (WithScores && Kind == RangeKind.Lex)
        {
            ctx.Reply.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX"u8);
            return false;
        }
        (int min, int max) = IsReversed ? (first + 1, first) : (first, first + 1);
        return Kind switch
        {
            RangeKind.Score => RangeArguments.TryScores(ref ctx, min, max, out _scores),
            RangeKind.Lex => RangeArguments.TryLex(ref ctx, min, max, ref _members),
            _ => ctx.TryInteger(first, out _start) && ctx.TryInteger(first + 1, out _stop),
        };
    }

    /// <summary>The members of a set that are in the range.</summary>
    /// <param name="set">The set.</param>
    /// <returns>The rank of the first in the query's direction, and how many follow.</returns>
    public readonly RankRange Resolve(in SortedSet set)
    {
        long count = set.Count;
        if (Kind == RangeKind.Rank)
        {
            RankRange ranks = RanksOf(_start, _stop, count);
            return IsReversed ? new RankRange(count - 1 - ranks.Start, ranks.Count) : ranks;
        }
        RankRange found = Kind == RangeKind.Score ? set.Find(_scores) : set.Find(_members, IsReversed);
        long offset = Offset;
        if (offset < 0)
        {
            // Valkey: from the end of the range in a skiplist, beyond it in a listpack.
            offset = set.IsPacked ? found.Count : offset + found.Count;
            if (offset < 0)
                return RankRange.None;
        }
        long left = Math.Max(found.Count - offset, 0);
        if (Limit >= 0)
            left = Math.Min(left, Limit);
        if (left == 0)
            return RankRange.None;
        return new RankRange(IsReversed ? found.Start + found.Count - 1 - offset : found.Start + offset, left);
    }

    /// <summary>The ranks that two indexes stand for, which count from the end if they are negative.</summary>
    public static RankRange RanksOf(long start, long stop, long count)
    {
        if (start < 0)
            start = Math.Max(start + count, 0);
        if (stop < 0)
            stop += count;
        if (start > stop || start >= count)
            return RankRange.None;
        return new RankRange(start, Math.Min(stop, count - 1) - start + 1);
    }
}
