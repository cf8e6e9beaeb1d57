namespace Carnelian.Storage.Waits;

/// <summary>
/// Those who wait for one key, in the order in which they began to: a doubly linked list whose head is a record with the key's bytes behind
/// it. In native memory; under the lock of the key's shard.
/// </summary>
/// <remarks>
/// Invariant: a queue is in the table of its part as long as somebody is in it or it is pinned, and it is freed when neither holds.
/// </remarks>
public unsafe struct WaitQueue : IRecordOperations
{
    /// <summary>The key's hash.</summary>
    public ulong Hash;

    /// <summary>Who has waited longest, or null.</summary>
    public Waiter* First;

    /// <summary>Who came last, or null.</summary>
    public Waiter* Last;

    /// <summary>How many wait.</summary>
    public int Count;

    /// <summary>How many of them have <see cref="WaiterFlags.WantsRemoval"/>.</summary>
    public int WantingRemoval;

    /// <summary>How many of them have <see cref="WaiterFlags.ReachesFurther"/>.</summary>
    public int ReachingFurther;

    /// <summary>How many hold on to the queue itself, be it empty.</summary>
    public int Pins;

    /// <summary>Whether the unit that runs has noted that it will look at the queue.</summary>
    public bool IsReady;

    /// <summary>The length of the key.</summary>
    public int KeyLength;

    /// <summary>The bytes of a queue's record before those of its key.</summary>
    public static int HeaderSize => sizeof(WaitQueue);

    /// <summary>The key that a queue is for; its bytes live as long as the queue.</summary>
    public static Key KeyOf(WaitQueue* queue) => new((byte*)queue + HeaderSize, queue->KeyLength, queue->Hash);

    static ulong IRecordOperations.Hash(byte* record) => ((WaitQueue*)record)->Hash;

    static bool IRecordOperations.HasKey(byte* record, byte* key, int length)
    {
        var queue = (WaitQueue*)record;
        return queue->KeyLength == length && KeyOf(queue).Bytes.SequenceEqual(new ReadOnlySpan<byte>(key, length));
    }
}
