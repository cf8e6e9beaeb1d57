using Carnelian.Storage;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads lists.</summary>
internal static unsafe class ListReader
{
    private const int PlainNode = 1;
    private const int PackedNode = 2;

    /// <summary>Elements one by one.</summary>
    public static bool TryReadElements(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadElementCount(out long count))
            return false;
        ListLimits limits = rules.Limits.List;
        QuickList list = QuickList.Create(limits.Fill);
        for (; count > 0; count--)
        {
            if (!input.TryReadString(out ReadOnlySpan<byte> element))
            {
                list.Free();
                return false;
            }
            list.Push(new ListElement(element), atTail: true, limits);
        }
        value = Settle(list, limits);
        return true;
    }

    /// <summary>One ziplist.</summary>
    public static bool TryReadZipList(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!ZipList.TryConvert(bytes, out ListPack pack))
            return input.Corrupt("List ziplist integrity check failed.");
        if (pack.IsEmpty)
        {
            pack.Free();
            return input.Fail(RdbFailure.Empty, "");
        }
        value = Settle(QuickList.Adopt(pack, rules.Limits.List.Fill), rules.Limits.List);
        return true;
    }

    /// <summary>Nodes, each a pack or one long element; or as they were before version 10, each a ziplist.</summary>
    public static bool TryReadNodes(ref RdbInput input, in LoadRules rules, bool isOld, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadElementCount(out long count))
            return false;
        ListLimits limits = rules.Limits.List;
        QuickList list = QuickList.Create(limits.Fill);
        for (; count > 0; count--)
        {
            if (!(isOld ? TryReadOldNode(ref input, list) : TryReadNode(ref input, list)))
            {
                list.Free();
                return false;
            }
        }
        if (list.Count == 0)
        {
            list.Free();
            return input.Fail(RdbFailure.Empty, "");
        }
        value = Settle(list, limits);
        return true;
    }

    private static bool TryReadOldNode(ref RdbInput input, QuickList list)
    {
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!ZipList.TryConvert(bytes, out ListPack pack))
            return input.Corrupt("Ziplist integrity check failed.");
        list.AppendPack(pack);
        return true;
    }

    private static bool TryReadNode(ref RdbInput input, QuickList list)
    {
        if (!input.TryReadLength(out ulong container))
            return false;
        if (container is not (PlainNode or PackedNode))
            return input.Corrupt("Quicklist integrity check failed.");
        if (container == PlainNode)
            return TryReadPlain(ref input, list);
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!ListPack.IsValid(bytes))
            return input.Corrupt("Listpack integrity check failed.");
        list.AppendPack(ListPack.From(bytes));
        return true;
    }

    private static bool TryReadPlain(ref RdbInput input, QuickList list)
    {
        if (!input.TryReadString(out ReadOnlySpan<byte> element))
            return false;
        if (element.IsEmpty)
            return input.Corrupt("Quicklist integrity check failed.");
        // Any element is long for a threshold of one byte.
        list.Push(new ListElement(element), atTail: true, new ListLimits(list.Fill, threshold: 1));
        return true;
    }

    /// <summary>Makes a list that fits a pack one.</summary>
    private static LoadedValue Settle(QuickList list, in ListLimits limits) =>
        list.IsOnePack(out long bytes) && !limits.IsExceededBy(bytes, list.Count)
            ? LoadedValue.OfCollection(Storage.ValueType.List, ValueEncoding.ListPack, list.Dissolve().Address)
            : LoadedValue.OfCollection(Storage.ValueType.List, ValueEncoding.QuickList, list.Address);
}
