using System.Buffers.Binary;
using Carnelian.Persistence.Rdb.Values;

namespace Carnelian.Persistence.Rdb.Loading;

/// <summary>Finds the end of a record, that is a key with its value and what stands before, without reading the value.</summary>
internal unsafe ref struct RecordSkimmer
{
    private readonly byte* _end;
    private byte* _at;

    private RecordSkimmer(byte* at, byte* end)
    {
        _at = at;
        _end = end;
    }

    /// <summary>Measures a record.</summary>
    /// <param name="data">Where it begins.</param>
    /// <param name="length">How many bytes there are.</param>
    /// <param name="rules">How the value will be read.</param>
    /// <returns>Its length, or 0 if it does not end here, or has to be looked at in another way.</returns>
    public static int Measure(byte* data, int length, in LoadRules rules)
    {
        var skimmer = new RecordSkimmer(data, data + length);
        return skimmer.SkipRecord(rules) ? (int)(skimmer._at - data) : 0;
    }

    private bool SkipRecord(in LoadRules rules)
    {
        while (_at != _end)
        {
            byte type = *_at++;
            switch (type)
            {
                case RdbOpcode.ExpireMilliseconds:
                    if (!Skip(sizeof(long)))
                        return false;
                    break;
                case RdbOpcode.ExpireSeconds:
                    if (!Skip(sizeof(int)))
                        return false;
                    break;
                case RdbOpcode.Frequency:
                    if (!Skip(1))
                        return false;
                    break;
                case RdbOpcode.Idle:
                    if (!TryLength(out _))
                        return false;
                    break;
                default:
                    return SkipString() && SkipValue(type, rules);
            }
        }
        return false;
    }

    private bool SkipValue(byte type, in LoadRules rules)
    {
        switch (type)
        {
            case RdbType.String:
            case RdbType.HashZipMap:
            case RdbType.ListZipList:
            case RdbType.SetIntSet:
            case RdbType.SortedSetZipList:
            case RdbType.HashZipList:
            case RdbType.HashListPack:
            case RdbType.SortedSetListPack:
            case RdbType.SetListPack:
                return SkipString();
            case RdbType.List:
            case RdbType.Set:
            case RdbType.ListQuickList:
                return SkipStrings(1, 0);
            case RdbType.Hash:
                return SkipStrings(2, 0);
            case RdbType.SortedSet2:
                return SkipStrings(1, sizeof(double));
            case RdbType.ListQuickList2:
                return SkipNodes();
            case RdbType.StreamListPacks:
            case RdbType.StreamListPacks2:
            case RdbType.StreamListPacks3:
                return SkipStream(type);
            case RdbType.RedisStreamListPacks4 or RdbType.RedisStreamListPacks5 when rules.Dialect == RdbDialect.Redis:
                return SkipStream(type);
            case RdbType.ValkeyHash2 when rules.Dialect == RdbDialect.Valkey:
                return SkipStrings(2, sizeof(long));
            case RdbType.RedisTemplatePackReference when rules.Dialect == RdbDialect.Redis:
                return SkipString();
            case RdbType.RedisTemplateArrayReference when rules.Dialect == RdbDialect.Redis:
                return SkipTemplateValues(rules);
            default:
                return false;
        }
    }

    private bool SkipStrings(int strings, int bytes)
    {
        if (!TryLength(out ulong count))
            return false;
        for (; count > 0; count--)
        {
            if (!SkipString() || (strings == 2 && !SkipString()) || !Skip((ulong)bytes))
                return false;
        }
        return true;
    }

    private bool SkipTemplateValues(in LoadRules rules)
    {
        if (!TryLength(out ulong id) || rules.Templates?.Find(id) is not { } fields)
            return false;
        for (int i = 0; i < fields.Length; i++)
        {
            if (!SkipString())
                return false;
        }
        return true;
    }

    private bool SkipNodes()
    {
        if (!TryLength(out ulong count))
            return false;
        for (; count > 0; count--)
        {
            if (!TryLength(out _) || !SkipString())
                return false;
        }
        return true;
    }

    private bool SkipStream(byte type)
    {
        if (!SkipStrings(2, 0))
            return false;
        for (int i = 0; i < (type >= RdbType.StreamListPacks2 ? 8 : 3); i++)
        {
            if (!TryLength(out _))
                return false;
        }
        if (!TryLength(out ulong groups))
            return false;
        for (; groups > 0; groups--)
        {
            if (!SkipString() || !TryLength(out _) || !TryLength(out _) || (type >= RdbType.StreamListPacks2 && !TryLength(out _)) || !TryLength(out ulong pending))
                return false;
            for (; pending > 0; pending--)
            {
                if (!Skip(24) || !TryLength(out _))
                    return false;
            }
            if (!TryLength(out ulong consumers))
                return false;
            for (; consumers > 0; consumers--)
            {
                if (!SkipString() || !Skip(type >= RdbType.StreamListPacks3 ? 16UL : 8) || !SkipIds())
                    return false;
            }
            if (type >= RdbType.RedisStreamListPacks5 && !SkipIds())
                return false;
        }
        return type < RdbType.RedisStreamListPacks4 || SkipProducers();
    }

    private bool SkipIds() => TryLength(out ulong count) && count <= int.MaxValue && Skip(count * 16);

    private bool SkipProducers()
    {
        if (!TryLength(out _) || !TryLength(out _) || !TryLength(out ulong producers))
            return false;
        for (; producers > 0; producers--)
        {
            if (!SkipString() || !TryLength(out ulong messages))
                return false;
            for (; messages > 0; messages--)
            {
                if (!SkipString() || !TryLength(out _) || !TryLength(out _))
                    return false;
            }
        }
        return TryLength(out _) && TryLength(out _);
    }

    private bool Skip(ulong bytes)
    {
        if (bytes > (ulong)(_end - _at))
            return false;
        _at += bytes;
        return true;
    }

    private bool SkipString()
    {
        if (_at == _end)
            return false;
        if (*_at < 0xC0)
            return TryLength(out ulong length) && Skip(length);
        switch (*_at++)
        {
            case 0xC0:
                return Skip(1);
            case 0xC1:
                return Skip(2);
            case 0xC2:
                return Skip(4);
            case 0xC3:
                return TryLength(out ulong compressed) && TryLength(out _) && Skip(compressed);
            default:
                return false;
        }
    }

    private bool TryLength(out ulong length)
    {
        length = 0;
        if (_at == _end)
            return false;
        byte first = *_at++;
        if (first < 0x40)
        {
            length = first;
            return true;
        }
        int size = first < 0x80 ? 1 : first == 0x80 ? sizeof(uint) : first == 0x81 ? sizeof(ulong) : int.MaxValue;
        if (size > _end - _at)
            return false;
        length = size switch
        {
            1 => (ulong)(first & 0x3F) << 8 | *_at,
            sizeof(uint) => BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(_at, sizeof(uint))),
            _ => BinaryPrimitives.ReadUInt64BigEndian(new ReadOnlySpan<byte>(_at, sizeof(ulong))),
        };
        _at += size;
        return true;
    }
}
