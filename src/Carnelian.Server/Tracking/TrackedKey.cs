using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage;

namespace Carnelian.Server.Tracking;

/// <summary>A key that clients have read, with their numbers: one block of native memory.</summary>
/// <remarks>Layout: this header, room for numbers, the key. Invariant: the numbers are in order, and each is there once.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TrackedKey : IRecordOperations
{
    private const int FirstCapacity = 2;

    private int _length;
    private int _count;
    private int _capacity;
    private int _unused;

    /// <inheritdoc/>
    public static ulong Hash(byte* record) => KeyHash.Compute(Bytes(record), ((TrackedKey*)record)->_length);

    /// <inheritdoc/>
    public static bool HasKey(byte* record, byte* key, int length) => KeyOf(record).SequenceEqual(new ReadOnlySpan<byte>(key, length));

    /// <summary>The key.</summary>
    public static ReadOnlySpan<byte> KeyOf(byte* record) => new(Bytes(record), ((TrackedKey*)record)->_length);

    /// <summary>The numbers of the clients.</summary>
    public static ReadOnlySpan<long> ClientsOf(byte* record) => new(Numbers(record), ((TrackedKey*)record)->_count);

    /// <summary>Makes the record of a key that one client has read.</summary>
    public static byte* Create(byte* key, int length, long client)
    {
        byte* record = Allocate(FirstCapacity, key, length);
        Numbers(record)[0] = client;
        ((TrackedKey*)record)->_count = 1;
        return record;
    }

    /// <summary>Adds a client; the record may move.</summary>
    /// <returns>False if it is there already.</returns>
    public static bool TryAdd(ref byte* record, long client)
    {
        var header = (TrackedKey*)record;
        // New clients have the largest numbers.
        int index = header->_count == 0 || Numbers(record)[header->_count - 1] < client ? ~header->_count : ClientsOf(record).BinarySearch(client);
        if (index >= 0)
            return false;
        if (header->_count == header->_capacity)
        {
            byte* larger = Allocate(header->_capacity * 2, Bytes(record), header->_length);
            ClientsOf(record).CopyTo(new Span<long>(Numbers(larger), header->_count));
            ((TrackedKey*)larger)->_count = header->_count;
            NativeHeap.Free(record);
            record = larger;
            header = (TrackedKey*)larger;
        }
        int place = ~index;
        var numbers = new Span<long>(Numbers(record), header->_capacity);
        numbers[place..header->_count].CopyTo(numbers[(place + 1)..]);
        numbers[place] = client;
        header->_count++;
        return true;
    }

    private static byte* Allocate(int capacity, byte* key, int length)
    {
        byte* record = NativeHeap.Allocate((nuint)sizeof(TrackedKey) + (nuint)capacity * sizeof(long) + (nuint)length);
        *(TrackedKey*)record = new TrackedKey { _length = length, _capacity = capacity };
        new ReadOnlySpan<byte>(key, length).CopyTo(new Span<byte>(Bytes(record), length));
        return record;
    }

    private static long* Numbers(byte* record) => (long*)(record + sizeof(TrackedKey));

    private static byte* Bytes(byte* record) => record + sizeof(TrackedKey) + (long)((TrackedKey*)record)->_capacity * sizeof(long);
}
