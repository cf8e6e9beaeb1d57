namespace Carnelian.Persistence.Rdb.Checking;

/// <summary>How statistics are printed.</summary>
public enum StatisticsFormat
{
    /// <summary>Columns.</summary>
    Table,

    /// <summary>A line a number.</summary>
    Info,

    /// <summary>Values with commas between them.</summary>
    Csv,
}
