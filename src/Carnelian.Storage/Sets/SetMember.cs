using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Carnelian.Memory;

namespace Carnelian.Storage.Sets;

/// <summary>
/// A member of a big set as the table points to it: one allocation with the length and the bytes.
/// </summary>
/// <remarks>Layout: the length in one byte, or 255 and the length in four bytes; then the bytes.</remarks>
public readonly unsafe struct SetMember : IRecordOperations
{
    private const int LongMark = byte.MaxValue;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(byte* record)
    {
        byte* data = Data(record, out int length);
        return KeyHash.Compute(data, length);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasKey(byte* record, byte* key, int length)
    {
        byte* data = Data(record, out int own);
        if (own != length)
            return false;
        if (length is >= 16 and <= 32)
            return Vector128.Load(data) == Vector128.Load(key) && Vector128.Load(data + length - 16) == Vector128.Load(key + length - 16);
        return new ReadOnlySpan<byte>(data, length).SequenceEqual(new ReadOnlySpan<byte>(key, length));
    }

    /// <summary>The bytes of a member.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Data(byte* record, out int length)
    {
        length = *record;
        if (length != LongMark)
            return record + 1;
        length = *(int*)(record + 1);
        return record + 5;
    }

    /// <summary>The bytes that a record takes in the heap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long AllocatedBytes(byte* record)
    {
        byte* data = Data(record, out int length);
        return (long)NativeHeap.GoodSize((nuint)(data - record + length));
    }

    /// <summary>Allocates the record of a member.</summary>
    public static byte* Create(byte* data, int length)
    {
        int header = length < LongMark ? 1 : 5;
        byte* record = NativeHeap.Allocate((nuint)(header + (long)length));
        if (header == 1)
        {
            *record = (byte)length;
        }
        else
        {
            *record = LongMark;
            *(int*)(record + 1) = length;
        }
        Entry.Copy(data, record + header, length);
        return record;
    }
}
