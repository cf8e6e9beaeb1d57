using Carnelian.Commands.SortedSets;
using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Geo;

/// <summary>Commands that find the places in a circle, a box or a polygon.</summary>
public static class GeoSearchCommands
{
    [Command("GEORADIUS", Arity = -6, Group = CommandGroup.Geo, Since = "3.2.0", Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
        Summary = "Returns the places within a distance of a point, or stores them.",
        Flags = Write | DenyOom,
        Keys = """
            RO access @1
            OW update variable_flags @STORE:6
            OW update variable_flags @STOREDIST:6
            """,
        Refine = nameof(RefineStore),
        Arguments = """
            key:key
            longitude:double
            latitude:double
            radius:double
            unit(M | KM | FT | MI)
            [WITHCOORD]
            [WITHDIST]
            [WITHHASH]
            [count-block{COUNT count:integer, [ANY since=6.2.0]}]
            [order(ASC | DESC)]
            [store(STORE storekey:key@1 display=key | STOREDIST storedistkey:key@2 display=key)]
            """,
        History = """
            6.2.0 Added the `ANY` option for `COUNT`.
            7.0.0 Added support for uppercase unit names.
            """)]
    public static void GeoRadius(scoped ref CommandContext ctx) => Run(ref ctx, GeoSearchKind.Radius, 1);

    [Command("GEORADIUS_RO", Arity = -6, Group = CommandGroup.Geo, Since = "3.2.10", Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
        Summary = "Returns the places within a distance of a point.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = """
            key:key
            longitude:double
            latitude:double
            radius:double
            unit(M | KM | FT | MI)
            [WITHCOORD]
            [WITHDIST]
            [WITHHASH]
            [count-block{COUNT count:integer, [ANY since=6.2.0]}]
            [order(ASC | DESC)]
            """,
        History = """
            6.2.0 Added the `ANY` option for `COUNT`.
            7.0.0 Added support for uppercase unit names.
            """)]
    public static void GeoRadiusReadOnly(scoped ref CommandContext ctx) => Run(ref ctx, GeoSearchKind.RadiusReadOnly, 1);

    [Command("GEORADIUSBYMEMBER", Arity = -5, Group = CommandGroup.Geo, Since = "3.2.0", Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
        Summary = "Returns the places within a distance of another one, or stores them.",
        Flags = Write | DenyOom,
        Keys = """
            RO access @1
            OW update variable_flags @STORE:5
            OW update variable_flags @STOREDIST:5
            """,
        Refine = nameof(RefineStore),
        Arguments = """
            key:key
            member
            radius:double
            unit(M | KM | FT | MI)
            [WITHCOORD]
            [WITHDIST]
            [WITHHASH]
            [count-block{COUNT count:integer, [ANY]}]
            [order(ASC | DESC)]
            [store(STORE storekey:key@1 display=key | STOREDIST storedistkey:key@2 display=key)]
            """,
        History = """
            6.2.0 Added the `ANY` option for `COUNT`.
            7.0.0 Added support for uppercase unit names.
            """)]
    public static void GeoRadiusByMember(scoped ref CommandContext ctx) => Run(ref ctx, GeoSearchKind.RadiusByMember, 1);

    [Command("GEORADIUSBYMEMBER_RO", Arity = -5, Group = CommandGroup.Geo, Since = "3.2.10", Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
        Summary = "Returns the places within a distance of another one.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = """
            key:key
            member
            radius:double
            unit(M | KM | FT | MI)
            [WITHCOORD]
            [WITHDIST]
            [WITHHASH]
            [count-block{COUNT count:integer, [ANY]}]
            [order(ASC | DESC)]
            """,
        History = """
            6.2.0 Added the `ANY` option for `COUNT`.
            7.0.0 Added support for uppercase unit names.
            """)]
    public static void GeoRadiusByMemberReadOnly(scoped ref CommandContext ctx) => Run(ref ctx, GeoSearchKind.RadiusByMemberReadOnly, 1);

    [Command("GEOSEARCH", Arity = -7, Group = CommandGroup.Geo, Since = "6.2.0", Complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape",
        Summary = "Returns the places in a circle, a box or a polygon.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = """
            key:key
            [from(FROMMEMBER member | FROMLONLAT fromlonlat{longitude:double, latitude:double})]
            by(circle{BYRADIUS radius:double, unit(M | KM | FT | MI)} | box{BYBOX width:double, height:double, unit(M | KM | FT | MI)} | polygon{BYPOLYGON num-vertices:integer, vertices{longitude:double, latitude:double}...} since=9.0.0)
            [order(ASC | DESC)]
            [count-block{COUNT count:integer, [ANY]}]
            [WITHCOORD]
            [WITHDIST]
            [WITHHASH]
            """,
        History = """
            7.0.0 Added support for uppercase unit names.
            9.0.0 Added support for the BYPOLYGON option.
            """)]
    public static void GeoSearch(scoped ref CommandContext ctx) => Run(ref ctx, GeoSearchKind.Search, 1);

    [Command("GEOSEARCHSTORE", Arity = -8, Group = CommandGroup.Geo, Since = "6.2.0", Complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape",
        Summary = "Stores the places in a circle, a box or a polygon.",
        Flags = Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2
            """,
        Arguments = """
            destination:key
            source:key@1
            [from(FROMMEMBER member | FROMLONLAT fromlonlat{longitude:double, latitude:double})]
            by(circle{BYRADIUS radius:double, unit(M | KM | FT | MI)} | box{BYBOX width:double, height:double, unit(M | KM | FT | MI)} | polygon{BYPOLYGON num-vertices:integer, vertices{longitude:double, latitude:double}...} since=9.0.0)
            [order(ASC | DESC)]
            [count-block{COUNT count:integer, [ANY]}]
            [STOREDIST]
            """,
        History = """
            7.0.0 Added support for uppercase unit names.
            9.0.0 Added support for the BYPOLYGON option.
            """)]
    public static void GeoSearchStore(scoped ref CommandContext ctx) => Run(ref ctx, GeoSearchKind.SearchStore, 2);

    // The last of several keys to store in is the one that counts. Options begin at the same place for both commands, as in Valkey.
    internal static bool RefineStore(ReadOnlySpan<Argument> arguments, ref KeyList keys)
    {
        int stored = 0;
        for (int i = 5; i < arguments.Length - 1; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "store"u8) || System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "storedist"u8))
                stored = ++i;
        }
        keys.Truncate(1);
        if (stored != 0)
            keys.Add(stored, KeyFlags.Overwrite | KeyFlags.Update);
        return true;
    }

    private static void Run(scoped ref CommandContext ctx, GeoSearchKind kind, int source)
    {
        if (!SortedSetValue.TryRead(ref ctx, ctx.Key(source), out Entry entry))
            return;
        GeoQuery query = default;
        if (query.TryRead(ref ctx, kind, entry))
            Search(ref ctx, kind, ref query, entry);
        query.Dispose();
    }

    private static void Search(scoped ref CommandContext ctx, GeoSearchKind kind, ref GeoQuery query, Entry entry)
    {
        GeoMatches matches = default;
        if (entry.Exists)
        {
            query.Shape.Prepare();
            matches.Collect(new SortedSet(entry), query.Shape, query.Any ? query.Count : 0);
            if (query.IsSorted)
                matches.Sort(query.IsDescending);
        }
        int count = query.Count == 0 ? matches.Count : (int)Math.Min(matches.Count, query.Count);
        if (query.StoredAt != 0)
            Store(ref ctx, kind, query, matches, count);
        else
            WriteMatches(ref ctx, query, matches, count);
        matches.Dispose();
    }

    private static void WriteMatches(scoped ref CommandContext ctx, in GeoQuery query, in GeoMatches matches, int count)
    {
        int parts = 1 + (query.WithDistance ? 1 : 0) + (query.WithHash ? 1 : 0) + (query.WithCoordinates ? 1 : 0);
        ctx.Reply.Array(count);
        for (int i = 0; i < count; i++)
        {
            ref readonly GeoMatch match = ref matches[i];
            if (parts > 1)
                ctx.Reply.Array(parts);
            ctx.Reply.Bulk(match.Member);
            if (query.WithDistance)
                GeoArguments.WriteDistance(ref ctx, match.Distance / query.Shape.Unit);
            if (query.WithHash)
                ctx.Reply.Integer((long)match.Score);
            if (query.WithCoordinates)
                GeoArguments.WritePoint(ref ctx, GeoHash.OfScore(match.Score).Center());
        }
    }

    private static void Store(scoped ref CommandContext ctx, GeoSearchKind kind, in GeoQuery query, in GeoMatches matches, int count)
    {
        SortedSetBuilder builder = default;
        for (int i = 0; i < count; i++)
        {
            ref readonly GeoMatch match = ref matches[i];
            // A cell may have been searched twice.
            builder.TryAdd(match.Member, query.StoresDistances ? match.Distance / query.Shape.Unit : match.Score, out _, out _);
        }
        builder.Sort();
        if (ctx.Effects != null && query.IsSorted && count > 0 && count < matches.Count && matches[count - 1].Distance == matches[count].Distance)
            WriteChosen(ref ctx, query, matches, count);
        SortedSet stored = builder.Build(SortedSetValue.Limits(ref ctx));
        SortedSetValue.Store(ref ctx, ctx.Key(query.StoredAt), stored, kind == GeoSearchKind.SearchStore ? "geosearchstore"u8 : "georadiusstore"u8);
        if (count > 0)
            ctx.Dirty += count - 1;
    }

    /// <summary>Which of the places at the same distance are stored is not the same on every server: what was stored goes to the journal.</summary>
    private static unsafe void WriteChosen(scoped ref CommandContext ctx, in GeoQuery query, in GeoMatches matches, int count)
    {
        ReadOnlySpan<byte> key = ctx.Arg(query.StoredAt);
        JournalUnit effects = ctx.ReplaceEffect(2);
        effects.Add("DEL"u8);
        effects.Add(key);
        effects = ctx.ReplaceEffect(2 + 2 * count);
        effects.Add("ZADD"u8);
        effects.Add(key);
        byte* text = stackalloc byte[NumberFormat.MaxDoubleLength];
        for (int i = 0; i < count; i++)
        {
            ref readonly GeoMatch match = ref matches[i];
            int length = NumberFormat.WriteDouble(text, query.StoresDistances ? match.Distance / query.Shape.Unit : match.Score);
            effects.Add(new ReadOnlySpan<byte>(text, length));
            effects.Add(match.Member);
        }
    }
}
