using System.Runtime.InteropServices;

namespace Carnelian.Memory;

/// <summary>What a run of pages is at the moment.</summary>
internal enum RunState : byte
{
    /// <summary>The descriptor describes nothing.</summary>
    Unused,

    /// <summary>Holds blocks.</summary>
    InUse,

    /// <summary>In the page heap's free lists.</summary>
    Free,

    /// <summary>Taken off the free lists while its memory is being given back to the system.</summary>
    Returning,
}

/// <summary>
/// Descriptor of a run of pages inside one region: free, or a span of equal small objects, or one block of whole pages. Descriptors
/// are type-stable: they come from the metadata arena and are only ever reused as descriptors.
/// </summary>
/// <remarks>
/// Invariants of a span: <c>Live</c> counts the objects that the central list has given out (in use or in a thread's cache);
/// objects below <c>Carved</c> are live or in <c>FreeObjects</c>, those from <c>Carved</c> to <c>Capacity</c> were never touched.
/// Guarded by its class's central lock while in use as a span, by the page heap's lock otherwise.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct PageRun
{
    public byte* Start;
    public PageRun* Next;
    public PageRun* Previous;
    public byte* FreeObjects;
    public int Pages;
    public int Live;
    public int Carved;
    public int Capacity;

    /// <summary>Of a free run: how many of its pages may be resident.</summary>
    public int DirtyPages;
    public byte SizeClass;
    public RunState State;

    /// <summary>Of a span: which of the central list's lists it is in, or <see cref="CentralList.FullBucket"/>.</summary>
    public byte Bucket;

    public readonly byte* LastPage => Start + ((nuint)(Pages - 1) << Region.PageShift);

    public readonly nuint Bytes => (nuint)Pages << Region.PageShift;
}

/// <summary>A doubly linked list of runs through their own links.</summary>
internal unsafe struct RunList
{
    public PageRun* First;

    public void Add(PageRun* run)
    {
        run->Previous = null;
        run->Next = First;
        if (First != null)
            First->Previous = run;
        First = run;
    }

    public void Remove(PageRun* run)
    {
        if (run->Previous != null)
            run->Previous->Next = run->Next;
        else
            First = run->Next;
        if (run->Next != null)
            run->Next->Previous = run->Previous;
        run->Next = null;
        run->Previous = null;
    }
}
