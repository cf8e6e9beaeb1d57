using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Carnelian.Memory;

namespace Carnelian.Storage;

/// <summary>
/// A key with its value: one allocation that holds header, key, optional deadline and, when small, the value.
/// </summary>
/// <remarks>
/// <para>Layout: header (8 bytes), lengths (2 × 4, only if long), deadline (8, only if it expires), metadata pointer (8, only if
/// flagged), key, value. The header: type (4 bits), encoding (4), flags (8), snapshot epoch (8), access bits (24), length of
/// the key (8) and of the value (8).</para>
/// <para>The value area is the string's bytes (Inline), a 64-bit integer (Integer), or a pointer (all else).</para>
/// <para>Only the table points to an entry, so it may move whenever its shard's lock is held.</para>
/// </remarks>
public readonly unsafe struct Entry : IRecordOperations
{
    /// <summary>Strings up to this length lie in their entry.</summary>
    public const int InlineLimit = 4096;

    private const int HeaderSize = 8;
    private const int AccessMask = 0xFFFFFF;

    private readonly byte* _address;

    /// <summary>Refers to an entry by its address, which may be null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Entry(byte* address) => _address = address;

    /// <summary>The address of the header.</summary>
    public byte* Address => _address;

    /// <summary>Whether there is an entry at all.</summary>
    public bool Exists
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _address != null;
    }

    /// <summary>The type of the value.</summary>
    public ValueType Type => (ValueType)(_address[0] & 15);

    /// <summary>How the value is held.</summary>
    public ValueEncoding Encoding => (ValueEncoding)(_address[0] >> 4);

    /// <summary>The flags.</summary>
    public EntryFlags Flags => (EntryFlags)_address[1];

    /// <summary>The snapshot epoch in which the entry was last saved or made.</summary>
    public byte Epoch
    {
        get => _address[2];
        set => _address[2] = value;
    }

    /// <summary>Whether the key expires at some time.</summary>
    public bool HasDeadline
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_address[1] & (byte)EntryFlags.HasDeadline) != 0;
    }

    /// <summary>The time of expiry in milliseconds of Unix time, or -1.</summary>
    public long Deadline
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HasDeadline ? *(long*)(_address + DeadlineOffset) : -1;
    }

    /// <summary>The 24 bits of access time or frequency; what they mean is the eviction policy's.</summary>
    public int AccessBits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(*(uint*)(_address + 2) >> 8);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => *(uint*)(_address + 2) = (*(uint*)(_address + 2) & 0xff) | (uint)value << 8;
    }

    /// <summary>Sets access bits and snapshot epoch of a new entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetAccess(int bits, byte epoch) => *(uint*)(_address + 2) = epoch | (uint)bits << 8;

    /// <summary>Takes access bits and snapshot epoch over from an entry whose place this one takes.</summary>
    internal void InheritAccess(Entry old) => *(uint*)(_address + 2) = *(uint*)(old._address + 2);

    /// <summary>The length of the key in bytes.</summary>
    public int KeyLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_address[1] & (byte)EntryFlags.LongLengths) == 0 ? _address[6] : *(int*)(_address + HeaderSize);
    }

    /// <summary>The first byte of the key.</summary>
    public byte* KeyData
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _address + KeyOffset((EntryFlags)_address[1]);
    }

    /// <summary>The key. Valid while the shard's lock is held and the entry is not changed.</summary>
    public ReadOnlySpan<byte> KeyBytes => new(KeyData, KeyLength);

    /// <summary>The key with its hash, computed anew.</summary>
    public Key Key => new(KeyData, KeyLength);

    /// <summary>The value as an integer; only for <see cref="ValueEncoding.Integer"/>.</summary>
    public long Integer
    {
        get => *(long*)ValueData;
        set => *(long*)ValueData = value;
    }

    /// <summary>The value's block; only for <see cref="ValueEncoding.Block"/>.</summary>
    public StringBlock Block
    {
        get => new(*(byte**)ValueData);
        set => *(byte**)ValueData = value.Address;
    }

    /// <summary>Whether the value is no string.</summary>
    public bool IsCollection
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _address[0] >> 4 > (int)ValueEncoding.Block;
    }

    /// <summary>Where the value lies; only if <see cref="IsCollection"/>. What it is, type and encoding tell.</summary>
    public byte* Collection
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => *(byte**)ValueData;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => *(byte**)ValueData = value;
    }

    /// <summary>The bytes of the string; not for <see cref="ValueEncoding.Integer"/>. Valid while the shard's lock is held and the entry is not changed.</summary>
    public ReadOnlySpan<byte> StringBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Encoding == ValueEncoding.Inline ? new ReadOnlySpan<byte>(ValueData, InlineLength) : new ReadOnlySpan<byte>(Block.Data, checked((int)Block.Length));
    }

    /// <summary>
    /// Whether OBJECT ENCODING calls the string embstr: it was never changed in place, nor too long at any time for a cell of
    /// 128 bytes as Valkey lays it out (header, key, deadline, value).
    /// </summary>
    public bool IsEmbeddedString
    {
        get
        {
            if (Encoding != ValueEncoding.Inline || (Flags & EntryFlags.Raw) != 0)
                return false;
            return FitsCell(HasDeadline);
        }
    }

    /// <summary>
    /// Notes that a new string takes the place of a value with a deadline: Valkey lays it out with room for one, so that it may be raw
    /// where it would have been embstr otherwise.
    /// </summary>
    internal void ReplacesDeadline()
    {
        if (Encoding == ValueEncoding.Inline && !FitsCell(withDeadline: true))
            _address[1] |= (byte)EntryFlags.Raw;
    }

    private bool FitsCell(bool withDeadline)
    {
        int keyLength = KeyLength;
        return keyLength + InlineLength + (keyLength < 32 ? 15 : 17) + (withDeadline ? sizeof(long) : 0) <= 128;
    }

    /// <summary>The flags of an entry that takes this one's value: a string that was raw stays raw.</summary>
    internal EntryFlags InheritedFlags => Encoding == ValueEncoding.Inline && Type == ValueType.String && !IsEmbeddedString ? Flags | EntryFlags.Raw : Flags;

    /// <summary>The bytes that the entry occupies, without what it points to.</summary>
    public long AllocatedBytes => (long)NativeHeap.UsableSize(_address);

    /// <summary>The bytes that the entry occupies, with what it points to.</summary>
    /// <param name="samples">How many elements of a big collection to look at; 0 means all.</param>
    public long TotalBytes(long samples) =>
        AllocatedBytes + (IsCollection ? CollectionType.Of(Type).Bytes(Encoding, Collection, samples) : Encoding == ValueEncoding.Block ? Block.Capacity + StringBlock.HeaderSize : 0);

    /// <summary>Changes how a collection is held. What it was held in before is the caller's.</summary>
    public void SetCollection(ValueEncoding encoding, byte* collection)
    {
        _address[0] = (byte)(_address[0] & 15 | (int)encoding << 4);
        Collection = collection;
    }

    /// <summary>The length of the value area.</summary>
    internal int InlineLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_address[1] & (byte)EntryFlags.LongLengths) == 0 ? _address[7] : *(int*)(_address + HeaderSize + 4);
    }

    /// <summary>The first byte of the value area.</summary>
    internal byte* ValueData
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => KeyData + KeyLength;
    }

    private int DeadlineOffset => (_address[1] & (byte)EntryFlags.LongLengths) == 0 ? HeaderSize : HeaderSize + 8;

    /// <inheritdoc/>
    public static ulong Hash(byte* record)
    {
        var entry = new Entry(record);
        return KeyHash.Compute(entry.KeyData, entry.KeyLength);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasKey(byte* record, byte* key, int length)
    {
        var entry = new Entry(record);
        return entry.KeyLength == length && AreEqual(entry.KeyData, key, length);
    }

    /// <summary>Allocates an entry and sets its header and key; the value area is the caller's to fill.</summary>
    internal static Entry Create(in Key key, ValueType type, ValueEncoding encoding, int valueLength, long deadline, EntryFlags flags = EntryFlags.None)
    {
        flags &= EntryFlags.Raw | EntryFlags.HasMetadata;
        if (deadline >= 0)
            flags |= EntryFlags.HasDeadline;
        bool isLong = key.Length > byte.MaxValue || valueLength > byte.MaxValue;
        if (isLong)
            flags |= EntryFlags.LongLengths;
        int keyOffset = KeyOffset(flags);
        byte* address = NativeHeap.Allocate((nuint)(keyOffset + key.Length + valueLength));
        *(ulong*)address = (ulong)type | (ulong)encoding << 4 | (ulong)flags << 8;
        if (isLong)
        {
            *(int*)(address + HeaderSize) = key.Length;
            *(int*)(address + HeaderSize + 4) = valueLength;
        }
        else
        {
            address[6] = (byte)key.Length;
            address[7] = (byte)valueLength;
        }
        var entry = new Entry(address);
        if (deadline >= 0)
            *(long*)(address + entry.DeadlineOffset) = deadline;
        Copy(key.Data, address + keyOffset, key.Length);
        return entry;
    }

    /// <summary>Allocates an entry for a string that has no place of its own yet.</summary>
    internal static Entry CreateString(in Key key, ReadOnlySpan<byte> value, long deadline)
    {
        if (value.Length <= InlineLimit)
        {
            Entry entry = Create(key, ValueType.String, ValueEncoding.Inline, value.Length, deadline);
            fixed (byte* bytes = value)
                Copy(bytes, entry.ValueData, value.Length);
            return entry;
        }
        StringBlock block = StringBlock.Create(value.Length, 0);
        value.CopyTo(new Span<byte>(block.Data, value.Length));
        return CreateBlock(key, block, deadline);
    }

    /// <summary>Allocates an entry for a long string, whose reference it takes over.</summary>
    internal static Entry CreateBlock(in Key key, StringBlock block, long deadline)
    {
        Entry entry = Create(key, ValueType.String, ValueEncoding.Block, sizeof(long), deadline);
        entry.Block = block;
        return entry;
    }

    /// <summary>Allocates an entry for a collection, which it takes over.</summary>
    internal static Entry CreateCollection(in Key key, ValueType type, ValueEncoding encoding, byte* collection, long deadline)
    {
        Entry entry = Create(key, type, encoding, sizeof(long), deadline);
        entry.Collection = collection;
        return entry;
    }

    /// <summary>Allocates an entry for an integer.</summary>
    internal static Entry CreateInteger(in Key key, long value, long deadline)
    {
        Entry entry = Create(key, ValueType.String, ValueEncoding.Integer, sizeof(long), deadline);
        entry.Integer = value;
        return entry;
    }

    /// <summary>Frees the entry's own memory and not what it points to.</summary>
    internal void FreeShell() => NativeHeap.Free(_address);

    /// <summary>Whether the allocation could hold a value area of this length with the present key and flags, without waste.</summary>
    internal bool FitsInPlace(int valueLength)
    {
        bool isLong = (_address[1] & (byte)EntryFlags.LongLengths) != 0;
        bool mustBeLong = valueLength > byte.MaxValue || KeyLength > byte.MaxValue;
        if (isLong != mustBeLong)
            return false;
        nuint needed = (nuint)(KeyOffset(Flags) + KeyLength + valueLength);
        nuint size = NativeHeap.UsableSize(_address);
        return needed <= size && NativeHeap.GoodSize(needed) == size;
    }

    /// <summary>Sets encoding and length of a value area that <see cref="FitsInPlace"/>.</summary>
    internal void SetInPlace(ValueType type, ValueEncoding encoding, int valueLength, bool isRaw)
    {
        _address[0] = (byte)((int)type | (int)encoding << 4);
        _address[1] = (byte)(isRaw ? _address[1] | (byte)EntryFlags.Raw : _address[1] & ~(byte)EntryFlags.Raw);
        if ((_address[1] & (byte)EntryFlags.LongLengths) == 0)
            _address[7] = (byte)valueLength;
        else
            *(int*)(_address + HeaderSize + 4) = valueLength;
    }

    /// <summary>Overwrites the deadline of an entry that has one.</summary>
    internal void SetDeadlineInPlace(long deadline) => *(long*)(_address + DeadlineOffset) = deadline;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int KeyOffset(EntryFlags flags) =>
        HeaderSize + ((int)(flags & EntryFlags.HasDeadline) << 3) + ((int)(flags & EntryFlags.LongLengths) << 2) + ((int)(flags & EntryFlags.HasMetadata) << 1);

    /// <summary>Copies a few bytes without a call for the usual lengths.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Copy(byte* from, byte* to, int length)
    {
        if (length is >= 16 and <= 32)
        {
            Vector128<byte> head = Vector128.Load(from), tail = Vector128.Load(from + length - 16);
            head.Store(to);
            tail.Store(to + length - 16);
        }
        else
        {
            Unsafe.CopyBlockUnaligned(to, from, (uint)length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool AreEqual(byte* a, byte* b, int length)
    {
        if (length is >= 16 and <= 32)
        {
            return Vector128.Load(a) == Vector128.Load(b) && Vector128.Load(a + length - 16) == Vector128.Load(b + length - 16);
        }
        return new ReadOnlySpan<byte>(a, length).SequenceEqual(new ReadOnlySpan<byte>(b, length));
    }
}
