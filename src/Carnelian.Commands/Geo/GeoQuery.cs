using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;

namespace Carnelian.Commands.Geo;

/// <summary>The arguments of a search: GEOSEARCH and GEOSEARCHSTORE in any order, GEORADIUS and its like with fixed ones first.</summary>
internal unsafe struct GeoQuery : IDisposable
{
    private bool _hasCenter;
    private bool _hasShape;
    private bool _any;
    private int _storedAt;

    /// <summary>What is searched.</summary>
    public GeoShape Shape;

    /// <summary>How many members are wanted; 0 = all.</summary>
    public long Count;

    /// <summary>Whether any so many members will do.</summary>
    public readonly bool Any => _any;

    /// <summary>Whether distances, scores, coordinates are asked for.</summary>
    public bool WithDistance, WithHash, WithCoordinates;

    /// <summary>Whether members come in the order of their distances.</summary>
    public bool IsSorted, IsDescending;

    /// <summary>Whether distances become the scores of what is stored.</summary>
    public bool StoresDistances;

    /// <summary>The argument that is the key to store in; 0 = none.</summary>
    public readonly int StoredAt => _storedAt;

    /// <summary>Reads the arguments, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="kind">What the command is like.</param>
    /// <param name="entry">The sorted set, if it exists.</param>
    public bool TryRead(scoped ref CommandContext ctx, GeoSearchKind kind, Entry entry)
    {
        Shape.Unit = 1;
        int next;
        switch (kind)
        {
            case GeoSearchKind.Radius or GeoSearchKind.RadiusReadOnly:
                if (!GeoArguments.TryPoint(ref ctx, 2, out Shape.Center) || !TryRadius(ref ctx, 4))
                    return false;
                next = 6;
                break;
            case GeoSearchKind.RadiusByMember or GeoSearchKind.RadiusByMemberReadOnly:
                if (entry.Exists && (!TryMember(ref ctx, 2, entry) || !TryRadius(ref ctx, 3)))
                    return false;
                next = 5;
                break;
            default:
                next = kind == GeoSearchKind.SearchStore ? 3 : 2;
                _storedAt = kind == GeoSearchKind.SearchStore ? 1 : 0;
                break;
        }
        for (; next < ctx.ArgCount; next++)
        {
            if (!TryOption(ref ctx, kind, entry, ref next))
                return false;
        }
        return Check(ref ctx, kind);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free((byte*)Shape.Corners);
        Shape.Corners = null;
    }

    private bool TryOption(scoped ref CommandContext ctx, GeoSearchKind kind, Entry entry, ref int at)
    {
        int left = ctx.ArgCount - at - 1;
        bool isSearch = kind is GeoSearchKind.Search or GeoSearchKind.SearchStore;
        if (ctx.ArgIs(at, "withdist"u8))
            return WithDistance = true;
        if (ctx.ArgIs(at, "withhash"u8))
            return WithHash = true;
        if (ctx.ArgIs(at, "withcoord"u8))
            return WithCoordinates = true;
        if (ctx.ArgIs(at, "any"u8))
            return _any = true;
        if (ctx.ArgIs(at, "asc"u8) || ctx.ArgIs(at, "desc"u8))
        {
            IsDescending = ctx.ArgIs(at, "desc"u8);
            return IsSorted = true;
        }
        if (ctx.ArgIs(at, "count"u8) && left >= 1)
            return TryCount(ref ctx, ++at);
        if (kind is GeoSearchKind.Radius or GeoSearchKind.RadiusByMember && left >= 1 && (ctx.ArgIs(at, "store"u8) || ctx.ArgIs(at, "storedist"u8)))
        {
            StoresDistances = ctx.ArgIs(at, "storedist"u8);
            _storedAt = ++at;
            return true;
        }
        if (kind == GeoSearchKind.SearchStore && ctx.ArgIs(at, "storedist"u8))
            return StoresDistances = true;
        bool isPolygon = _hasShape && Shape.Kind == GeoShapeKind.Polygon;
        if (isSearch && !_hasCenter && !isPolygon && left >= 1 && ctx.ArgIs(at, "frommember"u8))
            return (_hasCenter = true) & TryMember(ref ctx, ++at, entry);
        if (isSearch && !_hasCenter && !isPolygon && left >= 2 && ctx.ArgIs(at, "fromlonlat"u8))
        {
            at += 2;
            return (_hasCenter = true) & GeoArguments.TryPoint(ref ctx, at - 1, out Shape.Center);
        }
        if (isSearch && !_hasShape && left >= 2 && ctx.ArgIs(at, "byradius"u8))
        {
            at += 2;
            return (_hasShape = true) & TryRadius(ref ctx, at - 1);
        }
        if (isSearch && !_hasShape && left >= 3 && ctx.ArgIs(at, "bybox"u8))
        {
            at += 3;
            return (_hasShape = true) & TryBox(ref ctx, at - 2);
        }
        if (isSearch && !_hasShape && !_hasCenter && left >= 2 && ctx.ArgIs(at, "bypolygon"u8))
            return (_hasShape = true) & TryPolygon(ref ctx, ref at);
        ctx.WriteSyntaxError();
        return false;
    }

    private bool Check(scoped ref CommandContext ctx, GeoSearchKind kind)
    {
        bool isSearch = kind is GeoSearchKind.Search or GeoSearchKind.SearchStore;
        if (_storedAt != 0 && (WithDistance || WithHash || WithCoordinates))
        {
            ReadOnlySpan<byte> name = kind == GeoSearchKind.SearchStore ? "GEOSEARCHSTORE"u8 : "STORE option in GEORADIUS"u8;
            ctx.Reply.Error("ERR "u8, name, " is not compatible with WITHDIST, WITHHASH and WITHCOORD options"u8);
            return false;
        }
        if (isSearch && !_hasCenter && !(_hasShape && Shape.Kind == GeoShapeKind.Polygon))
        {
            ctx.Reply.Error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for "u8, ctx.ArgAsText(0), default);
            return false;
        }
        if (isSearch && !_hasShape)
        {
            ctx.Reply.Error("ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for "u8, ctx.ArgAsText(0), default);
            return false;
        }
        if (_any && Count == 0)
        {
            ctx.Reply.Error("ERR the ANY argument requires COUNT argument"u8);
            return false;
        }
        // The nearest ones are wanted unless any will do.
        if (Count != 0 && !_any)
            IsSorted = true;
        return true;
    }

    private bool TryCount(scoped ref CommandContext ctx, int argument)
    {
        if (!ctx.TryInteger(argument, out Count))
            return false;
        if (Count > 0)
            return true;
        ctx.Reply.Error("ERR COUNT must be > 0"u8);
        return false;
    }

    private bool TryMember(scoped ref CommandContext ctx, int argument, Entry entry)
    {
        if (!entry.Exists)
            return true;
        if (!new SortedSet(entry).TryGetScore(ctx.Arg(argument), out double score))
        {
            ctx.Reply.Error("ERR member "u8, ctx.ArgAsText(argument), " does not exist"u8);
            return false;
        }
        Shape.Center = GeoHash.OfScore(score).Center();
        return true;
    }

    private bool TryRadius(scoped ref CommandContext ctx, int argument)
    {
        Shape.Kind = GeoShapeKind.Circle;
        if (!GeoArguments.TryLength(ref ctx, argument, "ERR need numeric radius"u8, out Shape.Width))
            return false;
        if (Shape.Width < 0)
        {
            ctx.Reply.Error("ERR radius cannot be negative"u8);
            return false;
        }
        return GeoArguments.TryUnit(ref ctx, argument + 1, out Shape.Unit);
    }

    private bool TryBox(scoped ref CommandContext ctx, int argument)
    {
        Shape.Kind = GeoShapeKind.Box;
        if (!GeoArguments.TryLength(ref ctx, argument, "ERR need numeric width"u8, out Shape.Width)
            || !GeoArguments.TryLength(ref ctx, argument + 1, "ERR need numeric height"u8, out Shape.Height))
        {
            return false;
        }
        if (Shape.Width < 0 || Shape.Height < 0)
        {
            ctx.Reply.Error("ERR height or width cannot be negative"u8);
            return false;
        }
        return GeoArguments.TryUnit(ref ctx, argument + 2, out Shape.Unit);
    }

    private bool TryPolygon(scoped ref CommandContext ctx, ref int at)
    {
        Shape.Kind = GeoShapeKind.Polygon;
        if (!AsciiNumber.TryParseInt64(ctx.Arg(++at), out long count) || count is < int.MinValue or > int.MaxValue)
        {
            ctx.Reply.Error("ERR invalid number of vertices"u8);
            return false;
        }
        if (count < 3 || count > (ctx.ArgCount - at - 1) / 2)
        {
            ctx.Reply.Error("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"u8);
            return false;
        }
        Shape.CornerCount = (int)count;
        Shape.Corners = (GeoPoint*)NativeHeap.Allocate((nuint)count * (nuint)sizeof(GeoPoint));
        for (int i = 0; i < count; i++)
        {
            if (!GeoArguments.TryPoint(ref ctx, at + 1 + (2 * i), out Shape.Corners[i]))
                return false;
        }
        at += 2 * (int)count;
        return true;
    }
}

/// <summary>The commands that search.</summary>
internal enum GeoSearchKind
{
    /// <summary>GEORADIUS.</summary>
    Radius,

    /// <summary>GEORADIUS_RO.</summary>
    RadiusReadOnly,

    /// <summary>GEORADIUSBYMEMBER.</summary>
    RadiusByMember,

    /// <summary>GEORADIUSBYMEMBER_RO.</summary>
    RadiusByMemberReadOnly,

    /// <summary>GEOSEARCH.</summary>
    Search,

    /// <summary>GEOSEARCHSTORE.</summary>
    SearchStore,
}
