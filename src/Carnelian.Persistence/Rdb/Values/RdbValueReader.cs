using Carnelian.Storage.Loading;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads values of every type, as they stand in files and in what DUMP gives.</summary>
/// <remarks>
/// Any thread, without locks. Whatever is read is checked as a whole: what comes out can be used like a value that commands have made,
/// and bytes that contradict themselves are refused.
/// </remarks>
public static class RdbValueReader
{
    /// <summary>Reads a value.</summary>
    /// <param name="input">Where it begins.</param>
    /// <param name="type">Its type, see <see cref="RdbType"/>.</param>
    /// <param name="rules">What becomes of it.</param>
    /// <param name="value">The value, which is the caller's.</param>
    /// <returns>False if it cannot be read; the input tells why.</returns>
    public static bool TryRead(ref RdbInput input, byte type, in LoadRules rules, out LoadedValue value)
    {
        switch (type)
        {
            case RdbType.String:
                return input.TryReadValue(out value);
            case RdbType.List:
                return ListReader.TryReadElements(ref input, rules, out value);
            case RdbType.ListZipList:
                return ListReader.TryReadZipList(ref input, rules, out value);
            case RdbType.ListQuickList:
                return ListReader.TryReadNodes(ref input, rules, isOld: true, out value);
            case RdbType.ListQuickList2:
                return ListReader.TryReadNodes(ref input, rules, isOld: false, out value);
            case RdbType.Set:
                return SetReader.TryReadMembers(ref input, rules, out value);
            case RdbType.SetIntSet:
                return SetReader.TryReadIntSet(ref input, rules, out value);
            case RdbType.SetListPack:
                return SetReader.TryReadPack(ref input, rules, out value);
            case RdbType.SortedSet:
            case RdbType.SortedSet2:
                return SortedSetReader.TryReadMembers(ref input, rules, isText: type == RdbType.SortedSet, out value);
            case RdbType.SortedSetZipList:
            case RdbType.SortedSetListPack:
                return SortedSetReader.TryReadPack(ref input, rules, isOld: type == RdbType.SortedSetZipList, out value);
            case RdbType.Hash:
                return HashReader.TryReadFields(ref input, rules, out value);
            case RdbType.HashZipMap:
                return HashReader.TryReadZipMap(ref input, rules, out value);
            case RdbType.HashZipList:
            case RdbType.HashListPack:
                return HashReader.TryReadPack(ref input, rules, isOld: type == RdbType.HashZipList, out value);
            case RdbType.StreamListPacks:
            case RdbType.StreamListPacks2:
            case RdbType.StreamListPacks3:
                return StreamReader.TryRead(ref input, type, rules, out value);
            case RdbType.Module:
            case RdbType.Module2:
                value = default;
                return ModuleReader.Refuse(ref input, type);
        }
        if (rules.Dialect == RdbDialect.Valkey && type == RdbType.ValkeyHash2)
            return VolatileHashReader.TryReadValkey(ref input, rules, out value);
        if (rules.Dialect == RdbDialect.Redis)
        {
            switch (type)
            {
                case RdbType.RedisHashMetadata:
                case RdbType.RedisHashMetadataPreview:
                    return VolatileHashReader.TryReadRedis(ref input, rules, isPreview: type == RdbType.RedisHashMetadataPreview, out value);
                case RdbType.RedisHashListPackEx:
                case RdbType.RedisHashListPackExPreview:
                    return VolatileHashReader.TryReadRedisPack(ref input, rules, isPreview: type == RdbType.RedisHashListPackExPreview, out value);
                case RdbType.RedisStreamListPacks4:
                case RdbType.RedisStreamListPacks5:
                    return StreamReader.TryRead(ref input, type, rules, out value);
                case RdbType.RedisTemplatePack:
                case RdbType.RedisTemplatePackReference:
                    return TemplateHashReader.TryReadPack(ref input, rules, isReference: type == RdbType.RedisTemplatePackReference, out value);
                case RdbType.RedisTemplateArray:
                case RdbType.RedisTemplateArrayReference:
                    return TemplateHashReader.TryReadValues(ref input, rules, isReference: type == RdbType.RedisTemplateArrayReference, out value);
            }
        }
        value = default;
        return input.Fail(RdbFailure.UnknownType, $"Unknown RDB encoding type {type}");
    }
}
