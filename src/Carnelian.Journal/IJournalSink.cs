namespace Carnelian.Journal;

/// <summary>Takes what is written to the journal, in order: the AOF, the backlog of replication.</summary>
public interface IJournalSink
{
    /// <summary>Whether it also takes what is meant for replicas only, such as PUBLISH.</summary>
    bool IsReplication => false;

    /// <summary>
    /// Takes the commands of one unit. Called under the journal's lock and the locks of the shards that the unit has written to: it
    /// copies the bytes and returns, without waiting and without touching a file.
    /// </summary>
    /// <param name="unit">
    /// Whole commands in RESP: MULTI and EXEC around them where they are one step, a SELECT where the database changes. A unit of more than
    /// a gigabyte comes in pieces.
    /// </param>
    void Append(ReadOnlySpan<byte> unit);
}
