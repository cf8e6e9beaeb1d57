using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;

namespace Carnelian.Storage.Streams;

/// <summary>
/// A consumer group of a stream. Refers to native memory: how far the group has read, its consumers by name, the pending entries by id. Good until the
/// group is destroyed.
/// </summary>
/// <remarks>
/// Invariants: an entry is in the list of its owner exactly if it is in the group's list and has an owner. The order by delivery is kept from the first time
/// that somebody asks for it, and then it has every entry of the group's list.
/// </remarks>
public readonly unsafe struct StreamGroup
{
    /// <summary>The value of <see cref="EntriesRead"/> that means: not known.</summary>
    public const long Unknown = -1;

    private readonly Fields* _fields;

    internal StreamGroup(byte* address) => _fields = (Fields*)address;

    internal byte* Address => (byte*)_fields;

    /// <summary>Whether this refers to anything.</summary>
    public bool Exists => _fields != null;

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name => new(_fields + 1, _fields->NameLength);

    /// <summary>The id of the last entry that the group has read.</summary>
    public StreamId LastId
    {
        get => _fields->LastId;
        set => _fields->LastId = value;
    }

    /// <summary>How many entries the group has read in the stream's life, or <see cref="Unknown"/>.</summary>
    public long EntriesRead
    {
        get => _fields->EntriesRead;
        set => _fields->EntriesRead = value;
    }

    /// <summary>The number of pending entries.</summary>
    public long PendingCount => _fields->Pending.Count;

    /// <summary>The number of pending entries without an owner.</summary>
    public long ReleasedCount => _fields->ReleasedCount;

    /// <summary>The number of consumers.</summary>
    public long ConsumerCount => _fields->Consumers.Count;

    /// <summary>The id of the first pending entry; there is one.</summary>
    public StreamId FirstPending => _fields->Pending.First.Key;

    /// <summary>The id of the last pending entry; there is one.</summary>
    public StreamId LastPending => _fields->Pending.Last.Key;

    internal NameKey Key => new((byte*)(_fields + 1), _fields->NameLength);

    // --- consumers ------------------------------------------------------------------------------------------------

    /// <summary>Finds a consumer.</summary>
    public StreamConsumer FindConsumer(ReadOnlySpan<byte> name)
    {
        fixed (byte* data = name)
            return new StreamConsumer(_fields->Consumers.Find(new NameKey(data, name.Length)));
    }

    /// <summary>Adds a consumer, whose name is new.</summary>
    public StreamConsumer AddConsumer(ReadOnlySpan<byte> name, long now)
    {
        StreamConsumer consumer = StreamConsumer.Create(name, now);
        _fields->Consumers.Add(consumer.Key, consumer.Address);
        return consumer;
    }

    /// <summary>Removes a consumer with all that is pending for it.</summary>
    public void RemoveConsumer(StreamConsumer consumer)
    {
        for (OrderedTree<StreamId>.Position at = consumer.Pending.First; at.Exists; at.MoveNext())
            Forget(at.Key, new PendingEntry(at.Value));
        _fields->Consumers.Remove(consumer.Key);
        consumer.Free();
    }

    /// <summary>A walk over the consumers, in the order of their names.</summary>
    public ConsumerWalk Consumers => new(_fields->Consumers.First);

    // --- pending entries ------------------------------------------------------------------------------------------

    /// <summary>Finds a pending entry.</summary>
    public PendingEntry FindPending(StreamId id) => new(_fields->Pending.Find(id));

    /// <summary>A walk over the pending entries, from an id on.</summary>
    public PendingWalk PendingFrom(StreamId first) => new(_fields->Pending.AtOrAfter(first));

    /// <summary>Adds a pending entry, which is new to the group.</summary>
    public PendingEntry AddPending(StreamId id, StreamConsumer owner, long time, long deliveries)
    {
        PendingEntry entry = PendingEntry.Create(owner, time, deliveries);
        _fields->Pending.Add(id, entry.Address);
        owner.Pending.Add(id, entry.Address);
        if (_fields->HasOrder)
            _fields->Order.Add(new DeliveryKey(time, id), entry.Address);
        return entry;
    }

    /// <summary>Adds a pending entry without an owner, which is new to the group.</summary>
    public PendingEntry AddReleased(StreamId id, long deliveries)
    {
        PendingEntry entry = PendingEntry.Create(default, NextRelease(), deliveries);
        _fields->ReleasedCount++;
        _fields->Pending.Add(id, entry.Address);
        if (_fields->HasOrder)
            _fields->Order.Add(new DeliveryKey(entry.Time, id), entry.Address);
        return entry;
    }

    /// <summary>Adds a pending entry, which is new to the group, whose owner <see cref="TryOwn"/> tells later: for groups that are read from outside.</summary>
    /// <returns>False if it is not new.</returns>
    public bool TryAddUnowned(StreamId id, long time, long deliveries)
    {
        if (FindPending(id).Exists)
            return false;
        _fields->Pending.Add(id, PendingEntry.Create(default, time, deliveries).Address);
        _fields->ReleasedCount++;
        return true;
    }

    /// <summary>Tells the owner of an entry that has none yet.</summary>
    /// <returns>False if there is no such entry, or it has an owner.</returns>
    public bool TryOwn(StreamId id, StreamConsumer owner)
    {
        PendingEntry entry = FindPending(id);
        if (!entry.Exists || entry.Owner.Exists)
            return false;
        Assign(id, entry, owner, entry.Time);
        return true;
    }

    /// <summary>Notes that an entry was delivered, to the same consumer or another one.</summary>
    public void Assign(StreamId id, PendingEntry entry, StreamConsumer owner, long time)
    {
        StreamConsumer old = entry.Owner;
        if (old.Address != owner.Address)
        {
            if (old.Exists)
                old.Pending.Remove(id);
            else
                _fields->ReleasedCount--;
            owner.Pending.Add(id, entry.Address);
        }
        Move(id, entry, owner, time);
    }

    /// <summary>Takes an entry away from its owner; nobody has it then.</summary>
    public void Release(StreamId id, PendingEntry entry)
    {
        if (entry.Owner.Exists)
        {
            entry.Owner.Pending.Remove(id);
            _fields->ReleasedCount++;
        }
        Move(id, entry, default, NextRelease());
    }

    /// <summary>Removes an entry that was acknowledged, or is of no use any more.</summary>
    /// <returns>False if it is not pending.</returns>
    public bool RemovePending(StreamId id)
    {
        byte* address = _fields->Pending.Remove(id);
        if (address == null)
            return false;
        var entry = new PendingEntry(address);
        if (entry.Owner.Exists)
            entry.Owner.Pending.Remove(id);
        else
            _fields->ReleasedCount--;
        if (_fields->HasOrder)
            _fields->Order.Remove(new DeliveryKey(entry.Time, id));
        entry.Free();
        return true;
    }

    /// <summary>The entry that comes first when pending entries are taken again: those without an owner, then those delivered longest ago.</summary>
    /// <param name="position">Where to look: default first, then what the call before has left. Bad after every change but <see cref="Assign"/> of the
    /// entry that was found to a later time.</param>
    /// <param name="latest">Only entries delivered at this time or before, in milliseconds of Unix time.</param>
    /// <param name="id">The entry's id.</param>
    /// <param name="entry">The entry.</param>
    public bool TryNextByDelivery(ref DeliveryKey position, long latest, out StreamId id, out PendingEntry entry)
    {
        if (!_fields->HasOrder)
            MakeOrder();
        OrderedTree<DeliveryKey>.Position at = position == default ? _fields->Order.First : _fields->Order.AtOrAfter(position);
        if (!at.Exists || at.Key.Time > latest)
        {
            id = default;
            entry = default;
            return false;
        }
        id = at.Key.Id;
        entry = new PendingEntry(at.Value);
        position = new DeliveryKey(at.Key.Time, new StreamId(id.Milliseconds, id.Sequence + 1));
        return true;
    }

    private long NextRelease() => long.MinValue + _fields->Releases++;

    private void Move(StreamId id, PendingEntry entry, StreamConsumer owner, long time)
    {
        if (_fields->HasOrder)
        {
            _fields->Order.Remove(new DeliveryKey(entry.Time, id));
            _fields->Order.Add(new DeliveryKey(time, id), entry.Address);
        }
        entry.Assign(owner, time);
    }

    /// <summary>Removes an entry whose owner is about to go.</summary>
    private void Forget(StreamId id, PendingEntry entry)
    {
        _fields->Pending.Remove(id);
        if (_fields->HasOrder)
            _fields->Order.Remove(new DeliveryKey(entry.Time, id));
        entry.Free();
    }

    private void MakeOrder()
    {
        for (OrderedTree<StreamId>.Position at = _fields->Pending.First; at.Exists; at.MoveNext())
            _fields->Order.Add(new DeliveryKey(new PendingEntry(at.Value).Time, at.Key), at.Value);
        _fields->HasOrder = true;
    }

    // --- memory ---------------------------------------------------------------------------------------------------

    internal static StreamGroup Create(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        var fields = (Fields*)NativeHeap.Allocate((nuint)(sizeof(Fields) + name.Length));
        *fields = new Fields { LastId = lastId, EntriesRead = entriesRead, NameLength = name.Length };
        name.CopyTo(new Span<byte>(fields + 1, name.Length));
        return new StreamGroup((byte*)fields);
    }

    internal StreamGroup Copy()
    {
        StreamGroup copy = Create(Name, LastId, EntriesRead);
        copy._fields->Releases = _fields->Releases;
        copy._fields->ReleasedCount = _fields->ReleasedCount;
        for (ConsumerWalk walk = Consumers; walk.MoveNext();)
        {
            StreamConsumer consumer = copy.AddConsumer(walk.Consumer.Name, walk.Consumer.SeenTime);
            consumer.ActiveTime = walk.Consumer.ActiveTime;
        }
        for (PendingWalk walk = PendingFrom(default); walk.MoveNext();)
        {
            StreamConsumer owner = walk.Entry.Owner.Exists ? copy.FindConsumer(walk.Entry.Owner.Name) : default;
            PendingEntry entry = PendingEntry.Create(owner, walk.Entry.Time, walk.Entry.Deliveries);
            copy._fields->Pending.Add(walk.Id, entry.Address);
            if (owner.Exists)
                owner.Pending.Add(walk.Id, entry.Address);
        }
        return copy;
    }

    internal long AllocatedBytes
    {
        get
        {
            long bytes = (long)NativeHeap.UsableSize(Address) + _fields->Pending.Bytes + _fields->Order.Bytes + _fields->Consumers.Bytes
                + _fields->Pending.Count * (long)NativeHeap.GoodSize((nuint)PendingEntry.Size);
            for (ConsumerWalk walk = Consumers; walk.MoveNext();)
                bytes += walk.Consumer.AllocatedBytes;
            return bytes;
        }
    }

    internal void Free()
    {
        for (OrderedTree<StreamId>.Position at = _fields->Pending.First; at.Exists; at.MoveNext())
            NativeHeap.Free(at.Value);
        _fields->Pending.Clear();
        _fields->Order.Clear();
        for (ConsumerWalk walk = Consumers; walk.MoveNext();)
            walk.Consumer.Free();
        _fields->Consumers.Clear();
        NativeHeap.Free(Address);
    }

    /// <summary>Checks the invariants. For tests.</summary>
    /// <exception cref="InvalidOperationException">One does not hold.</exception>
    internal void Verify()
    {
        _fields->Pending.Verify();
        _fields->Order.Verify();
        _fields->Consumers.Verify();
        long owned = 0, released = 0;
        for (ConsumerWalk walk = Consumers; walk.MoveNext();)
        {
            walk.Consumer.Pending.Verify();
            owned += walk.Consumer.PendingCount;
            for (PendingWalk pending = walk.Consumer.PendingFrom(default); pending.MoveNext();)
            {
                if (FindPending(pending.Id).Address != pending.Entry.Address || pending.Entry.Owner.Address != walk.Consumer.Address)
                    throw new InvalidOperationException("A consumer's entry is not the group's.");
            }
        }
        for (PendingWalk pending = PendingFrom(default); pending.MoveNext();)
        {
            released += pending.Entry.Owner.Exists ? 0 : 1;
            if (_fields->HasOrder && _fields->Order.Find(new DeliveryKey(pending.Entry.Time, pending.Id)) != pending.Entry.Address)
                throw new InvalidOperationException("An entry is missing in the order by delivery.");
        }
        if (released != ReleasedCount || owned + released != PendingCount || (_fields->HasOrder && _fields->Order.Count != PendingCount))
            throw new InvalidOperationException("The group's totals are wrong.");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Fields
    {
        public StreamId LastId;
        public long EntriesRead;
        public OrderedTree<StreamId> Pending;
        public OrderedTree<NameKey> Consumers;
        public OrderedTree<DeliveryKey> Order;
        public long ReleasedCount;
        public long Releases;
        public int NameLength;
        public bool HasOrder;
    }
}
