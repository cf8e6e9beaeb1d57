namespace Carnelian.Persistence.Rdb;

/// <summary>What is said of values that a format cannot hold.</summary>
public static class RdbObstacleText
{
    /// <summary>The sentence on a value, without its key.</summary>
    public static string Describe(RdbObstacle obstacle, RdbProfile profile) => obstacle switch
    {
        RdbObstacle.FieldDeadlines => $"the hash has fields that expire, which the format {profile.Name} cannot hold",
        _ => "",
    };
}
