namespace Carnelian.Server.Replication;

/// <summary>How far a replica has come.</summary>
internal enum ReplicaState
{
    /// <summary>Has not asked for the stream yet.</summary>
    None,

    /// <summary>Waits for a full sync to begin.</summary>
    WaitingForStart,

    /// <summary>Takes part in a full sync: the cut is made, and the data set is being written, to a file or to the replicas.</summary>
    WaitingForEnd,

    /// <summary>Receives the file of a full sync.</summary>
    SendingFile,

    /// <summary>Follows the stream.</summary>
    Online,
}
