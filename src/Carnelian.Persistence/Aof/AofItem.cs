namespace Carnelian.Persistence.Aof;

/// <summary>What an <see cref="AofReader"/> has come upon.</summary>
public enum AofItem
{
    /// <summary>A whole command.</summary>
    Command,

    /// <summary>A line that begins with #: a time stamp, or something else that is no command.</summary>
    Annotation,

    /// <summary>The end of the file, between commands.</summary>
    End,

    /// <summary>The end of the file, inside of a command or an annotation.</summary>
    Truncated,

    /// <summary>Something that is neither.</summary>
    Malformed,
}
