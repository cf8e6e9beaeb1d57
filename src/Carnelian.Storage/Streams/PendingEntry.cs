using System.Runtime.InteropServices;
using Carnelian.Memory;

namespace Carnelian.Storage.Streams;

/// <summary>
/// That an entry was delivered to a consumer of a group which has not acknowledged it. Refers to native memory that belongs to the group; its owner's
/// list refers to it too. Good until the entry is acknowledged.
/// </summary>
public readonly unsafe struct PendingEntry
{
    private readonly Fields* _fields;

    internal PendingEntry(byte* address) => _fields = (Fields*)address;

    internal byte* Address => (byte*)_fields;

    /// <summary>Whether this refers to anything.</summary>
    public bool Exists => _fields != null;

    /// <summary>When the entry was last delivered, in milliseconds of Unix time; 0 if it has no owner.</summary>
    public long DeliveryTime => Owner.Exists ? _fields->Time : 0;

    /// <summary>How often the entry was delivered.</summary>
    public long Deliveries
    {
        get => _fields->Deliveries;
        set => _fields->Deliveries = value;
    }

    /// <summary>The consumer that has it; none if it was released.</summary>
    public StreamConsumer Owner => new(_fields->Owner);

    /// <summary>Whether a consumer has given it back.</summary>
    public bool IsReleased => !Owner.Exists && _fields->Time < 0;

    /// <summary>
    /// What orders the entries of a group by delivery: the time, or for those without an owner a number below all times, in the order of their release.
    /// </summary>
    internal long Time => _fields->Time;

    internal static PendingEntry Create(StreamConsumer owner, long time, long deliveries)
    {
        var entry = new PendingEntry(NativeHeap.Allocate((nuint)sizeof(Fields)));
        entry.Assign(owner, time);
        entry.Deliveries = deliveries;
        return entry;
    }

    internal void Assign(StreamConsumer owner, long time)
    {
        _fields->Owner = owner.Address;
        _fields->Time = time;
    }

    internal void Free() => NativeHeap.Free((byte*)_fields);

    internal static int Size => sizeof(Fields);

    [StructLayout(LayoutKind.Sequential)]
    private struct Fields
    {
        public long Time;
        public long Deliveries;
        public byte* Owner;
    }
}
