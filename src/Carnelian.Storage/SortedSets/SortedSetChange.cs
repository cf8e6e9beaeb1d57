namespace Carnelian.Storage.SortedSets;

/// <summary>Conditions of <see cref="SortedSet.Put"/>, as ZADD has them.</summary>
[Flags]
public enum SortedSetConditions
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Only members that are not there.</summary>
    OnlyNew = 1,

    /// <summary>Only members that are there.</summary>
    OnlyPresent = 2,

    /// <summary>A member that is there gets greater scores only.</summary>
    OnlyGreater = 4,

    /// <summary>A member that is there gets lower scores only.</summary>
    OnlyLess = 8,

    /// <summary>The score is added to the one that a member has.</summary>
    Increment = 16,
}

/// <summary>What <see cref="SortedSet.Put"/> has done.</summary>
public enum SortedSetChange
{
    /// <summary>Nothing, because of a condition.</summary>
    Refused,

    /// <summary>Nothing, because the score would not be a number.</summary>
    NotANumber,

    /// <summary>Nothing: the member has that score.</summary>
    Same,

    /// <summary>The member is new.</summary>
    Added,

    /// <summary>The member has another score.</summary>
    Updated,
}
