using Carnelian.Commands;
using Carnelian.Journal;
using Carnelian.Server.Clients;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;

namespace Carnelian.Server.Execution;

/// <summary>
/// A loop's way to the journal: the unit that it collects, for the commands that it runs and for what the keyspace does by itself meanwhile.
/// See <c>docs/design/journal.md</c>.
/// </summary>
/// <remarks>One a loop, on its thread. Every unit flushes before it releases its locks.</remarks>
internal sealed class Effects(ServerInstance server) : IDisposable
{
    [ThreadStatic]
    private static Effects? s_current;

    private readonly WriteJournal _journal = server.Journal;

    /// <summary>Where commands put their effects; null if nobody reads the journal. Under the locks of the unit.</summary>
    public JournalUnit? Active => _journal.IsActive ? Unit : null;

    /// <summary>The unit that is collected.</summary>
    public JournalUnit Unit { get; } = new(server.Journal);

    /// <summary>Makes this the way of the thread.</summary>
    public void Attach() => s_current = this;

    /// <inheritdoc/>
    public void Dispose() => Unit.Dispose();

    /// <summary>Ends a unit of one command.</summary>
    public static void End(scoped ref CommandContext context)
    {
        context.CollectEffect();
        JournalUnit unit = context.Effects!;
        if (unit.IsEmpty)
            return;
        unit.Flush();
        NoteWritten((Client)context.Session);
    }

    /// <summary>Ends a unit of several commands.</summary>
    public void End(Client client)
    {
        if (Unit.IsEmpty)
            return;
        Unit.Flush();
        NoteWritten(client);
    }

    /// <summary>Notes where a client's last write ends in the stream for replicas and in the AOF: WAIT and WAITAOF ask for it. Under the locks of the unit.</summary>
    public static void NoteWritten(Client client)
    {
        ServerInstance server = client.Loop.Server;
        client.WriteOffset = server.Replication.EndOffset;
        client.AofPosition = server.Aof.Position;
    }

    /// <summary>Notes that a key is removed since its time has come. Part of the unit that has met it.</summary>
    public static void NoteExpired(Database database, in Key key) => s_current?.Active?.Add(database.Index, RemovalWord(database.Keyspace.LazyExpire), key.Bytes);

    /// <summary>Notes that fields of a hash are removed since their time has come, and the hash with its last field.</summary>
    public static unsafe void NoteFieldsExpired(Database database, in Key key, in RecordList fields, bool isEmpty)
    {
        if (s_current?.Active is not { } unit)
            return;
        unit.Begin(database.Index, 2 + fields.Count);
        unit.Add("HDEL"u8);
        unit.Add(key.Bytes);
        for (int i = 0; i < fields.Count; i++)
            unit.Add(new HashField(fields[i]).Name);
        if (isEmpty)
            unit.Add(database.Index, RemovalWord(database.Keyspace.LazyExpire), key.Bytes);
    }

    /// <summary>Notes that a key is removed to make room: a unit of its own.</summary>
    public static void NoteEvicted(Database database, in Key key, bool isLazy)
    {
        if (s_current?.Active is not { } unit)
            return;
        unit.Add(database.Index, RemovalWord(isLazy), key.Bytes);
        unit.Flush();
    }

    private static ReadOnlySpan<byte> RemovalWord(bool isLazy) => isLazy ? "UNLINK"u8 : "DEL"u8;
}
