// What a command does with one key; order and words are those of COMMAND INFO.

namespace Carnelian.Commands.Table;

/// <summary>How a command uses a key, and how far a key specification can be trusted.</summary>
[Flags]
public enum KeyFlags : ushort
{
    /// <summary>Nothing is known.</summary>
    None = 0,
    /// <summary>Reads the value (RO).</summary>
    ReadOnly = 1 << 0,
    /// <summary>Reads and changes the value (RW).</summary>
    ReadWrite = 1 << 1,
    /// <summary>Overwrites the value without reading it (OW).</summary>
    Overwrite = 1 << 2,
    /// <summary>Removes the key (RM).</summary>
    Remove = 1 << 3,
    /// <summary>Returns, copies or uses the user's data.</summary>
    Access = 1 << 4,
    /// <summary>Changes data, perhaps in dependence on what is there.</summary>
    Update = 1 << 5,
    /// <summary>Adds data without regard to what is there.</summary>
    Insert = 1 << 6,
    /// <summary>Deletes part of the value on purpose.</summary>
    Delete = 1 << 7,
    /// <summary>Not a key, but routed like one (channels of sharded pub/sub).</summary>
    NotKey = 1 << 8,
    /// <summary>The specification may miss keys.</summary>
    Incomplete = 1 << 9,
    /// <summary>Options change the flags; the specification has the strongest ones.</summary>
    VariableFlags = 1 << 10,
}
