namespace Carnelian.Server.Execution;

/// <summary>What makes every command take the careful path, whoever sends it.</summary>
[Flags]
internal enum ServerCondition
{
    None = 0,

    /// <summary>Somebody watches all commands.</summary>
    Monitored = 1 << 0,

    /// <summary>CLIENT PAUSE is in force.</summary>
    Paused = 1 << 1,

    /// <summary>There is a memory limit.</summary>
    MemoryLimited = 1 << 2,

    /// <summary>Data is being loaded.</summary>
    Loading = 1 << 3,

    /// <summary>Writes are refused without enough replicas.</summary>
    NeedsReplicas = 1 << 4,

    /// <summary>The server is shutting down.</summary>
    ShuttingDown = 1 << 5,

    /// <summary>Writes are refused since the last save has failed.</summary>
    CannotSave = 1 << 8,

    /// <summary>The AOF cannot be written: writes are refused.</summary>
    AofFails = 1 << 12,
}
