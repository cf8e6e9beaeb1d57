using Carnelian.Storage;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads sorted sets.</summary>
internal static unsafe class SortedSetReader
{
    /// <summary>Members of a big set rarely take less: a length, some text, a score.</summary>
    private const int LeastMemberBytes = 6;

    /// <summary>Members one by one, each with its score behind it.</summary>
    public static bool TryReadMembers(ref RdbInput input, in LoadRules rules, bool isText, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadElementCount(out long count))
            return false;
        SortedSetLimits limits = rules.Limits.SortedSet;
        SortedSetLoader builder = SortedSetLoader.Create(input.MostExpected(count, LeastMemberBytes));
        int longest = 0;
        for (long i = 0; i < count; i++)
        {
            if (!TryReadMember(ref input, ref builder, isText, ref longest))
            {
                builder.Discard();
                return false;
            }
        }
        SortedSet set = builder.Finish();
        if (count <= limits.Entries && longest <= limits.Value)
            set = Pack(set, limits);
        value = LoadedValue.OfCollection(Storage.ValueType.SortedSet, set.Encoding, set.Address);
        return true;
    }

    /// <summary>A listpack of members and scores, or a ziplist of them.</summary>
    public static bool TryReadPack(ref RdbInput input, in LoadRules rules, bool isOld, out LoadedValue value)
    {
        value = default;
        if (!PairPack.TryRead(ref input, isOld, "Zset", out ListPack pack))
            return false;
        if (!TryOrder(ref pack, rules.Limits.SortedSet, out SortedSet set))
        {
            pack.Free();
            return input.Corrupt("Zset with NAN score detected");
        }
        value = LoadedValue.OfCollection(Storage.ValueType.SortedSet, set.Encoding, set.Address);
        return true;
    }

    private static bool TryReadMember(ref RdbInput input, ref SortedSetLoader builder, bool isText, ref int longest)
    {
        if (!input.TryReadString(out byte* data, out int length))
            return false;
        input.Keep(ref data, length);
        double score;
        if (!(isText ? input.TryReadTextDouble(out score) : input.TryReadDouble(out score)))
            return false;
        if (double.IsNaN(score))
            return input.Corrupt("Zset with NAN score detected");
        longest = Math.Max(longest, length);
        return builder.TryAdd(new ReadOnlySpan<byte>(data, length), score) || input.Corrupt("Duplicate zset fields detected");
    }

    /// <summary>Makes a tree a pack again.</summary>
    private static SortedSet Pack(SortedSet tree, in SortedSetLimits limits)
    {
        SortedSet pack = SortedSet.Create(tree.Count, 0, limits);
        SortedSetCursor cursor = tree.At(0);
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        for (long i = 0; i < tree.Count; i++)
        {
            if (i != 0)
                cursor.MoveNext();
            pack.Append(cursor.Member(digits), cursor.Score, limits);
        }
        tree.Free();
        return pack;
    }

    /// <summary>Checks the scores of a pack, and puts the members in order if they are not: all that works on it relies on the order.</summary>
    private static bool TryOrder(ref ListPack pack, in SortedSetLimits limits, out SortedSet set)
    {
        set = default;
        bool isOrdered = true;
        double before = double.NegativeInfinity;
        byte* memberBefore = null;
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits], otherDigits = stackalloc byte[PackedValue.MostDigits];
        for (byte* member = pack.First; member != null;)
        {
            byte* scoreAt = ListPack.Next(member);
            if (!TryScore(scoreAt, out double score))
                return false;
            if (memberBefore != null && isOrdered)
            {
                isOrdered = before < score
                    || (before == score && ListPack.Read(memberBefore).Bytes(digits).SequenceCompareTo(ListPack.Read(member).Bytes(otherDigits)) < 0);
            }
            before = score;
            memberBefore = member;
            member = ListPack.Next(scoreAt);
        }
        set = new SortedSet(ValueEncoding.ListPack, pack.Address);
        if (isOrdered)
        {
            set.Expect(set.Count, 0, limits);
            return true;
        }
        set = SortedSet.Create(pack.Count / 2, 0, limits);
        for (byte* member = pack.First; member != null;)
        {
            byte* scoreAt = ListPack.Next(member);
            _ = TryScore(scoreAt, out double score);
            _ = set.Put(ListPack.Read(member).Bytes(digits), score, SortedSetConditions.None, limits, out _);
            member = ListPack.Next(scoreAt);
        }
        pack.Free();
        return true;
    }

    private static bool TryScore(byte* element, out double score)
    {
        PackedValue value = ListPack.Read(element);
        score = value.Integer;
        return value.IsInteger || (AsciiNumber.TryParseDouble(new ReadOnlySpan<byte>(value.Data, value.Length), out score) && !double.IsNaN(score));
    }
}
