namespace Carnelian.Persistence.Rdb;

/// <summary>How a family of servers writes hashes whose fields have deadlines.</summary>
public enum FieldDeadlineForm
{
    /// <summary>It does not know them.</summary>
    None,

    /// <summary>Valkey 9: the deadline behind each field's value.</summary>
    Valkey,

    /// <summary>Redis 7.4: the earliest deadline first, and before each field how much later its own is.</summary>
    Redis,
}
