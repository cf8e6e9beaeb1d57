namespace Carnelian.Persistence.Aof;

/// <summary>What a file of a multi-part AOF is for. The values are the letters of the manifest.</summary>
public enum AofFileKind : byte
{
    /// <summary>The data set at some moment, as RDB or as commands. At most one.</summary>
    Base = (byte)'b',

    /// <summary>A file that a rewrite has replaced, and that is about to be removed.</summary>
    History = (byte)'h',

    /// <summary>The commands since the base, or since the increment before.</summary>
    Increment = (byte)'i',
}
