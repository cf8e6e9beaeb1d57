using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;

namespace Carnelian.Storage.Streams;

/// <summary>
/// A consumer of a group. Refers to native memory: times, the entries that are pending for it by id, its name. Good until the consumer is deleted.
/// </summary>
public readonly unsafe struct StreamConsumer
{
    /// <summary>The value of <see cref="ActiveTime"/> for a consumer that never got an entry.</summary>
    public const long Never = -1;

    private readonly Fields* _fields;

    internal StreamConsumer(byte* address) => _fields = (Fields*)address;

    internal byte* Address => (byte*)_fields;

    /// <summary>Whether this refers to anything.</summary>
    public bool Exists => _fields != null;

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name => new(_fields + 1, _fields->NameLength);

    /// <summary>When the consumer last tried to do something, in milliseconds of Unix time.</summary>
    public long SeenTime
    {
        get => _fields->SeenTime;
        set => _fields->SeenTime = value;
    }

    /// <summary>When the consumer last got or claimed an entry, in milliseconds of Unix time, or <see cref="Never"/>.</summary>
    public long ActiveTime
    {
        get => _fields->ActiveTime;
        set => _fields->ActiveTime = value;
    }

    /// <summary>The entries that are pending for it: <see cref="PendingEntry"/> by id.</summary>
    internal ref OrderedTree<StreamId> Pending => ref Unsafe.AsRef<OrderedTree<StreamId>>(&_fields->Pending);

    /// <summary>The number of entries that are pending for it.</summary>
    public long PendingCount => _fields->Pending.Count;

    /// <summary>A walk over the entries that are pending for it, from an id on.</summary>
    public PendingWalk PendingFrom(StreamId first) => new(_fields->Pending.AtOrAfter(first));

    internal NameKey Key => new((byte*)(_fields + 1), _fields->NameLength);

    internal static StreamConsumer Create(ReadOnlySpan<byte> name, long now)
    {
        var fields = (Fields*)NativeHeap.Allocate((nuint)(sizeof(Fields) + name.Length));
        *fields = new Fields { SeenTime = now, ActiveTime = Never, NameLength = name.Length };
        name.CopyTo(new Span<byte>(fields + 1, name.Length));
        return new StreamConsumer((byte*)fields);
    }

    internal long AllocatedBytes => (long)NativeHeap.UsableSize(Address) + _fields->Pending.Bytes;

    internal void Free()
    {
        _fields->Pending.Clear();
        NativeHeap.Free(Address);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Fields
    {
        public long SeenTime;
        public long ActiveTime;
        public OrderedTree<StreamId> Pending;
        public int NameLength;
    }
}
