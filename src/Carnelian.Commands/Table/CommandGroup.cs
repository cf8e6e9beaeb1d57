// The groups of commands as COMMAND DOCS names them.

namespace Carnelian.Commands.Table;

/// <summary>The group that COMMAND DOCS gives for a command.</summary>
public enum CommandGroup : byte
{
    /// <summary>Commands on keys of any type.</summary>
    Generic,
    /// <summary>Strings.</summary>
    String,
    /// <summary>Lists.</summary>
    List,
    /// <summary>Sets.</summary>
    Set,
    /// <summary>Sorted sets.</summary>
    SortedSet,
    /// <summary>Hashes.</summary>
    Hash,
    /// <summary>Publish and subscribe.</summary>
    PubSub,
    /// <summary>MULTI and its kin.</summary>
    Transactions,
    /// <summary>The client's own connection.</summary>
    Connection,
    /// <summary>Administration.</summary>
    Server,
    /// <summary>Scripts and functions.</summary>
    Scripting,
    /// <summary>Cardinality estimates.</summary>
    HyperLogLog,
    /// <summary>The cluster.</summary>
    Cluster,
    /// <summary>Geographic points.</summary>
    Geo,
    /// <summary>Streams.</summary>
    Stream,
    /// <summary>Bits of a string.</summary>
    Bitmap,
    /// <summary>Commands that a module brings in Valkey or Redis.</summary>
    Module,
}
