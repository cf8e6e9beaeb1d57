using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads hashes whose fields do not expire.</summary>
internal static unsafe class HashReader
{
    /// <summary>Fields of a big hash rarely take less: two lengths, two texts.</summary>
    private const int LeastFieldBytes = 6;

    /// <summary>Fields and values one by one.</summary>
    public static bool TryReadFields(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadElementCount(out long count))
            return false;
        var builder = new HashBuilder(count, rules.Limits.Hash, input.MostExpected(count, LeastFieldBytes));
        for (; count > 0; count--)
        {
            if (!TryReadField(ref input, ref builder))
            {
                builder.Discard();
                return false;
            }
        }
        return builder.TryFinish(out value) || input.Corrupt("Hash zipmap with dup elements, or big length (0)");
    }

    /// <summary>A listpack, or a ziplist, of fields and values.</summary>
    public static bool TryReadPack(ref RdbInput input, in LoadRules rules, bool isOld, out LoadedValue value)
    {
        value = default;
        if (!PairPack.TryRead(ref input, isOld, "Hash", out ListPack pack))
            return false;
        value = ToValue(pack, rules.Limits.Hash, mustBeTable: false);
        return true;
    }

    /// <summary>A zipmap.</summary>
    public static bool TryReadZipMap(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!ZipMap.TryConvert(bytes, out ListPack pack))
            return input.Corrupt("Zipmap integrity check failed.");
        if (PackDuplicates.Exist(pack, step: 2))
        {
            pack.Free();
            return input.Corrupt("Hash zipmap with dup elements, or big length (0)");
        }
        value = ToValue(pack, rules.Limits.Hash, mustBeTable: Longest(pack) > rules.Limits.Hash.Value);
        return true;
    }

    /// <summary>Makes a hash of a pack, which it takes over.</summary>
    private static LoadedValue ToValue(ListPack pack, in HashLimits limits, bool mustBeTable)
    {
        if (pack.Count / 2 <= limits.Entries && !mustBeTable)
            return LoadedValue.OfCollection(Storage.ValueType.Hash, ValueEncoding.ListPack, pack.Address);
        FieldTable* table = FieldTable.Create();
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits], valueDigits = stackalloc byte[PackedValue.MostDigits];
        for (byte* element = pack.First; element != null; element = ListPack.Next(element))
        {
            ReadOnlySpan<byte> field = ListPack.Read(element).Bytes(digits);
            element = ListPack.Next(element);
            table->Add(field, ListPack.Read(element).Bytes(valueDigits), -1, Storage.KeyHash.Compute(field));
        }
        pack.Free();
        return LoadedValue.OfCollection(Storage.ValueType.Hash, ValueEncoding.HashTable, (byte*)table);
    }

    /// <summary>The length of the longest field or value, in bytes.</summary>
    private static int Longest(ListPack pack)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        int longest = 0;
        for (byte* element = pack.First; element != null; element = ListPack.Next(element))
            longest = Math.Max(longest, ListPack.Read(element).Bytes(digits).Length);
        return longest;
    }

    private static bool TryReadField(ref RdbInput input, ref HashBuilder builder)
    {
        if (!input.TryReadString(out byte* data, out int length))
            return false;
        input.Keep(ref data, length);
        return input.TryReadString(out ReadOnlySpan<byte> value)
            && (builder.TryAdd(new ReadOnlySpan<byte>(data, length), value, -1) || input.Corrupt("Duplicate hash fields detected"));
    }
}
