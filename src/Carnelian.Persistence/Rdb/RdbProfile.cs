namespace Carnelian.Persistence.Rdb;

/// <summary>Whom a file is written for: directive <c>rdb-format</c>.</summary>
/// <param name="Name">The name in the configuration.</param>
/// <param name="Version">The version in the file's magic and behind a dump.</param>
/// <param name="IsValkey">Whether the magic is VALKEY and not REDIS.</param>
/// <param name="FieldDeadlines">How hashes with fields that have deadlines are written.</param>
/// <param name="ServerVersion">The version of the server that such a file says it is from.</param>
public sealed record RdbProfile(string Name, int Version, bool IsValkey, FieldDeadlineForm FieldDeadlines, string ServerVersion)
{
    /// <summary>What Valkey 9.0 and 9.1 write.</summary>
    public static RdbProfile Valkey9 { get; } = new("valkey-9", 80, true, FieldDeadlineForm.Valkey, "9.1.2");

    /// <summary>What Redis 7.0 writes.</summary>
    public static RdbProfile Redis70 { get; } = new("redis-7.0", 10, false, FieldDeadlineForm.None, "7.0.15");

    /// <summary>What Redis 7.2 and Valkey 7.2 and 8 write: everything since can read it.</summary>
    public static RdbProfile Redis72 { get; } = new("redis-7.2", 11, false, FieldDeadlineForm.None, "7.2.4");

    /// <summary>What Redis 7.4 writes.</summary>
    public static RdbProfile Redis74 { get; } = new("redis-7.4", 12, false, FieldDeadlineForm.Redis, "7.4.0");

    /// <summary>What Redis 8.0 to 8.4 write.</summary>
    public static RdbProfile Redis8 { get; } = new("redis-8", 12, false, FieldDeadlineForm.Redis, "8.0.0");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RdbProfile> All { get; } = [Valkey9, Redis70, Redis72, Redis74, Redis8];

    /// <summary>Whether it has the types of version 11: sets in listpacks, streams whose consumers have the time at which they were active.</summary>
    public bool HasVersion11Types => Version >= 11;

    /// <summary>The first nine bytes of a file.</summary>
    public string Magic => IsValkey ? $"VALKEY{Version:D3}" : $"REDIS{Version:D4}";
}
