namespace Carnelian.Linearizability;

internal enum RequestKind
{
    Get,
    Set,
    SetIfAbsent,
    GetSet,
    Delete,
    Increment,
    Rename,
    Copy,
    GetMany,
    SetMany,

    /// <summary>To the end of a list.</summary>
    Push,

    /// <summary>From the beginning of a list.</summary>
    Pop,

    /// <summary>From the beginning of the first of some lists that has an element; waits for one.</summary>
    AwaitPop,

    /// <summary>From the beginning of a list to the end of another; waits for an element.</summary>
    AwaitMove,
}

/// <summary>One command of a workload.</summary>
/// <param name="Keys">The keys; source and destination of a Rename, a Copy and an AwaitMove.</param>
/// <param name="Number">The value to write (the same for all keys of a SetMany), or the step of an Increment.</param>
internal sealed record Request(RequestKind Kind, string[] Keys, long Number = 0)
{
    public override string ToString() => $"{Kind} {string.Join(' ', Keys)}{(Kind is RequestKind.Get or RequestKind.Delete or RequestKind.Rename or RequestKind.Copy or RequestKind.GetMany or RequestKind.Pop or RequestKind.AwaitPop or RequestKind.AwaitMove ? "" : $" {Number}")}";
}
