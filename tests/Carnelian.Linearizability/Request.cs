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
}

/// <summary>One command of a workload.</summary>
/// <param name="Keys">The keys; source and destination of a Rename and a Copy.</param>
/// <param name="Number">The value to write (the same for all keys of a SetMany), or the step of an Increment.</param>
internal sealed record Request(RequestKind Kind, string[] Keys, long Number = 0)
{
    public override string ToString() => $"{Kind} {string.Join(' ', Keys)}{(Kind is RequestKind.Get or RequestKind.Delete or RequestKind.Rename or RequestKind.Copy or RequestKind.GetMany ? "" : $" {Number}")}";
}
