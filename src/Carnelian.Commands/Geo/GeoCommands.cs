using Carnelian.Commands.SortedSets;
using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Geo;

/// <summary>Commands on single places. Places are members of sorted sets, whose scores are cells of a grid (<see cref="GeoHash"/>).</summary>
public static unsafe class GeoCommands
{
    private const int FewPoints = 16;
    private const int HashLength = 11;

    private static ReadOnlySpan<byte> HashAlphabet => "0123456789bcdefghjkmnpqrstuvwxyz"u8;

    [Command("GEOADD", Arity = -5, Group = CommandGroup.Geo, Since = "3.2.0", Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        Summary = "Adds places to a sorted set, or moves those that it has.",
        Flags = Write | DenyOom,
        Keys = "RW update @1",
        Arguments = """
            key:key
            [condition(NX | XX) since=6.2.0]
            [CH change:pure-token since=6.2.0]
            data{longitude:double, latitude:double, member}...
            """,
        History = "6.2.0 Added the `CH`, `NX` and `XX` options.")]
    public static void GeoAdd(scoped ref CommandContext ctx)
    {
        SortedSetConditions conditions = SortedSetConditions.None;
        bool countsChanged = false;
        int first = 2;
        for (; first < ctx.ArgCount; first++)
        {
            if (ctx.ArgIs(first, "nx"u8))
                conditions |= SortedSetConditions.OnlyNew;
            else if (ctx.ArgIs(first, "xx"u8))
                conditions |= SortedSetConditions.OnlyPresent;
            else if (ctx.ArgIs(first, "ch"u8))
                countsChanged = true;
            else
                break;
        }
        if (ctx.ArgCount == first || (ctx.ArgCount - first) % 3 != 0 || conditions == (SortedSetConditions.OnlyNew | SortedSetConditions.OnlyPresent))
        {
            ctx.WriteSyntaxError();
            return;
        }
        int count = (ctx.ArgCount - first) / 3;
        double* scores = stackalloc double[FewPoints];
        if (count > FewPoints)
            scores = (double*)NativeHeap.Allocate((nuint)count * sizeof(double));
        if (TryScores(ref ctx, first, count, scores))
        {
            AddCommands.Add(ref ctx, first, step: 3, count, scores, conditions, countsChanged);
            if (ctx.Effects != null && ctx.Dirty != 0)
                ReplaceByAdd(ref ctx, first, count, scores);
        }
        if (count > FewPoints)
            NativeHeap.Free((byte*)scores);
    }

    private static void ReplaceByAdd(scoped ref CommandContext ctx, int first, int count, double* scores)
    {
        JournalUnit effects = ctx.ReplaceEffect(first + 2 * count);
        effects.Add("ZADD"u8);
        for (int i = 1; i < first; i++)
            effects.Add(ctx.Arg(i));
        for (int i = 0; i < count; i++)
        {
            effects.Add((long)scores[i]);
            effects.Add(ctx.Arg(first + 3 * i + 2));
        }
    }

    [Command("GEODIST", Arity = -4, Group = CommandGroup.Geo, Since = "3.2.0", Complexity = "O(1)",
        Summary = "Returns the distance of two places.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, member1, member2, [unit(M | KM | FT | MI)]")]
    public static void GeoDist(scoped ref CommandContext ctx)
    {
        double unit = 1;
        if (ctx.ArgCount > 5)
        {
            ctx.WriteSyntaxError();
            return;
        }
        if ((ctx.ArgCount == 5 && !GeoArguments.TryUnit(ref ctx, 4, out unit)) || !SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        if (entry.Exists && new SortedSet(entry) is var set && set.TryGetScore(ctx.Arg(2), out double first) && set.TryGetScore(ctx.Arg(3), out double second))
            GeoArguments.WriteDistance(ref ctx, GeoDistance.Between(GeoHash.OfScore(first).Center(), GeoHash.OfScore(second).Center()) / unit);
        else
            ctx.Reply.Null();
    }

    [Command("GEOHASH", Arity = -2, Group = CommandGroup.Geo, Since = "3.2.0", Complexity = "O(1) for each member requested.",
        Summary = "Returns places as geohashes of eleven characters.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, [member...]")]
    public static void GeoHashes(scoped ref CommandContext ctx)
    {
        if (!SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        Span<byte> text = stackalloc byte[HashLength];
        ctx.Reply.Array(ctx.ArgCount - 2);
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (!entry.Exists || !new SortedSet(entry).TryGetScore(ctx.Arg(i), out double score))
            {
                ctx.Reply.Null();
                continue;
            }
            // The standard's grid goes to the poles. Its last character would need three bits more than there are.
            ulong bits = GeoHash.Of(GeoHash.OfScore(score).Center(), GeoHash.MostSteps, mostLatitude: 90).Bits;
            for (int k = 0; k < HashLength - 1; k++)
                text[k] = HashAlphabet[(int)(bits >> (52 - ((k + 1) * 5)) & 31)];
            text[HashLength - 1] = HashAlphabet[0];
            ctx.Reply.Bulk(text);
        }
    }

    [Command("GEOPOS", Arity = -2, Group = CommandGroup.Geo, Since = "3.2.0", Complexity = "O(1) for each member requested.",
        Summary = "Returns the longitudes and latitudes of places.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, [member...]")]
    public static void GeoPos(scoped ref CommandContext ctx)
    {
        if (!SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        ctx.Reply.Array(ctx.ArgCount - 2);
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (entry.Exists && new SortedSet(entry).TryGetScore(ctx.Arg(i), out double score))
                GeoArguments.WritePoint(ref ctx, GeoHash.OfScore(score).Center());
            else
                ctx.Reply.NullArray();
        }
    }

    private static bool TryScores(scoped ref CommandContext ctx, int first, int count, double* scores)
    {
        for (int i = 0; i < count; i++)
        {
            if (!GeoArguments.TryPoint(ref ctx, first + (3 * i), out GeoPoint point))
                return false;
            scores[i] = GeoHash.Of(point, GeoHash.MostSteps).Bits;
        }
        return true;
    }
}
