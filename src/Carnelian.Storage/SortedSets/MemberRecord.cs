using System.Runtime.CompilerServices;
using Carnelian.Memory;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A member of a big sorted set with its score: one allocation, to which the tree and the table point.
/// </summary>
/// <remarks>Layout: score (8 bytes), length (1, or 255 and 4 more if the member is longer than 254 bytes), member.</remarks>
internal readonly unsafe struct MemberRecord : IRecordOperations
{
    private const int LongMark = byte.MaxValue;

    private readonly byte* _address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MemberRecord(byte* address) => _address = address;

    public byte* Address => _address;

    public double Score
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => *(double*)_address;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => *(double*)_address = value;
    }

    public int Length
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _address[8] != LongMark ? _address[8] : *(int*)(_address + 9);
    }

    public byte* Data
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _address + (_address[8] != LongMark ? 9 : 13);
    }

    public ReadOnlySpan<byte> Member
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Data, Length);
    }

    public long AllocatedBytes => (long)NativeHeap.UsableSize(_address);

    public static MemberRecord Create(byte* member, int length, double score)
    {
        int head = length < LongMark ? 9 : 13;
        byte* address = NativeHeap.Allocate((nuint)(head + (long)length));
        *(double*)address = score;
        if (length < LongMark)
        {
            address[8] = (byte)length;
        }
        else
        {
            address[8] = LongMark;
            *(int*)(address + 9) = length;
        }
        Entry.Copy(member, address + head, length);
        return new MemberRecord(address);
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
}
