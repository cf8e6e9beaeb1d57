using Carnelian.Storage.Packed;
using Carnelian.Text;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A small sorted set: a <see cref="ListPack"/> of members, each with its score behind it, in order. A whole score is kept as an integer, any other as text.
/// </summary>
internal static unsafe class PackedSortedSet
{
    /// <summary>Whole scores beyond this are kept as text.</summary>
    private const double MostWhole = 4611686018427387904.0;

    /// <summary>The score behind a member.</summary>
    public static double ScoreOf(byte* member) => ScoreAt(ListPack.Next(member));

    /// <summary>The element of a member, or null.</summary>
    public static byte* Find(ListPack pack, ReadOnlySpan<byte> member) => ListPack.Find(pack.First, member, skip: 1);

    /// <summary>The number of members.</summary>
    public static int Count(ListPack pack) => pack.Count / 2;

    /// <summary>The member behind another, or null.</summary>
    public static byte* Next(byte* member) => ListPack.Next(ListPack.Next(member));

    /// <summary>The member before another, or null.</summary>
    public static byte* Previous(ListPack pack, byte* member)
    {
        byte* score = pack.Previous(member);
        return score == null ? null : pack.Previous(score);
    }

    /// <summary>The member of a rank, or null.</summary>
    public static byte* At(ListPack pack, long rank) => pack.At(rank * 2);

    /// <summary>The rank of a member.</summary>
    public static int RankOf(ListPack pack, byte* member)
    {
        int rank = 0;
        for (byte* at = pack.First; at != member; at = Next(at))
            rank++;
        return rank;
    }

    /// <summary>Adds a member that is not in the pack.</summary>
    public static ListPack Add(ListPack pack, ReadOnlySpan<byte> member, double score)
    {
        byte* at = PlaceOf(pack, member, score);
        pack = pack.Insert(at, member, out byte* inserted);
        byte* next = ListPack.Next(inserted);
        return InsertScore(pack, next == null ? pack.EndMark : next, score);
    }

    /// <summary>Adds a member that belongs behind all others.</summary>
    public static ListPack Append(ListPack pack, ReadOnlySpan<byte> member, double score)
    {
        pack = pack.Append(member);
        return InsertScore(pack, pack.EndMark, score);
    }

    /// <summary>Removes a member with its score.</summary>
    public static ListPack Remove(ListPack pack, byte* member) => pack.Remove(member, 2, out _);

    /// <summary>The bytes that a member and a score add at most.</summary>
    public static long SizeFor(int memberLength) => memberLength + 2L * 11 + NumberFormat.MaxDoubleLength;

    /// <summary>Where a member belongs: before this element, or before the end mark.</summary>
    private static byte* PlaceOf(ListPack pack, ReadOnlySpan<byte> member, double score)
    {
        if (pack.IsEmpty)
            return pack.EndMark;
        byte* last = pack.Last;
        if (IsBefore(pack.Previous(last), last, member, score))
            return pack.EndMark;
        byte* at = pack.First;
        while (true)
        {
            byte* scoreAt = ListPack.Next(at);
            if (!IsBefore(at, scoreAt, member, score))
                return at;
            at = ListPack.Next(scoreAt);
        }
    }

    private static bool IsBefore(byte* memberAt, byte* scoreAt, ReadOnlySpan<byte> member, double score)
    {
        double other = ScoreAt(scoreAt);
        if (other != score)
            return other < score;
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        return ListPack.Read(memberAt).Bytes(digits).SequenceCompareTo(member) < 0;
    }

    private static double ScoreAt(byte* element)
    {
        PackedValue value = ListPack.Read(element);
        if (value.IsInteger)
            return value.Integer;
        return AsciiNumber.TryParseDouble(new ReadOnlySpan<byte>(value.Data, value.Length), out double score) ? score : 0;
    }

    private static ListPack InsertScore(ListPack pack, byte* at, double score)
    {
        if (Math.Abs(score) <= MostWhole && score == (long)score)
            return pack.Insert(at, (long)score, out _);
        byte* text = stackalloc byte[NumberFormat.MaxDoubleLength];
        int length = NumberFormat.WriteDouble(text, score);
        return pack.Insert(at, new ReadOnlySpan<byte>(text, length), out _);
    }
}
