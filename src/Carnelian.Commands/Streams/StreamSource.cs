using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>One of the streams that a command reads.</summary>
internal struct StreamSource
{
    /// <summary>The stream; it may not exist.</summary>
    public StreamValue Stream;

    /// <summary>The group that reads, if one does.</summary>
    public StreamGroup Group;

    /// <summary>The id behind which to read.</summary>
    public StreamId Behind;

    /// <summary>Whether the group wants what no consumer of it had; else a consumer wants what is pending for it.</summary>
    public bool WantsNew;

    /// <summary>Whether the id was given as "$" or "+", whose meaning is another when the stream has changed.</summary>
    public bool IsResolved;

    /// <summary>Whether only the last entry is wanted.</summary>
    public bool WantsLast;
}
