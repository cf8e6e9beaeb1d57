// Where a command's keys are among its arguments: where the search begins, and how keys follow each other from there.
// The same facts, with the notes for readers, are part of the COMMAND INFO text; this is what the server computes with.

namespace Carnelian.Commands.Table;

/// <summary>How a key specification finds the argument where its keys begin.</summary>
public enum KeySearch : byte
{
    /// <summary>No notation describes it; a refine function may.</summary>
    Unknown,
    /// <summary>At a fixed position.</summary>
    Index,
    /// <summary>After a keyword.</summary>
    Keyword,
}

/// <summary>How keys follow from the argument where a search ended.</summary>
public enum KeyRange : byte
{
    /// <summary>No notation describes it.</summary>
    Unknown,
    /// <summary>Up to a last argument, in steps.</summary>
    Range,
    /// <summary>As many as an argument says.</summary>
    Count,
}

/// <summary>One key specification.</summary>
public sealed class KeySpec
{
    /// <summary>How the keys are used.</summary>
    public KeyFlags Flags { get; init; }

    /// <summary>How the beginning is found.</summary>
    public KeySearch Search { get; init; }

    /// <summary>
    /// For <see cref="KeySearch.Index"/> the position of the beginning, for <see cref="KeySearch.Keyword"/> where to look
    /// for the keyword first: from there to the end or, when negative, that far before the end and then backwards.
    /// </summary>
    public int Start { get; init; }

    /// <summary>The keyword in upper case; empty unless <see cref="Search"/> is <see cref="KeySearch.Keyword"/>.</summary>
    public byte[] Keyword { get; init; } = [];

    /// <summary>How keys follow.</summary>
    public KeyRange Range { get; init; }

    /// <summary>The last key, counted from the first or, when negative, from the end (-1: the last argument).</summary>
    public int Last { get; init; }

    /// <summary>Distance from key to key.</summary>
    public int Step { get; init; } = 1;

    /// <summary>With <see cref="Last"/> -1: keys are the first 1/n of what is left; 0 and 1 mean all of it.</summary>
    public int Limit { get; init; }

    /// <summary>For <see cref="KeyRange.Count"/>: position of the number of keys, counted from the beginning.</summary>
    public int CountAt { get; init; }

    /// <summary>For <see cref="KeyRange.Count"/>: position of the first key, counted from the beginning.</summary>
    public int FirstAt { get; init; }
}
