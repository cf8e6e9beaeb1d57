using Carnelian.Memory;

namespace Carnelian.Storage.Waits;

/// <summary>
/// The queues of one shard of one database: a table of <see cref="WaitQueue"/> by key. In native memory; under the shard's lock.
/// </summary>
public unsafe struct WaitQueues
{
    private HashTable<WaitQueue> _table;

    /// <summary>The number of queues, pinned ones without anybody included.</summary>
    public readonly int Count => (int)_table.Count;

    /// <summary>The number of queues in which somebody has <see cref="WaiterFlags.WantsRemoval"/>.</summary>
    public int WantingRemoval { get; private set; }

    /// <summary>The queue of a key, or null.</summary>
    public readonly WaitQueue* Find(in Key key)
    {
        byte** slot = _table.Find(key.Data, key.Length, key.Hash);
        return slot == null ? null : (WaitQueue*)*slot;
    }

    /// <summary>Puts somebody at the end of a key's queue.</summary>
    public Waiter* Enter(in Key key, nint token, WaiterFlags flags)
    {
        WaitQueue* queue = Find(key);
        if (queue == null)
        {
            queue = (WaitQueue*)NativeHeap.Allocate((nuint)(WaitQueue.HeaderSize + key.Length));
            *queue = new WaitQueue { Hash = key.Hash, KeyLength = key.Length };
            key.Bytes.CopyTo(new Span<byte>((byte*)queue + WaitQueue.HeaderSize, key.Length));
            _table.Add((byte*)queue, key.Hash);
        }
        var waiter = (Waiter*)NativeHeap.Allocate((nuint)sizeof(Waiter));
        *waiter = new Waiter { Previous = queue->Last, Queue = queue, Token = token, Flags = flags };
        if (queue->Last == null)
            queue->First = waiter;
        else
            queue->Last->Next = waiter;
        queue->Last = waiter;
        queue->Count++;
        CountFlags(queue, flags, 1);
        return waiter;
    }

    /// <summary>Takes somebody out of a queue of this part.</summary>
    public void Leave(Waiter* waiter)
    {
        WaitQueue* queue = waiter->Queue;
        if (waiter->Previous == null)
            queue->First = waiter->Next;
        else
            waiter->Previous->Next = waiter->Next;
        if (waiter->Next == null)
            queue->Last = waiter->Previous;
        else
            waiter->Next->Previous = waiter->Previous;
        queue->Count--;
        CountFlags(queue, waiter->Flags, -1);
        NativeHeap.Free((byte*)waiter);
        FreeIfUnused(queue);
    }

    /// <summary>Lets go of a queue that was pinned.</summary>
    public void Unpin(WaitQueue* queue)
    {
        queue->Pins--;
        FreeIfUnused(queue);
    }

    /// <summary>Collects all queues, as pointers.</summary>
    public readonly void Collect(ref RecordList into)
    {
        for (long position = 0; position >= 0;)
            _table.Collect(ref position, ref into);
    }

    /// <summary>Gives the table back if it is empty.</summary>
    public void ReleaseIfEmpty()
    {
        if (_table.Count == 0 && _table.Bytes != 0)
            _table.Clear();
    }

    private void CountFlags(WaitQueue* queue, WaiterFlags flags, int change)
    {
        if ((flags & WaiterFlags.ReachesFurther) != 0)
            queue->ReachingFurther += change;
        if ((flags & WaiterFlags.WantsRemoval) == 0)
            return;
        if (queue->WantingRemoval == 0)
            WantingRemoval++;
        queue->WantingRemoval += change;
        if (queue->WantingRemoval == 0)
            WantingRemoval--;
    }

    private void FreeIfUnused(WaitQueue* queue)
    {
        if (queue->Count != 0 || queue->Pins != 0)
            return;
        _table.RemoveAt(_table.Find((byte*)queue + WaitQueue.HeaderSize, queue->KeyLength, queue->Hash), queue->Hash);
        NativeHeap.Free((byte*)queue);
    }
}
