namespace Carnelian.Server.Persistence;

/// <summary>What a snapshot is taken for. Where Valkey has a child process of a kind, errors and INFO speak of it.</summary>
internal enum SnapshotPurpose
{
    /// <summary>BGSAVE.</summary>
    Save,

    /// <summary>A full sync of replicas.</summary>
    Replication,

    /// <summary>The base of the append only file.</summary>
    AppendOnlyBase,
}
