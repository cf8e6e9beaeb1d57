namespace Carnelian.Commands;

/// <summary>When a command itself, as it was received, goes to the journal. What a handler adds goes there in any case, before it.</summary>
public enum Propagation
{
    /// <summary>If it has counted changes.</summary>
    IfChanged,

    /// <summary>Even if it has changed nothing.</summary>
    Always,

    /// <summary>To replicas, even if it has changed nothing, and not to files.</summary>
    ToReplicas,

    /// <summary>Never: it needs none, or others stand in its place.</summary>
    Never,
}
