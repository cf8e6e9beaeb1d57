namespace Carnelian.Server.Transactions;

/// <summary>A key that somebody watches.</summary>
/// <param name="database">The number of the database.</param>
/// <param name="key">The key's bytes.</param>
/// <param name="hash">The key's hash.</param>
internal sealed class WatchRecord(int database, byte[] key, ulong hash)
{
    /// <summary>The number of the database.</summary>
    public int Database { get; } = database;

    /// <summary>The key's bytes.</summary>
    public byte[] Key { get; } = key;

    /// <summary>The key's hash.</summary>
    public ulong Hash { get; } = hash;

    /// <summary>Counts the changes of the key. Under the key's lock.</summary>
    public long Version { get; set; }

    /// <summary>How many clients watch. Under the table's lock.</summary>
    public int Watchers { get; set; }
}
