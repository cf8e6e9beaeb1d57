using System.Runtime.CompilerServices;
using Carnelian.Memory;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A member of a big sorted set with its score: one allocation, to which the tree and the table point.
/// </summary>
/// <remarks>
/// Layout: how the score is held (2 bits) with the length (6 bits, or 63 and four bytes of length), score (4 or 8 bytes), member. A score takes four
/// bytes if it is a whole number of 32 bits, or a number that single precision holds exactly; that is all the same to whoever reads it.
/// </remarks>
internal readonly unsafe struct MemberRecord : IRecordOperations
{
    private const int LengthMask = 63;
    private const int WholeScore = 0;
    private const int SingleScore = 1 << 6;
    private const int DoubleScore = 2 << 6;

    private readonly byte* _address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MemberRecord(byte* address) => _address = address;

    public byte* Address => _address;

    public double Score
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            byte* at = _address + ScoreOffset;
            return (*_address & ~LengthMask) switch
            {
                WholeScore => *(int*)at,
                SingleScore => *(float*)at,
                _ => *(double*)at,
            };
        }
    }

    public int Length
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*_address & LengthMask) != LengthMask ? *_address & LengthMask : *(int*)(_address + 1);
    }

    public byte* Data
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _address + ScoreOffset + ((*_address & DoubleScore) == 0 ? sizeof(int) : sizeof(double));
    }

    public ReadOnlySpan<byte> Member
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Data, Length);
    }

    public long AllocatedBytes => (long)NativeHeap.UsableSize(_address);

    private int ScoreOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*_address & LengthMask) != LengthMask ? 1 : 1 + sizeof(int);
    }

    public static MemberRecord Create(byte* member, int length, double score)
    {
        int kind = KindOf(score);
        int head = (length < LengthMask ? 1 : 1 + sizeof(int)) + (kind == DoubleScore ? sizeof(double) : sizeof(int));
        byte* address = NativeHeap.Allocate((nuint)(head + (long)length));
        *address = (byte)(kind | Math.Min(length, LengthMask));
        if (length >= LengthMask)
            *(int*)(address + 1) = length;
        var record = new MemberRecord(address);
        record.Write(kind, score);
        Entry.Copy(member, address + head, length);
        return record;
    }

    /// <summary>Sets the score if there is room for it.</summary>
    /// <returns>Whether there was; if not, the member needs another record.</returns>
    public bool TrySetScore(double score)
    {
        int kind = KindOf(score);
        if ((*_address & DoubleScore) != 0)
            kind = DoubleScore;
        else if (kind == DoubleScore)
            return false;
        *_address = (byte)(*_address & LengthMask | kind);
        Write(kind, score);
        return true;
    }

    public MemberRecord Copy() => Create(Data, Length, Score);

    public void Free() => NativeHeap.Free(_address);

    /// <inheritdoc/>
    public static ulong Hash(byte* record)
    {
        var member = new MemberRecord(record);
        return KeyHash.Compute(member.Data, member.Length);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasKey(byte* record, byte* key, int length)
    {
        var member = new MemberRecord(record);
        return member.Length == length && Entry.AreEqual(member.Data, key, length);
    }

    private static int KindOf(double score)
    {
        long bits = BitConverter.DoubleToInt64Bits(score);
        if (BitConverter.DoubleToInt64Bits((int)score) == bits)
            return WholeScore;
        return BitConverter.DoubleToInt64Bits((float)score) == bits ? SingleScore : DoubleScore;
    }

    private void Write(int kind, double score)
    {
        byte* at = _address + ScoreOffset;
        if (kind == WholeScore)
            *(int*)at = (int)score;
        else if (kind == SingleScore)
            *(float*)at = (float)score;
        else
            *(double*)at = score;
    }
}
