using Carnelian.Commands;
using Carnelian.Journal;
using Carnelian.Server.Clients;

namespace Carnelian.Server.Commands.Administration;

/// <summary>
/// DEBUG JOURNAL: lets tests read what replicas would get. START begins to record, TAKE returns what has come since, STOP ends it. All locks are held.
/// </summary>
internal static class DebugJournal
{
    private const long MostRecorded = 256 << 20;

    /// <summary>Runs a subcommand.</summary>
    /// <returns>False if there is none of that name.</returns>
    public static bool TryRun(scoped ref CommandContext ctx)
    {
        ServerInstance server = ((Client)ctx.Session).Loop.Server;
        if (ctx.ArgIs(2, "start"u8))
            Record(server, true);
        else if (ctx.ArgIs(2, "stop"u8))
            Record(server, false);
        else if (!ctx.ArgIs(2, "take"u8))
            return false;
        else if (server.JournalRecording is not { } recording)
            ctx.Reply.Error("ERR nothing is recorded"u8);
        else
            ctx.Reply.Bulk(recording.Take());
        if (!ctx.ArgIs(2, "take"u8))
            ctx.Reply.Ok();
        return true;
    }

    private static void Record(ServerInstance server, bool isOn)
    {
        if (server.JournalRecording != null)
            server.Journal.Remove(server.JournalRecording);
        server.JournalRecording = isOn ? new Recording() : null;
        if (server.JournalRecording != null)
            server.Journal.Add(server.JournalRecording);
    }

    /// <summary>Keeps what is written to the journal, up to a limit, for a test.</summary>
    internal sealed class Recording : IJournalSink
    {
        private readonly MemoryStream _bytes = new();

        /// <inheritdoc/>
        public bool IsReplication => true;

        /// <inheritdoc/>
        public void Append(ReadOnlySpan<byte> unit)
        {
            lock (_bytes)
            {
                if (_bytes.Length + unit.Length <= MostRecorded)
                    _bytes.Write(unit);
            }
        }

        /// <summary>Hands out what has come, and forgets it.</summary>
        public byte[] Take()
        {
            lock (_bytes)
            {
                byte[] taken = _bytes.ToArray();
                _bytes.SetLength(0);
                return taken;
            }
        }
    }
}
