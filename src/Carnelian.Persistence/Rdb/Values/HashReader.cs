using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads hashes whose fields do not expire.</summary>
internal static unsafe class HashReader
{
    /// <summary>Fields and values one by one.</summary>
    public static bool TryReadFields(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadCount(out long count))
            return false;
        if (count == 0)
            return input.Fail(RdbFailure.Empty, "");
        var builder = new HashBuilder(count, rules.Limits.Hash);
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
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        ListPack pack;
        if (isOld)
        {
            if (!ZipList.TryConvertPairs(bytes, out pack))
                return input.Corrupt("Hash ziplist integrity check failed.");
        }
        else
        {
            if (!PackCheck.IsValid(bytes, step: 2))
                return input.Corrupt("Hash listpack integrity check failed.");
            pack = ListPack.From(bytes);
        }
        return TryFinish(ref input, pack, rules, out value);
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
        return TryFinish(ref input, pack, rules, out value);
    }

    /// <summary>Makes a hash of a pack, which it takes over.</summary>
    private static bool TryFinish(ref RdbInput input, ListPack pack, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (pack.IsEmpty)
        {
            pack.Free();
            return input.Fail(RdbFailure.Empty, "");
        }
        if (pack.Count / 2 <= rules.Limits.Hash.Entries)
        {
            value = LoadedValue.OfCollection(Storage.ValueType.Hash, ValueEncoding.ListPack, pack.Address);
            return true;
        }
        FieldTable* table = FieldTable.Create();
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits], valueDigits = stackalloc byte[PackedValue.MostDigits];
        for (byte* element = pack.First; element != null; element = ListPack.Next(element))
        {
            ReadOnlySpan<byte> field = ListPack.Read(element).Bytes(digits);
            element = ListPack.Next(element);
            table->Add(field, ListPack.Read(element).Bytes(valueDigits), -1, Storage.KeyHash.Compute(field));
        }
        pack.Free();
        value = LoadedValue.OfCollection(Storage.ValueType.Hash, ValueEncoding.HashTable, (byte*)table);
        return true;
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
