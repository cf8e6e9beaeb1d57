using Carnelian.Storage;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads sets.</summary>
internal static unsafe class SetReader
{
    /// <summary>Members of a big set rarely take less, each with its length.</summary>
    private const int LeastMemberBytes = 4;

    /// <summary>Members one by one.</summary>
    public static bool TryReadMembers(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadElementCount(out long count))
            return false;
        SetLimits limits = rules.Limits.Set;
        SetValue set = default;
        for (long i = 0; i < count; i++)
        {
            bool isRead = input.TryReadString(out ReadOnlySpan<byte> member);
            if (isRead && i == 0)
            {
                set = SetValue.CreateFor(member, count, limits);
                set.Reserve(input.MostExpected(count, LeastMemberBytes));
            }
            if (isRead && set.Add(member, 0, limits))
                continue;
            if (set.Exists)
                set.Free();
            return isRead && input.Corrupt("Duplicate set members detected");
        }
        value = LoadedValue.OfCollection(Storage.ValueType.Set, set.Encoding, set.Address);
        return true;
    }

    /// <summary>An intset.</summary>
    public static bool TryReadIntSet(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!IntSet.IsValid(bytes))
            return input.Corrupt("Intset integrity check failed.");
        SetValue set = new(ValueEncoding.IntSet, IntSet.From(bytes).Address);
        set.Expect(set.Count, rules.Limits.Set);
        value = LoadedValue.OfCollection(Storage.ValueType.Set, set.Encoding, set.Address);
        return true;
    }

    /// <summary>A listpack.</summary>
    public static bool TryReadPack(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!PackCheck.IsValid(bytes, step: 1))
            return input.Corrupt("Set listpack integrity check failed.");
        ListPack pack = ListPack.From(bytes);
        if (pack.IsEmpty)
        {
            pack.Free();
            return input.Fail(RdbFailure.Empty, "");
        }
        SetValue set = new(ValueEncoding.ListPack, pack.Address);
        set.Expect(set.Count, rules.Limits.Set);
        value = LoadedValue.OfCollection(Storage.ValueType.Set, set.Encoding, set.Address);
        return true;
    }
}
