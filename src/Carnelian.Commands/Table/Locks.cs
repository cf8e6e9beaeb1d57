// Which shards a command needs; the dispatcher turns it into a lock plan.

namespace Carnelian.Commands.Table;

/// <summary>Which shards are locked while a command runs.</summary>
public enum Locks : byte
{
    /// <summary>In an attribute only: <see cref="Keys"/> when the command has key specifications, else <see cref="None"/>.</summary>
    Automatic,
    /// <summary>None: the command touches no data.</summary>
    None,
    /// <summary>The shards of the keys that the arguments name.</summary>
    Keys,
    /// <summary>One shard that the command picks (SCAN, RANDOMKEY).</summary>
    One,
    /// <summary>All shards: the command runs alone.</summary>
    All,
}
