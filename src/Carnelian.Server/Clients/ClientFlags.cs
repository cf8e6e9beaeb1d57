namespace Carnelian.Server.Clients;

/// <summary>What is special about a client at the moment.</summary>
[Flags]
internal enum ClientFlags
{
    None = 0,

    /// <summary>Between MULTI and EXEC.</summary>
    Multi = 1 << 0,

    /// <summary>A watched key has changed: EXEC will fail.</summary>
    DirtyWatch = 1 << 1,

    /// <summary>A command could not be queued: EXEC will fail.</summary>
    DirtyExec = 1 << 2,

    /// <summary>Sees all commands.</summary>
    Monitor = 1 << 3,

    /// <summary>Subscribed to something: in RESP2 only some commands are allowed.</summary>
    PubSub = 1 << 4,

    /// <summary>Has connected while there was a password, and not given one yet.</summary>
    Unauthenticated = 1 << 5,

    /// <summary>To be closed when its output is sent; reads no more.</summary>
    CloseAfterReply = 1 << 6,

    /// <summary>To be closed as soon as its loop gets to it.</summary>
    CloseSoon = 1 << 7,

    /// <summary>CLIENT REPLY OFF.</summary>
    ReplyOff = 1 << 8,

    /// <summary>CLIENT REPLY SKIP: the next command is the silent one.</summary>
    ReplySkipNext = 1 << 9,

    /// <summary>CLIENT REPLY SKIP: this command is the silent one.</summary>
    ReplySkip = 1 << 10,

    /// <summary>Waits: paused (CLIENT PAUSE), or the locks it needs are held for long. Reads no more until then.</summary>
    Suspended = 1 << 11,

    /// <summary>CLIENT NO-EVICT.</summary>
    NoEvict = 1 << 12,

    /// <summary>Came through a Unix socket.</summary>
    UnixSocket = 1 << 14,

    /// <summary>Waits in a blocking command.</summary>
    Blocked = 1 << 15,

    /// <summary>READONLY was sent.</summary>
    ReadOnly = 1 << 16,

    /// <summary>Follows the stream of changes, or is about to.</summary>
    Replica = 1 << 17,

    /// <summary>Any of these and a command takes the careful path.</summary>
    Careful = Multi | PubSub | Monitor | Unauthenticated | CloseAfterReply | CloseSoon | ReplyOff | ReplySkipNext | ReplySkip | Suspended | Blocked | Replica,
}
