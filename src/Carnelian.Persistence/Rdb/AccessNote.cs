namespace Carnelian.Persistence.Rdb;

/// <summary>What is written on the use of a key: it depends on the eviction policy.</summary>
public enum AccessNote
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The seconds since its last use.</summary>
    Idle,

    /// <summary>The frequency of its use.</summary>
    Frequency,
}
