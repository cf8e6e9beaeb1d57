using System.Globalization;
using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Persistence.Aof;
using Carnelian.Persistence.Rdb;
using Carnelian.Protocol;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Logging;
using Carnelian.Server.Transactions;
using Carnelian.Threading;

namespace Carnelian.Server.AppendOnly;

/// <summary>Loads the files of an AOF: runs their commands once more.</summary>
/// <remarks>
/// On one thread. Under all locks, or, when the server starts, taking them for a few commands at a time. What it does goes to no journal.
/// </remarks>
internal sealed unsafe class AofLoader : IDisposable
{
    /// <summary>How many commands run under one hold of the locks.</summary>
    private const int CommandsPerHold = 64;

    private readonly ServerInstance _server;
    private readonly AofDirectory _directory;
    private readonly LoadSession _session = new();
    private readonly ReplyWriter _writer = new();
    private readonly OutputChunkPool _chunks = new();
    private readonly OutputQueue _output;
    private readonly List<QueuedCommand> _transaction = [];
    private readonly bool _holdsAllLocks;
    private readonly LoadProgress _progress = new();
    private long _bytesBefore;
    private bool _hasFailed;
    private bool _isInTransaction;
    private int _sinceLocked;

    /// <param name="server">The server.</param>
    /// <param name="directory">Where the files are.</param>
    /// <param name="holdsAllLocks">Whether the caller does.</param>
    public AofLoader(ServerInstance server, AofDirectory directory, bool holdsAllLocks)
    {
        _holdsAllLocks = holdsAllLocks;
        _server = server;
        _directory = directory;
        _output = new OutputQueue(_chunks);
    }

    private enum End
    {
        Whole,
        Truncated,
        Cancelled,
        Failed,
    }

    /// <summary>Loads all files of a manifest.</summary>
    public AofLoadResult Load(AofManifest manifest)
    {
        long begin = Clock.Nanoseconds;
        long total = 0;
        AofFile[] files = [.. manifest.Files];
        if (files.Length == 0)
            return AofLoadResult.Missing;
        foreach (AofFile file in files)
        {
            try
            {
                total += new FileInfo(_directory.PathOf(file.Name)).Length;
            }
            catch (Exception e) when (SystemError.Is(e))
            {
                Warn($"Unable to obtain the AOF file {file.Name} length. stat: {SystemError.TextOf(e)}");
                return AofLoadResult.Failed;
            }
        }
        var result = AofLoadResult.Loaded;
        _progress.TotalBytes = total;
        _server.Loader.BeginAof(_progress);
        for (int i = 0; i < files.Length && total != 0; i++)
        {
            End end = LoadFile(files[i], isLast: i == files.Length - 1);
            if (end is End.Failed or End.Cancelled)
            {
                result = end == End.Failed ? AofLoadResult.Failed : AofLoadResult.Cancelled;
                break;
            }
            if (end == End.Truncated)
                result = AofLoadResult.Truncated;
        }
        _server.Loader.EndAof();
        if (result is AofLoadResult.Failed or AofLoadResult.Cancelled)
            return result;
        Note($"DB loaded from append only file: {SecondsSince(begin)} seconds");
        return total == 0 ? AofLoadResult.Empty : result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DiscardTransaction();
        _writer.Dispose();
        _output.Clear();
        _chunks.Dispose();
    }

    private End LoadFile(AofFile file, bool isLast)
    {
        long begin = Clock.Nanoseconds;
        End end;
        try
        {
            using var stream = new FileStream(
                _directory.PathOf(file.Name), FileMode.Open, _server.Configuration.AofLoadTruncated ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            if (stream.Length == 0)
                return End.Whole;
            end = Load(stream, file);
        }
        catch (FileNotFoundException e)
        {
            Warn($"The append log file {file.Name} doesn't exist: {SystemError.TextOf(e)}");
            return End.Failed;
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            Warn($"Fatal error: can't open the append log file {file.Name} for reading: {SystemError.TextOf(e)}");
            return End.Failed;
        }
        if (end is End.Failed or End.Cancelled)
            return end;
        if (end == End.Truncated && !isLast)
        {
            Warn("Fatal error: the truncated file is not the last file");
            return End.Failed;
        }
        Note($"DB loaded from {(file.Kind == AofFileKind.Base ? "base" : "incr")} file {file.Name}: {SecondsSince(begin)} seconds");
        return end;
    }

    private End Load(FileStream stream, AofFile file)
    {
        if (RdbPreamble.Is(stream))
        {
            bool isBase = file.Kind == AofFileKind.Base && file.Name.EndsWith(".rdb", StringComparison.Ordinal);
            Note(isBase ? "Reading RDB base file on AOF loading..." : "Reading RDB preamble from AOF file...");
            RdbLoadOutcome outcome = _server.Loader.Load(stream.SafeFileHandle, replaces: false, _holdsAllLocks, out long length);
            stream.Position = length;
            if (outcome == RdbLoadOutcome.Cancelled)
                return End.Cancelled;
            if (outcome != RdbLoadOutcome.Loaded)
            {
                Warn(isBase
                    ? $"Error reading the RDB base file {file.Name}, AOF loading aborted"
                    : $"Error reading the RDB preamble of the AOF file {file.Name}, AOF loading aborted");
                return End.Failed;
            }
            if (stream.Position < stream.Length)
                Note("Reading the remaining AOF tail...");
        }
        _session.DatabaseIndex = 0;
        DiscardTransaction();
        using var reader = new AofReader(stream, stream.Length);
        long good = reader.Offset;
        End end = Replay(reader, file.Name, ref good);
        EndTurn();
        _bytesBefore += stream.Length;
        return end == End.Truncated ? EndEarly(stream, file.Name, good) : end;
    }

    private End Replay(AofReader reader, string name, ref long good)
    {
        try
        {
            while (true)
            {
                if (TakeTurn(reader))
                    return End.Cancelled;
                AofItem item = reader.Read();
                switch (item)
                {
                    case AofItem.Command:
                        if (!Run(reader, name))
                            return End.Failed;
                        break;
                    case AofItem.Annotation:
                        break;
                    case AofItem.Malformed:
                        Warn($"Bad file format reading the append only file {name}: make a backup of your AOF file, then use ./valkey-check-aof --fix <filename.manifest>");
                        return End.Failed;
                    case AofItem.End when !_isInTransaction:
                        return End.Whole;
                    default:
                        return End.Truncated;
                }
                if (!_isInTransaction)
                    good = reader.NextOffset;
            }
        }
        catch (IOException e)
        {
            Warn($"Unrecoverable error reading the append only file {name}: {SystemError.TextOf(e)}");
            return End.Failed;
        }
    }

    /// <summary>Takes the locks for some commands, and lets others have them in between.</summary>
    /// <returns>Whether the server is to end.</returns>
    private bool TakeTurn(AofReader reader)
    {
        if (_holdsAllLocks)
            return false;
        int delay = _server.Configuration.KeyLoadDelay;
        if (_sinceLocked == CommandsPerHold || delay != 0)
            EndTurn();
        if (delay > 0)
            Thread.Sleep(TimeSpan.FromMicroseconds(delay));
        if (_sinceLocked++ != 0)
            return false;
        _progress.LoadedBytes = _bytesBefore + reader.Offset;
        _server.Keyspace.Locks.AcquireAll();
        return (_server.Condition & ServerCondition.ShuttingDown) != 0;
    }

    private void EndTurn()
    {
        if (_sinceLocked != 0)
            _server.Keyspace.Locks.ReleaseAll();
        _sinceLocked = 0;
    }

    /// <summary>The file breaks off: what is whole stays, if the configuration allows it.</summary>
    private End EndEarly(FileStream stream, string name, long good)
    {
        if (!_server.Configuration.AofLoadTruncated)
        {
            Warn($"Unexpected end of file reading the append only file {name}. You can: 1) Make a backup of your AOF file, then use ./valkey-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.");
            return End.Failed;
        }
        if (_isInTransaction)
            Warn($"Revert incomplete MULTI/EXEC transaction in AOF file {name}");
        DiscardTransaction();
        Warn($"!!! Warning: short read while loading the AOF file {name}!!!");
        Warn($"!!! Truncating the AOF {name} at offset {good} !!!");
        try
        {
            stream.SetLength(good);
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            Warn($"Error truncating the AOF file {name}: {SystemError.TextOf(e)}");
            return End.Failed;
        }
        Warn($"AOF {name} loaded anyway because aof-load-truncated is enabled");
        return End.Truncated;
    }

    // --- commands -------------------------------------------------------------------------------------------------

    private bool Run(AofReader reader, string file)
    {
        var arguments = new ReadOnlySpan<Argument>(reader.Arguments, reader.ArgumentCount);
        CommandDefinition? command = _server.Table.Find(arguments[0].Span);
        string? error = CommandErrors.Find(ref command, arguments);
        if (error != null)
        {
            Warn($"Error reading the append only file {file}, error: {error["ERR ".Length..]}");
            return false;
        }
        if (command!.Name is "multi")
            _isInTransaction = true;
        else if (command.Name is "exec")
            RunTransaction(command);
        else if (_isInTransaction)
            _transaction.Add(new QueuedCommand(command, arguments, requestBytes: 0));
        else
            Run(command, reader.Arguments, reader.ArgumentCount);
        if (_hasFailed)
            Warn($"Error reading the append only file {file}, error: internal error in '{command.Name}'");
        return !_hasFailed;
    }

    private void RunTransaction(CommandDefinition exec)
    {
        if (!_isInTransaction)
            ReportError(exec, "EXEC without MULTI");
        foreach (QueuedCommand queued in _transaction)
        {
            Run(queued.Command, queued.Arguments, queued.Count);
            if (_hasFailed)
                break;
        }
        DiscardTransaction();
    }

    private void DiscardTransaction()
    {
        foreach (QueuedCommand queued in _transaction)
            queued.Free();
        _transaction.Clear();
        _isInTransaction = false;
    }

    private void Run(CommandDefinition command, Argument* arguments, int count)
    {
        if (command.Name is "select")
        {
            Select(command, arguments[1]);
            return;
        }
        // What changes nothing says nothing either: there is nobody to hear it.
        if ((command.Flags & CommandFlags.Write) == 0)
            return;
        long errors = _writer.ErrorReplies;
        _writer.Attach(_output, 2);
        var context = new CommandContext(
            command, arguments, count, _writer, _session, _server.Services, _server.Keyspace[_session.DatabaseIndex], Clock.Sample())
        {
            HoldsAllLocks = true,
            Blocking = BlockingMode.Denied,
        };
        try
        {
            command.Handler(ref context);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _server.OnInternalError(command, context.Arguments, e);
            _hasFailed = true;
        }
        _writer.Detach();
        if (_writer.ErrorReplies != errors)
            ReportError(command, FirstLine());
        _output.Clear();
    }

    private void Select(CommandDefinition command, in Argument argument)
    {
        if (!Carnelian.Text.AsciiNumber.TryParseInt64(argument.Span, out long index))
            ReportError(command, "invalid DB index");
        else if (index < 0 || index >= _server.Keyspace.DatabaseCount)
            ReportError(command, "DB index is out of range");
        else
            _session.DatabaseIndex = (int)index;
    }

    private void ReportError(CommandDefinition command, string error) =>
        Warn($"== CRITICAL == This server is sending an error to its AOF-loading-client: '{error}' after processing the command '{command.Name}'");

    private string FirstLine()
    {
        const int MostShown = 256;
        IoVector vector = default;
        if (_output.Fill(&vector, 1, out _) == 0)
            return "";
        string text = Encoding.Latin1.GetString(new ReadOnlySpan<byte>(vector.Base, (int)Math.Min(vector.Length, MostShown)));
        int end = text.IndexOf('\r', StringComparison.Ordinal);
        text = end < 0 ? text : text[..end];
        return text.StartsWith("-ERR ", StringComparison.Ordinal) ? text[5..] : text;
    }

    private static string SecondsSince(long begin) => ((Clock.Nanoseconds - begin) / 1e9).ToString("F3", CultureInfo.InvariantCulture);

    private void Note(string message) => _server.Log.Write(LogLevel.Notice, message);

    private void Warn(string message) => _server.Log.Write(LogLevel.Warning, message);
}
