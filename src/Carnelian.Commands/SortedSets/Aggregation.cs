using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;

namespace Carnelian.Commands.SortedSets;

/// <summary>What becomes of the scores that a member has in several inputs.</summary>
internal enum Aggregate
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The lowest.</summary>
    Min,

    /// <summary>The highest.</summary>
    Max,

    /// <summary>The sum of the inputs' weights.</summary>
    Count,
}

/// <summary>What the members of several inputs are combined to.</summary>
internal enum Algebra
{
    /// <summary>Those of any input.</summary>
    Union,

    /// <summary>Those of all inputs.</summary>
    Intersection,

    /// <summary>Those of the first input and no other.</summary>
    Difference,

    /// <summary>The number of those of all inputs.</summary>
    IntersectionCount,
}

/// <summary>The inputs and options of ZUNION and its kin, and the combination itself.</summary>
/// <remarks>Sums are made in Valkey's order, smaller inputs first, so that they are rounded as Valkey's are.</remarks>
internal unsafe ref struct Aggregation
{
    private readonly Algebra _algebra;
    private AggregateInput* _inputs;
    private int _count;
    private Aggregate _aggregate;

    public Aggregation(Algebra algebra) => _algebra = algebra;

    /// <summary>Whether the reply has scores.</summary>
    public bool WithScores { get; private set; }

    /// <summary>How many members are counted at most; 0 = all.</summary>
    public long Limit { get; private set; }

    /// <summary>Reads the arguments and looks the keys up, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="first">The argument that is the number of keys.</param>
    /// <param name="isStored">Whether the members are stored and not replied.</param>
    /// <param name="name">The command's name, for the error.</param>
    public bool TryRead(scoped ref CommandContext ctx, int first, bool isStored, ReadOnlySpan<byte> name)
    {
        if (!ctx.TryInteger(first, out long keys))
            return false;
        if (keys < 1)
        {
            ctx.Reply.Error("ERR at least 1 input key is needed for '"u8, name, "' command"u8);
            return false;
        }
        if (keys > ctx.ArgCount - first - 1)
        {
            ctx.WriteSyntaxError();
            return false;
        }
        _count = (int)keys;
        _inputs = (AggregateInput*)NativeHeap.Allocate((nuint)_count * (nuint)sizeof(AggregateInput));
        for (int i = 0; i < _count; i++)
        {
            Entry entry = ctx.Find(ctx.Key(first + 1 + i));
            if (entry.Exists && entry.Type is not (Storage.ValueType.SortedSet or Storage.ValueType.Set))
            {
                ctx.WriteWrongType();
                return false;
            }
            _inputs[i] = new AggregateInput(entry, i);
        }
        return TryOptions(ref ctx, first + 1 + _count, isStored);
    }

    /// <summary>Combines the inputs.</summary>
    /// <param name="result">Takes the members; they are not sorted.</param>
    public readonly void Combine(scoped ref SortedSetBuilder result)
    {
        switch (_algebra)
        {
            case Algebra.Union:
                SortBySize(0, descending: false);
                Unite(ref result);
                break;
            case Algebra.Intersection:
                SortBySize(0, descending: false);
                Intersect(ref result);
                break;
            default:
                // A member that is in another input is most likely in a big one.
                SortBySize(1, descending: true);
                Subtract(ref result);
                break;
        }
    }

    /// <summary>Counts the members that are in all inputs.</summary>
    public readonly long CountCommon()
    {
        SortBySize(0, descending: false);
        long most = Limit == 0 ? long.MaxValue : Limit, found = 0;
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        AggregateWalk walk = _inputs[0].Walk();
        while (found < most && walk.Next(digits, out ReadOnlySpan<byte> member, out _))
        {
            if (IsInAll(member))
                found++;
        }
        walk.Dispose();
        return found;
    }

    public void Dispose()
    {
        NativeHeap.Free((byte*)_inputs);
        _inputs = null;
    }

    private bool TryOptions(scoped ref CommandContext ctx, int first, bool isStored)
    {
        bool isWeighted = _algebra is Algebra.Union or Algebra.Intersection;
        for (int i = first; i < ctx.ArgCount; i++)
        {
            int left = ctx.ArgCount - i - 1;
            if (isWeighted && left >= _count && ctx.ArgIs(i, "weights"u8))
            {
                for (int k = 0; k < _count; k++)
                {
                    if (AsciiNumber.TryParseDouble(ctx.Arg(++i), out _inputs[k].Weight))
                        continue;
                    ctx.Reply.Error("ERR weight value is not a float"u8);
                    return false;
                }
            }
            else if (isWeighted && left >= 1 && ctx.ArgIs(i, "aggregate"u8))
            {
                if (!TryAggregate(ref ctx, ++i))
                    return false;
            }
            else if (_algebra == Algebra.IntersectionCount && left >= 1 && ctx.ArgIs(i, "limit"u8))
            {
                if (!AsciiNumber.TryParseInt64(ctx.Arg(++i), out long limit) || limit < 0)
                {
                    ctx.Reply.Error("ERR LIMIT can't be negative"u8);
                    return false;
                }
                Limit = limit;
            }
            else if (!isStored && _algebra != Algebra.IntersectionCount && ctx.ArgIs(i, "withscores"u8))
            {
                WithScores = true;
            }
            else
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        return true;
    }

    private bool TryAggregate(scoped ref CommandContext ctx, int argument)
    {
        if (ctx.ArgIs(argument, "sum"u8))
        {
            _aggregate = Aggregate.Sum;
        }
        else if (ctx.ArgIs(argument, "min"u8))
        {
            _aggregate = Aggregate.Min;
        }
        else if (ctx.ArgIs(argument, "max"u8))
        {
            _aggregate = Aggregate.Max;
        }
        else if (ctx.ArgIs(argument, "count"u8))
        {
            _aggregate = Aggregate.Count;
        }
        else
        {
            ctx.WriteSyntaxError();
            return false;
        }
        return true;
    }

    private readonly void Unite(scoped ref SortedSetBuilder result)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        result.Reserve(_inputs[_count - 1].Count);
        for (int i = 0; i < _count; i++)
        {
            AggregateWalk walk = _inputs[i].Walk();
            while (walk.Next(digits, out ReadOnlySpan<byte> member, out double score))
            {
                double value = NumberOf(Weighted(score, _inputs[i].Weight));
                if (!result.TryAdd(member, value, out nint place, out double present))
                    SortedSetBuilder.SetScore(place, Combine(present, value));
            }
            walk.Dispose();
        }
    }

    private readonly void Intersect(scoped ref SortedSetBuilder result)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        AggregateWalk walk = _inputs[0].Walk();
        while (walk.Next(digits, out ReadOnlySpan<byte> member, out double score))
        {
            double value = NumberOf(Weighted(score, _inputs[0].Weight));
            bool isCommon = true;
            for (int i = 1; i < _count && isCommon; i++)
            {
                isCommon = _inputs[i].TryGetScore(member, out double other);
                value = Combine(value, Weighted(other, _inputs[i].Weight));
            }
            if (isCommon)
                result.Add(member, value);
        }
        walk.Dispose();
    }

    private readonly void Subtract(scoped ref SortedSetBuilder result)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        AggregateWalk walk = _inputs[0].Walk();
        while (walk.Next(digits, out ReadOnlySpan<byte> member, out double score))
        {
            bool isElsewhere = false;
            for (int i = 1; i < _count && !isElsewhere; i++)
                isElsewhere = _inputs[i].TryGetScore(member, out _);
            if (!isElsewhere)
                result.Add(member, score);
        }
        walk.Dispose();
    }

    private readonly bool IsInAll(ReadOnlySpan<byte> member)
    {
        for (int i = 1; i < _count; i++)
        {
            if (!_inputs[i].TryGetScore(member, out _))
                return false;
        }
        return true;
    }

    private readonly double Weighted(double score, double weight) => _aggregate == Aggregate.Count ? weight : score * weight;

    private readonly double Combine(double one, double other) => _aggregate switch
    {
        Aggregate.Min => other < one ? other : one,
        Aggregate.Max => other > one ? other : one,
        _ => NumberOf(one + other),
    };

    /// <summary>The sum of opposite infinities, or infinity times zero, counts as zero.</summary>
    private static double NumberOf(double value) => double.IsNaN(value) ? 0 : value;

    private readonly void SortBySize(int first, bool descending)
    {
        var inputs = new Span<AggregateInput>(_inputs + first, _count - first);
        if (descending)
            inputs.Sort(static (a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Place.CompareTo(b.Place));
        else
            inputs.Sort(static (a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : a.Place.CompareTo(b.Place));
    }
}
