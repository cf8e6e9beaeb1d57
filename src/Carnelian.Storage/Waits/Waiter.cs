namespace Carnelian.Storage.Waits;

/// <summary>
/// One place in the queue of those who wait for a key. In native memory; under the lock of the key's shard.
/// </summary>
/// <remarks>Whoever waits for several keys has a place in the queue of each, all with the same token.</remarks>
public unsafe struct Waiter
{
    /// <summary>Who comes next, or null.</summary>
    public Waiter* Next;

    /// <summary>Who came before, or null.</summary>
    public Waiter* Previous;

    /// <summary>The queue that the place is in.</summary>
    public WaitQueue* Queue;

    /// <summary>Who waits; the keyspace does not ask what it stands for.</summary>
    public nint Token;

    /// <summary>What is special about it.</summary>
    public WaiterFlags Flags;
}

/// <summary>What is special about a place in a queue.</summary>
[Flags]
public enum WaiterFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Has to be told as well when the key is removed or its value replaced by one of another type.</summary>
    WantsRemoval = 1,

    /// <summary>To serve it may take the locks of other shards than the key's, or change other keys.</summary>
    ReachesFurther = 2,
}
