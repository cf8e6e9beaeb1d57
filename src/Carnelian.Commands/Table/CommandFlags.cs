// What a command does and where it may run. The order of the visible flags is the order in which COMMAND INFO prints them.

namespace Carnelian.Commands.Table;

/// <summary>Properties of a command; the first group is what COMMAND INFO shows, the second is known to the server only.</summary>
[Flags]
public enum CommandFlags : ulong
{
    /// <summary>No property.</summary>
    None = 0,
    /// <summary>May change data.</summary>
    Write = 1UL << 0,
    /// <summary>Reads data and never changes it.</summary>
    ReadOnly = 1UL << 1,
    /// <summary>May need more memory: refused while over the memory limit.</summary>
    DenyOom = 1UL << 2,
    /// <summary>Belongs to a module.</summary>
    Module = 1UL << 3,
    /// <summary>Administration.</summary>
    Admin = 1UL << 4,
    /// <summary>Publish and subscribe.</summary>
    PubSub = 1UL << 5,
    /// <summary>Not allowed in scripts.</summary>
    NoScript = 1UL << 6,
    /// <summary>May block the client.</summary>
    Blocking = 1UL << 7,
    /// <summary>Allowed while the data set is being loaded.</summary>
    Loading = 1UL << 8,
    /// <summary>Allowed on a replica whose data may be stale.</summary>
    Stale = 1UL << 9,
    /// <summary>Not shown by MONITOR.</summary>
    SkipMonitor = 1UL << 10,
    /// <summary>Not recorded by COMMANDLOG.</summary>
    SkipCommandLog = 1UL << 11,
    /// <summary>Accepted for a slot that is being imported, as if after ASKING.</summary>
    Asking = 1UL << 12,
    /// <summary>Constant or logarithmic time: the ACL category @fast in place of @slow.</summary>
    Fast = 1UL << 13,
    /// <summary>Allowed before authentication.</summary>
    NoAuth = 1UL << 14,
    /// <summary>The arguments may name no key at all.</summary>
    NoMandatoryKeys = 1UL << 15,
    /// <summary>Refused while an asynchronous full sync loads.</summary>
    NoAsyncLoading = 1UL << 16,
    /// <summary>Not allowed between MULTI and EXEC.</summary>
    NoMulti = 1UL << 17,
    /// <summary>Allowed while a script or a long command keeps the server busy.</summary>
    AllowBusy = 1UL << 18,
    /// <summary>First, last and step do not describe all keys. Set by the definition, not by authors.</summary>
    MovableKeys = 1UL << 19,

    /// <summary>May reach replicas although it is not a write.</summary>
    MayReplicate = 1UL << 32,
    /// <summary>Refused unless the configuration allows it (<c>enable-debug-command</c>, <c>enable-module-command</c>).</summary>
    Protected = 1UL << 33,
    /// <summary>Touches keys that its arguments do not name.</summary>
    TouchesArbitraryKeys = 1UL << 34,
    /// <summary>Touches all databases: needs the right to each of them.</summary>
    AllDatabases = 1UL << 35,
}
