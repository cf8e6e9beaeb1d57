using Carnelian.Commands.Lists;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;
using Carnelian.Storage.SortedSets;
using static Carnelian.Commands.Table.CommandFlags;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Sorting;

/// <summary>SORT and SORT_RO: the elements of a list, set or sorted set in order.</summary>
/// <remarks>The patterns of BY and GET name keys that nobody knows before, so both run alone.</remarks>
public static unsafe class SortCommands
{
    private const string SortComplexity = "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).";

    [Command("SORT", Arity = -2, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = SortComplexity,
        Summary = "Sorts the elements of a list, set or sorted set, and returns or stores them.",
        Flags = Write | DenyOom, Acl = AclCategories.Set | AclCategories.SortedSet | AclCategories.List | AclCategories.Dangerous, Locks = Locks.All,
        Keys = """
            RO access @1
            RO access @? -- For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort
            OW update @? -- For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array
            """,
        Refine = nameof(RefineSort),
        Arguments = """
            key:key
            [BY by-pattern:pattern@1 display=pattern]
            [LIMIT limit{offset:integer, count:integer}]
            [GET get-pattern:pattern@1 display=pattern]...
            [order(ASC | DESC)]
            [ALPHA sorting:pure-token]
            [STORE destination:key@2]
            """)]
    public static void Sort(scoped ref CommandContext ctx) => Run(ref ctx, isReadOnly: false);

    [Command("SORT_RO", Arity = -2, Group = CommandGroup.Generic, Since = "7.0.0", Complexity = SortComplexity,
        Summary = "Returns the elements of a list, set or sorted set in order.",
        Flags = ReadOnly, Acl = AclCategories.Set | AclCategories.SortedSet | AclCategories.List | AclCategories.Dangerous, Locks = Locks.All,
        Keys = """
            RO access @1
            RO access @? -- For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort
            """,
        Arguments = """
            key:key
            [BY by-pattern:pattern@1 display=pattern]
            [LIMIT limit{offset:integer, count:integer}]
            [GET get-pattern:pattern@1 display=pattern]...
            [order(ASC | DESC)]
            [ALPHA sorting:pure-token]
            """)]
    public static void SortReadOnly(scoped ref CommandContext ctx) => Run(ref ctx, isReadOnly: true);

    /// <summary>Adds the key of the last STORE; the word may itself stand behind another, as in Valkey.</summary>
    internal static bool RefineSort(ReadOnlySpan<Argument> arguments, ref KeyList keys)
    {
        int target = 0;
        for (int i = 2; i < arguments.Length; i++)
        {
            ReadOnlySpan<byte> word = arguments[i].Span;
            if (System.Text.Ascii.EqualsIgnoreCase(word, "limit"u8))
                i += 2;
            else if (System.Text.Ascii.EqualsIgnoreCase(word, "get"u8) || System.Text.Ascii.EqualsIgnoreCase(word, "by"u8))
                i++;
            else if (System.Text.Ascii.EqualsIgnoreCase(word, "store"u8) && i + 1 < arguments.Length)
                target = i + 1;
        }
        if (target != 0)
            keys.Add(target, KeyFlags.Overwrite | KeyFlags.Update);
        return true;
    }

    private static void Run(scoped ref CommandContext ctx, bool isReadOnly)
    {
        if (!SortOptions.TryRead(ref ctx, isReadOnly, out SortOptions options))
            return;
        Entry entry = ctx.Find(ctx.Key(1));
        if (entry.Exists && entry.Type is not (ValueType.List or ValueType.Set or ValueType.SortedSet))
        {
            ctx.WriteWrongType();
            return;
        }
        if (options is { KeepsOrder: true, Target: not 0 } && entry is { Exists: true, Type: ValueType.Set })
        {
            // A set has no order of its own: what is stored must not depend on where its members happen to be.
            options.KeepsOrder = false;
            options.IsAlpha = true;
        }

        if (entry is { Exists: true, Type: ValueType.SortedSet })
            MakeTree(ref ctx, entry);
        SortItems items = default;
        long all = entry.Exists ? CollectionType.Of(entry.Type).Count(entry.Encoding, entry.Collection) : 0;
        long first = Math.Clamp(options.Offset, 0, all);
        long count = options.Count < 0 ? all - first : Math.Min(options.Count, all - first);
        if (options.KeepsOrder && entry.Exists && entry.Type != ValueType.Set)
        {
            items.Collect(entry, first, count, options.Descending);
            first = 0;
        }
        else
        {
            items.Collect(entry, 0, all, backwards: false);
            if (!options.KeepsOrder)
            {
                if (!items.TryWeigh(ref ctx, options))
                {
                    items.Dispose();
                    ctx.Reply.Error("ERR One or more scores can't be converted into double"u8);
                    return;
                }
                items.Sort(new SortOrder(options.IsAlpha, !options.By.IsEmpty, options.Descending));
            }
        }
        ReadOnlySpan<SortItem> chosen = items.All.Slice((int)first, (int)count);
        if (options.Target != 0)
            Store(ref ctx, options, chosen);
        else
            Reply(ref ctx, options, chosen);
        items.Dispose();
    }

    /// <summary>A sorted set that is sorted is a skiplist ever after, as in Valkey: OBJECT ENCODING tells.</summary>
    private static void MakeTree(scoped ref CommandContext ctx, Entry entry)
    {
        var set = new SortedSet(entry);
        if (!set.IsPacked)
            return;
        set.Expect(long.MaxValue, 0, new SortedSetLimits(ctx.Services.Limits.SortedSetPackEntries, ctx.Services.Limits.SortedSetPackValue));
        set.StoreTo(entry);
    }

    private static void Reply(scoped ref CommandContext ctx, scoped in SortOptions options, ReadOnlySpan<SortItem> items)
    {
        ctx.Reply.Array(checked(items.Length * Math.Max(options.Gets, 1)));
        foreach (ref readonly SortItem item in items)
        {
            if (options.Gets == 0)
            {
                ctx.Reply.Bulk(item.Bytes);
                continue;
            }
            for (int get = 1; SortOptions.NextGet(ref ctx, ref get);)
            {
                ReadOnlySpan<byte> pattern = ctx.Arg(get);
                if (SortPattern.IsElement(pattern))
                    ctx.Reply.Bulk(item.Bytes);
                else if (!SortPattern.TryFind(ref ctx, pattern, item.Bytes, out PackedValue value))
                    ctx.Reply.Null();
                else if (value.IsInteger)
                    ctx.Reply.BulkInteger(value.Integer);
                else
                    ctx.Reply.Bulk(value.Data, value.Length);
            }
        }
    }

    /// <summary>Sets a key to a list of the result, or removes it if there is none.</summary>
    private static void Store(scoped ref CommandContext ctx, scoped in SortOptions options, ReadOnlySpan<SortItem> items)
    {
        Key key = ctx.Key(options.Target);
        bool isNew = !ctx.FindForOverwrite(key).Exists;
        if (items.IsEmpty)
        {
            if (!isNew)
            {
                ctx.Database.Delete(key, ctx.Now, ctx.Services.LazyServerDelete);
                ctx.Modified(key, NotificationClass.Generic, "del"u8);
            }
            ctx.Reply.Integer(0);
            return;
        }
        ListLimits limits = ListKey.Limits(ctx.Services);
        QuickList list = QuickList.Create(limits.Fill);
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        foreach (ref readonly SortItem item in items)
        {
            if (options.Gets == 0)
                list.Push(new ListElement(item.Bytes), atTail: true, limits);
            for (int get = 1; SortOptions.NextGet(ref ctx, ref get);)
            {
                ReadOnlySpan<byte> pattern = ctx.Arg(get);
                if (SortPattern.IsElement(pattern))
                    list.Push(new ListElement(item.Bytes), atTail: true, limits);
                else if (SortPattern.TryFind(ref ctx, pattern, item.Bytes, out PackedValue value))
                    list.Push(new ListElement(value, digits), atTail: true, limits);
                else
                    list.Push(new ListElement(default(ReadOnlySpan<byte>)), atTail: true, limits);
            }
        }
        long count = list.Count;
        ctx.Replacing(key, ValueType.List);
        Entry entry = ctx.Database.SetCollection(key, ValueType.List, ValueEncoding.QuickList, list.Address, ctx.Now);
        new ListValue(entry).Settle(limits);
        if (isNew)
            ctx.Created(key);
        ctx.Modified(key, NotificationClass.List, "sortstore"u8);
        ctx.Dirty += count - 1;
        ctx.Reply.Integer(count);
    }
}
