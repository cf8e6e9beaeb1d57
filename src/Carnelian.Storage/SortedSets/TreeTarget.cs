using System.Runtime.CompilerServices;

namespace Carnelian.Storage.SortedSets;

/// <summary>A place in the order of a <see cref="ScoreTree"/>: that of a member, or the one before or behind all members of a score.</summary>
internal readonly unsafe struct TreeTarget
{
    private const int BeforeAll = -1;
    private const int BehindAll = -2;

    public readonly long Key;
    private readonly byte* _member;
    private readonly int _length; // of the member, or one of the two below
    private readonly byte* _record; // of the member, where it has one with this score

    /// <summary>The place of a member with a score.</summary>
    public TreeTarget(long key, byte* member, int length)
    {
        Key = key;
        _member = member;
        _length = length;
    }

    private TreeTarget(MemberRecord record)
        : this(ScoreKey.Of(record.Score), record.Data, record.Length) => _record = record.Address;

    private TreeTarget(long key, int side)
    {
        Key = key;
        _length = side;
    }

    /// <summary>The place of a record.</summary>
    public static TreeTarget Of(MemberRecord record) => new(record);

    /// <summary>The place before all members of a score.</summary>
    public static TreeTarget Before(double score) => new(ScoreKey.Of(score), BeforeAll);

    /// <summary>The place behind all members of a score.</summary>
    public static TreeTarget Behind(double score) => new(ScoreKey.Of(score), BehindAll);

    /// <summary>Whether this is behind a record, whose score may be another in the bits that a leaf does not keep.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool IsBehind(byte* record)
    {
        if (record == _record)
            return false;
        long key = ScoreKey.Of(new MemberRecord(record).Score);
        if (key != Key)
            return key < Key;
        return _length < 0 ? _length == BehindAll : Compare(record) < 0;
    }

    /// <summary>Whether this is a record of the same score, or behind it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool IsAtOrBehind(byte* record) => _length < 0 ? _length == BehindAll : record == _record || Compare(record) <= 0;

    private int Compare(byte* record) => new MemberRecord(record).Member.SequenceCompareTo(new ReadOnlySpan<byte>(_member, _length));
}
