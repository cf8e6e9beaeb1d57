namespace Carnelian.Commands;

/// <summary>Classes of keyspace events, as <c>notify-keyspace-events</c> selects them by letter.</summary>
[Flags]
public enum NotificationClass
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>K: events go to <c>__keyspace@db__:key</c>.</summary>
    Keyspace = 1 << 0,

    /// <summary>E: events go to <c>__keyevent@db__:event</c>.</summary>
    Keyevent = 1 << 1,

    /// <summary>g: commands for keys of any type.</summary>
    Generic = 1 << 2,

    /// <summary>$: strings.</summary>
    String = 1 << 3,

    /// <summary>l: lists.</summary>
    List = 1 << 4,

    /// <summary>s: sets.</summary>
    Set = 1 << 5,

    /// <summary>h: hashes.</summary>
    Hash = 1 << 6,

    /// <summary>z: sorted sets.</summary>
    SortedSet = 1 << 7,

    /// <summary>x: a key expired.</summary>
    Expired = 1 << 8,

    /// <summary>e: a key was evicted.</summary>
    Evicted = 1 << 9,

    /// <summary>t: streams.</summary>
    Stream = 1 << 10,

    /// <summary>m: a key was looked for and not found. Not in A.</summary>
    KeyMiss = 1 << 11,

    /// <summary>d: module types.</summary>
    Module = 1 << 13,

    /// <summary>n: a key was made. Not in A.</summary>
    New = 1 << 14,

    /// <summary>No event and no letter: the eviction policy wants to know when keys are changed.</summary>
    AccessTime = 1 << 15,

    /// <summary>o: a value was replaced as a whole. Not in A.</summary>
    Overwritten = 1 << 16,

    /// <summary>c: a key has got a value of another type. Not in A.</summary>
    TypeChanged = 1 << 17,

    /// <summary>Events of hashes that tell the fields are published: any of S, T, I and V together with h.</summary>
    Fields = 1 << 18,

    /// <summary>S: events of fields go to <c>__subkeyspace@db__:key</c>.</summary>
    Subkeyspace = 1 << 19,

    /// <summary>T: events of fields go to <c>__subkeyevent@db__:event</c>.</summary>
    Subkeyevent = 1 << 20,

    /// <summary>I: events of fields go to <c>__subkeyspaceitem@db__:key\nfield</c>.</summary>
    SubkeyspaceItem = 1 << 21,

    /// <summary>V: events of fields go to <c>__subkeyspaceevent@db__:event|key</c>.</summary>
    SubkeyspaceEvent = 1 << 22,

    /// <summary>A: all but m, n, o and c.</summary>
    All = Generic | String | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module,
}
