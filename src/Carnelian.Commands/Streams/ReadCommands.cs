using System.Buffers;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Streams;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>XREAD and XREADGROUP: what came after some id in several streams.</summary>
public static class ReadCommands
{
    /// <summary>More streams than these need an array of their own.</summary>
    private const int FewStreams = 8;

    [Command("XREAD", Arity = -4, Group = CommandGroup.Stream, Since = "5.0.0",
        Summary = "Returns the entries of streams behind given ids, and waits for one if wanted.",
        Flags = ReadOnly | Blocking,
        Keys = "RO access @STREAMS:1..-1%2", Refine = nameof(RefineRead),
        Arguments = "[COUNT count:integer], [BLOCK milliseconds:integer], STREAMS streams{key:key..., id...}")]
    public static void XRead(scoped ref CommandContext ctx) => Read(ref ctx, isGroup: false);

    [Command("XREADGROUP", Arity = -7, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.",
        Summary = "Delivers entries of streams that a group has not read to a consumer, or those again that are pending for it.",
        Flags = Write | Blocking,
        Keys = "RO access @STREAMS:4..-1%2", Refine = nameof(RefineReadGroup),
        Arguments = """
            GROUP group-block{group, consumer}
            [COUNT count:integer]
            [BLOCK milliseconds:integer]
            [NOACK]
            STREAMS streams{key:key..., id...}
            """)]
    public static void XReadGroup(scoped ref CommandContext ctx) => Read(ref ctx, isGroup: true);

    internal static bool RefineRead(ReadOnlySpan<Argument> arguments, ref KeyList keys) => RefineStreams(arguments, 1, ref keys);

    internal static bool RefineReadGroup(ReadOnlySpan<Argument> arguments, ref KeyList keys) => RefineStreams(arguments, 4, ref keys);

    private static bool IsStreams(ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(word, "streams"u8);

    /// <summary>Finds the keys where the search for the word STREAMS met one that is an argument of an option.</summary>
    private static bool RefineStreams(ReadOnlySpan<Argument> arguments, int searched, ref KeyList keys)
    {
        bool hasWord = false;
        for (int i = searched; keys.Count == 0 && i < arguments.Length - 1; i++)
            hasWord |= IsStreams(arguments[i].Span);
        for (int i = 1; hasWord && i < arguments.Length; i++)
        {
            ReadOnlySpan<byte> word = arguments[i].Span;
            if (IsStreams(word))
            {
                int count = arguments.Length - i - 1;
                for (int k = 0; count % 2 == 0 && k < count / 2; k++)
                    keys.Add(i + 1 + k, KeyFlags.None);
                break;
            }
            if (System.Text.Ascii.EqualsIgnoreCase(word, "block"u8) || System.Text.Ascii.EqualsIgnoreCase(word, "count"u8))
                i++;
            else if (System.Text.Ascii.EqualsIgnoreCase(word, "group"u8))
                i += 2;
            else if (!System.Text.Ascii.EqualsIgnoreCase(word, "noack"u8))
                break;
        }
        return true;
    }

    private static void Read(scoped ref CommandContext ctx, bool isGroup)
    {
        ReadOptions options = default;
        if (!options.TryRead(ref ctx, isGroup))
            return;
        StreamSource[]? rented = options.Streams > FewStreams ? ArrayPool<StreamSource>.Shared.Rent(options.Streams) : null;
        Span<StreamSource> sources = rented ?? stackalloc StreamSource[FewStreams];
        sources = sources[..options.Streams];
        if (TryFindSources(ref ctx, options, sources))
            Serve(ref ctx, options, sources);
        if (rented != null)
            ArrayPool<StreamSource>.Shared.Return(rented);
    }

    /// <summary>Finds the streams, and the ids behind which to read, or writes the error.</summary>
    private static bool TryFindSources(scoped ref CommandContext ctx, in ReadOptions options, scoped Span<StreamSource> sources)
    {
        for (int i = 0; i < sources.Length; i++)
        {
            ref StreamSource source = ref sources[i];
            source = default;
            int idIndex = options.Keys + sources.Length + i;
            if (!StreamAccess.TryFind(ref ctx, ctx.Key(options.Keys + i), out source.Stream))
                return false;
            if (options.Group != 0)
            {
                if (source.Stream.Exists)
                    source.Group = source.Stream.FindGroup(ctx.Arg(options.Group));
                if (!source.Group.Exists)
                {
                    StreamAccess.WriteNoGroup(ref ctx, options.Keys + i, options.Group, " in XREADGROUP with GROUP option"u8);
                    return false;
                }
            }
            ReadOnlySpan<byte> id = ctx.Arg(idIndex);
            if (id.Length != 1 || id[0] is not ((byte)'$' or (byte)'+' or (byte)'>'))
            {
                if (!StreamAccess.TryId(ref ctx, idIndex, 0, out source.Behind))
                    return false;
                // The greatest id means the same as ">".
                source.WantsNew = options.Group != 0 && source.Behind == StreamId.Max;
            }
            else if (!TrySpecialId(ref ctx, id[0], options.Group != 0, ref source))
            {
                return false;
            }
        }
        return true;
    }

    private static bool TrySpecialId(scoped ref CommandContext ctx, byte sign, bool isGroup, ref StreamSource source)
    {
        if (sign == '>')
        {
            source.WantsNew = isGroup;
            if (!isGroup)
                ctx.Reply.Error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."u8);
            return isGroup;
        }
        if (isGroup)
        {
            ReadOnlySpan<byte> name = sign == '$' ? "$"u8 : "+"u8;
            ctx.Reply.Error("ERR The "u8, name, sign == '$'
                ? " ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."u8
                : " ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set."u8);
            return false;
        }
        source.IsResolved = true;
        source.Behind = source.Stream.Exists ? source.Stream.LastId : default;
        if (sign == '+')
        {
            source.WantsLast = true;
            source.Behind.TryPrevious(out StreamId previous);
            source.Behind = source.Behind.IsZero ? default : previous;
        }
        return true;
    }

    private static void Serve(scoped ref CommandContext ctx, in ReadOptions options, scoped Span<StreamSource> sources)
    {
        var budget = new ReadBudget(ctx.Reply, options);
        DeferredLength length = default;
        int served = 0;
        for (int i = 0; i < sources.Length; i++)
        {
            ref StreamSource source = ref sources[i];
            Key key = ctx.Key(options.Keys + i);
            StreamConsumer consumer = default;
            if (options.Group != 0)
            {
                consumer = GetConsumer(ref ctx, key, source.Group, ctx.Arg(options.Group + 1), out bool isNew);
                ctx.Propagation = Propagation.Never;
                if (isNew && options.IsAcknowledged)
                    StreamEffects.AddConsumer(ref ctx, options.Keys + i, source.Group, consumer);
            }
            // A key that is missing is missed once more.
            if (!source.Stream.Exists)
                ctx.Find(key);
            bool hasClaim = source.WantsNew && options.LeastIdle >= 0 && GroupReader.HasIdle(ctx.Now, source.Group, options.LeastIdle);
            if (!hasClaim && !HasEntries(ref source, options))
                continue;
            long most = budget.Allowance(source.WantsLast ? 1 : options.Count);
            if (budget.IsSpent)
                continue;
            if (served++ == 0)
                length = ctx.Reply.BeginDeferred();
            if (ctx.Reply.Resp < 3)
                ctx.Reply.Array(2);
            ctx.Reply.Bulk(key.Bytes);
            if (options.Group == 0)
                WriteBehind(ref ctx, source, most, ref budget);
            else if (source.WantsNew)
                GroupReader.WriteNew(ref ctx, options.Keys + i, source, consumer, options, most, ref budget);
            else
                GroupReader.WriteHistory(ref ctx, source, consumer, most, ref budget);
            if (options.Group != 0)
                ctx.Dirty++;
        }
        if (served == 0)
            WaitOrGiveUp(ref ctx, options, sources);
        else if (ctx.Reply.Resp < 3)
            ctx.Reply.EndArray(length, served);
        else
            ctx.Reply.EndMap(length, served);
    }

    private static void WaitOrGiveUp(scoped ref CommandContext ctx, in ReadOptions options, scoped Span<StreamSource> sources)
    {
        if (options.Wait < 0)
        {
            ctx.Reply.NullArray();
            return;
        }
        bool isChanged = false;
        foreach (StreamSource source in sources)
            isChanged |= source.IsResolved;
        ReplacedIds arguments = isChanged ? ReplacedIds.Make(ctx.Arguments, options.Keys + sources.Length, sources) : default;
        var wait = new KeyWait(Storage.ValueType.Stream, options.Keys, sources.Length, options.Wait == 0 ? 0 : ctx.Now + options.Wait)
        {
            // A group that is gone ends the wait.
            WantsRemoval = options.Group != 0,
            RetryAt = options.LeastIdle >= 0 ? GroupReader.NextIdle(sources, options.LeastIdle) : 0,
            Arguments = arguments.Arguments,
        };
        bool waits = ctx.TryBlock(wait);
        arguments.Dispose();
        if (!waits)
            ctx.Reply.NullArray();
    }

    private static bool HasEntries(ref StreamSource source, in ReadOptions options)
    {
        if (options.Group != 0 && !source.WantsNew)
            return true;
        if (!source.Stream.Exists)
            return false;
        if (source.WantsNew)
            source.Behind = source.Group.LastId;
        return source.Stream.LastId > source.Behind && source.Stream.LastExistingId > source.Behind;
    }

    private static void WriteBehind(scoped ref CommandContext ctx, in StreamSource source, long most, ref ReadBudget budget)
    {
        source.Behind.TryNext(out StreamId first);
        StreamCursor cursor = source.Stream.Range(first, StreamId.Max);
        DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        while ((most == 0 || count < most) && budget.HasRoom && cursor.MoveNext())
        {
            StreamAccess.WriteEntry(ref ctx, ref cursor);
            count++;
            budget.Spend();
        }
        ctx.Reply.EndArray(length, count);
    }

    /// <summary>Finds the consumer and notes that it was seen; one that is new is added.</summary>
    internal static StreamConsumer GetConsumer(scoped ref CommandContext ctx, in Key key, StreamGroup group, ReadOnlySpan<byte> name, out bool isNew)
    {
        StreamConsumer consumer = group.FindConsumer(name);
        isNew = !consumer.Exists;
        if (isNew)
        {
            consumer = group.AddConsumer(name, ctx.Now);
            ctx.Dirty++;
            ctx.Notify(key, NotificationClass.Stream, "xgroup-createconsumer"u8);
        }
        consumer.SeenTime = ctx.Now;
        return consumer;
    }
}
