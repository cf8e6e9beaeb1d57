// The ACL categories, in the order in which Valkey prints them.

namespace Carnelian.Commands.Table;

/// <summary>ACL categories of commands.</summary>
[Flags]
public enum AclCategories : ulong
{
    /// <summary>No category.</summary>
    None = 0,
    /// <summary>@keyspace</summary>
    Keyspace = 1UL << 0,
    /// <summary>@read</summary>
    Read = 1UL << 1,
    /// <summary>@write</summary>
    Write = 1UL << 2,
    /// <summary>@set</summary>
    Set = 1UL << 3,
    /// <summary>@sortedset</summary>
    SortedSet = 1UL << 4,
    /// <summary>@list</summary>
    List = 1UL << 5,
    /// <summary>@hash</summary>
    Hash = 1UL << 6,
    /// <summary>@string</summary>
    String = 1UL << 7,
    /// <summary>@bitmap</summary>
    Bitmap = 1UL << 8,
    /// <summary>@hyperloglog</summary>
    HyperLogLog = 1UL << 9,
    /// <summary>@geo</summary>
    Geo = 1UL << 10,
    /// <summary>@stream</summary>
    Stream = 1UL << 11,
    /// <summary>@pubsub</summary>
    PubSub = 1UL << 12,
    /// <summary>@admin</summary>
    Admin = 1UL << 13,
    /// <summary>@fast</summary>
    Fast = 1UL << 14,
    /// <summary>@slow</summary>
    Slow = 1UL << 15,
    /// <summary>@blocking</summary>
    Blocking = 1UL << 16,
    /// <summary>@dangerous</summary>
    Dangerous = 1UL << 17,
    /// <summary>@connection</summary>
    Connection = 1UL << 18,
    /// <summary>@transaction</summary>
    Transaction = 1UL << 19,
    /// <summary>@scripting</summary>
    Scripting = 1UL << 20,
}
