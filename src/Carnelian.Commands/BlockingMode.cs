namespace Carnelian.Commands;

/// <summary>Whether a command may make its client wait.</summary>
public enum BlockingMode : byte
{
    /// <summary>It may.</summary>
    Allowed,

    /// <summary>It must not: it is part of a transaction or a script.</summary>
    Denied,

    /// <summary>The client waits already, and the command runs again to see whether it still has to.</summary>
    Resumed,
}
