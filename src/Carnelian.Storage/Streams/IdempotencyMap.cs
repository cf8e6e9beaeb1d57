using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;

namespace Carnelian.Storage.Streams;

/// <summary>
/// Which messages of which producers a stream has taken lately, so that one that is sent again is not added again. Refers to native memory that belongs
/// to the stream.
/// </summary>
/// <remarks>
/// A producer has its messages by id in a tree and, oldest first, in a list; all messages of the stream are in a second list in the order in which they
/// came, so that old ones are found without looking at every producer. A producer without messages is gone.
/// </remarks>
public readonly unsafe struct IdempotencyMap
{
    /// <summary>The longest time that ids are kept, in seconds.</summary>
    public const long MostSeconds = 86_400;

    /// <summary>The greatest number of ids that are kept for a producer.</summary>
    public const long MostIds = 10_000;

    private readonly Fields* _fields;

    internal IdempotencyMap(byte* address) => _fields = (Fields*)address;

    internal byte* Address => (byte*)_fields;

    /// <summary>Whether this refers to anything.</summary>
    public bool Exists => _fields != null;

    /// <summary>How long an id is kept, in seconds.</summary>
    public long Seconds => _fields->Seconds;

    /// <summary>How many ids are kept for a producer.</summary>
    public long IdsPerProducer => _fields->IdsPerProducer;

    /// <summary>The number of producers with ids.</summary>
    public long ProducerCount => _fields->Producers.Count;

    /// <summary>The number of ids.</summary>
    public long IdCount => _fields->Count;

    /// <summary>How many messages with ids were added in the stream's life.</summary>
    public long Added => _fields->Added;

    /// <summary>How many messages were not added because they had been before.</summary>
    public long Duplicates
    {
        get => _fields->Duplicates;
        set => _fields->Duplicates = value;
    }

    /// <summary>Finds the entry that a message became.</summary>
    /// <param name="producer">The producer's id.</param>
    /// <param name="message">The message's id.</param>
    /// <param name="id">The entry's id.</param>
    /// <returns>False if the message is not known, or not any more.</returns>
    public bool TryFind(ReadOnlySpan<byte> producer, ReadOnlySpan<byte> message, out StreamId id)
    {
        id = default;
        Producer* owner = FindProducer(producer);
        if (owner == null)
            return false;
        byte* found;
        fixed (byte* data = message)
            found = owner->Ids.Find(new NameKey(data, message.Length));
        if (found == null)
            return false;
        id = ((Message*)found)->Id;
        return true;
    }

    /// <summary>Notes what entry a message became that is not known.</summary>
    public void Add(ReadOnlySpan<byte> producer, ReadOnlySpan<byte> message, StreamId id, long now)
    {
        Producer* owner = FindProducer(producer);
        if (owner == null)
        {
            owner = (Producer*)NativeHeap.Allocate((nuint)(sizeof(Producer) + producer.Length));
            *owner = new Producer { NameLength = producer.Length };
            producer.CopyTo(new Span<byte>(owner + 1, producer.Length));
            _fields->Producers.Add(owner->Key, owner);
        }
        else if (owner->Ids.Count >= _fields->IdsPerProducer)
        {
            Remove(owner, owner->Oldest, keepsProducer: true);
        }
        var added = (Message*)NativeHeap.Allocate((nuint)(sizeof(Message) + message.Length));
        *added = new Message { Id = id, Time = now, Owner = owner, NameLength = message.Length, Before = _fields->Newest };
        message.CopyTo(new Span<byte>(added + 1, message.Length));
        owner->Ids.Add(added->Key, added);
        if (owner->Newest == null)
            owner->Oldest = added;
        else
            owner->Newest->NextOfOwner = added;
        owner->Newest = added;
        if (_fields->Newest == null)
            _fields->Oldest = added;
        else
            _fields->Newest->Behind = added;
        _fields->Newest = added;
        _fields->Count++;
        _fields->Added++;
        _fields->Bytes += (long)NativeHeap.UsableSize((byte*)added);
    }

    /// <summary>Sets what was counted, for a stream that is read from outside.</summary>
    public void SetCounters(long added, long duplicates)
    {
        _fields->Added = added;
        _fields->Duplicates = duplicates;
    }

    /// <summary>Forgets ids that are older than they are kept.</summary>
    public void Expire(long now)
    {
        while (_fields->Oldest != null && _fields->Oldest->Time + _fields->Seconds * 1000 <= now)
            Remove(_fields->Oldest->Owner, _fields->Oldest, keepsProducer: false);
    }

    /// <summary>Sets how long and how many ids are kept, and forgets all that there are if that is a change.</summary>
    public void Configure(long seconds, long idsPerProducer)
    {
        if (seconds == Seconds && idsPerProducer == IdsPerProducer)
            return;
        Clear();
        _fields->Seconds = seconds;
        _fields->IdsPerProducer = idsPerProducer;
    }

    internal static IdempotencyMap Create(long seconds, long idsPerProducer)
    {
        var fields = (Fields*)NativeHeap.Allocate((nuint)sizeof(Fields));
        *fields = new Fields { Seconds = seconds, IdsPerProducer = idsPerProducer };
        return new IdempotencyMap((byte*)fields);
    }

    internal IdempotencyMap Copy()
    {
        IdempotencyMap copy = Create(Seconds, IdsPerProducer);
        for (Message* message = _fields->Oldest; message != null; message = message->Behind)
            copy.Add(message->Owner->Key.Bytes, message->Key.Bytes, message->Id, message->Time);
        copy.SetCounters(Added, Duplicates);
        return copy;
    }

    internal long AllocatedBytes
    {
        get
        {
            long bytes = (long)NativeHeap.UsableSize(Address) + _fields->Bytes + _fields->Producers.Bytes;
            for (OrderedTree<NameKey>.Position at = _fields->Producers.First; at.Exists; at.MoveNext())
                bytes += (long)NativeHeap.UsableSize(at.Value) + ((Producer*)at.Value)->Ids.Bytes;
            return bytes;
        }
    }

    internal void Free()
    {
        Clear();
        NativeHeap.Free(Address);
    }

    private void Clear()
    {
        while (_fields->Oldest != null)
            Remove(_fields->Oldest->Owner, _fields->Oldest, keepsProducer: false);
    }

    private Producer* FindProducer(ReadOnlySpan<byte> name)
    {
        fixed (byte* data = name)
            return (Producer*)_fields->Producers.Find(new NameKey(data, name.Length));
    }

    /// <summary>Removes the oldest message of a producer: whatever is the oldest of all is that too.</summary>
    private void Remove(Producer* owner, Message* message, bool keepsProducer)
    {
        owner->Ids.Remove(message->Key);
        owner->Oldest = message->NextOfOwner;
        if (owner->Oldest == null)
            owner->Newest = null;
        if (message->Before == null)
            _fields->Oldest = message->Behind;
        else
            message->Before->Behind = message->Behind;
        if (message->Behind == null)
            _fields->Newest = message->Before;
        else
            message->Behind->Before = message->Before;
        _fields->Count--;
        _fields->Bytes -= (long)NativeHeap.UsableSize((byte*)message);
        NativeHeap.Free((byte*)message);
        if (owner->Oldest != null || keepsProducer)
            return;
        _fields->Producers.Remove(owner->Key);
        NativeHeap.Free((byte*)owner);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Fields
    {
        public long Seconds;
        public long IdsPerProducer;
        public OrderedTree<NameKey> Producers;
        public Message* Oldest;
        public Message* Newest;
        public long Count;
        public long Added;
        public long Duplicates;
        public long Bytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Producer
    {
        public OrderedTree<NameKey> Ids;
        public Message* Oldest;
        public Message* Newest;
        public int NameLength;

        public readonly NameKey Key => KeyBehind(ref Unsafe.AsRef(in this), NameLength);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public StreamId Id;
        public long Time;
        public Producer* Owner;
        public Message* NextOfOwner;
        public Message* Before;
        public Message* Behind;
        public int NameLength;

        public readonly NameKey Key => KeyBehind(ref Unsafe.AsRef(in this), NameLength);
    }

    /// <summary>The name that lies behind a structure in native memory.</summary>
    private static NameKey KeyBehind<T>(ref T structure, int length) where T : unmanaged => new((byte*)Unsafe.AsPointer(ref structure) + sizeof(T), length);
}
