namespace Carnelian.Persistence.Rdb;

/// <summary>Why a value cannot be written in a format.</summary>
public enum RdbObstacle
{
    /// <summary>It can.</summary>
    None,

    /// <summary>The fields of a hash have deadlines, which the format does not know.</summary>
    FieldDeadlines,
}
