namespace Carnelian.Storage.Hashes;

/// <summary>What setting a field has done.</summary>
public enum HashSetOutcome
{
    /// <summary>The field was there and has the new value.</summary>
    Updated,

    /// <summary>The field is new.</summary>
    Added,

    /// <summary>The field is new in the place of one that had expired.</summary>
    Renewed,
}
