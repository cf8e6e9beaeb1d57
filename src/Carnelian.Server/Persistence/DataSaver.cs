using System.Text;
using Carnelian.Memory;
using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Text;
using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>Writes the data set to the file of <c>dir</c> and <c>dbfilename</c> at once, and knows when that was done last.</summary>
/// <remarks>Saving is under all locks, the one exception to the rule that nobody touches a file under a lock. The fields may be read by any thread.</remarks>
internal sealed class DataSaver(ServerInstance server)
{
    private long _lastTime = Clock.Sample() / 1000;
    private long _changesSaved;
    private long _saves;

    /// <summary>When the data set was last saved, or the server started, in seconds of Unix time.</summary>
    public long LastTime => Volatile.Read(ref _lastTime);

    /// <summary>How often saving was begun.</summary>
    public long Saves => Volatile.Read(ref _saves);

    /// <summary>Whether the last save was good: if not, writes may be refused.</summary>
    public bool IsGood { get; private set; } = true;

    /// <summary>The format of files and dumps.</summary>
    public RdbProfile Profile => RdbProfile.All[(int)server.Configuration.RdbFormat];

    /// <summary>How many changes were made since the last save, out of how many at all.</summary>
    public long ChangesSince(long changes) => changes - Volatile.Read(ref _changesSaved);

    /// <summary>Counts that saving begins.</summary>
    public void NoteBegin() => Interlocked.Increment(ref _saves);

    /// <summary>Notes that the data set is saved.</summary>
    /// <param name="changes">The number of changes that had been made at all at the moment whose state was saved.</param>
    /// <param name="seconds">The time of that, in seconds of Unix time.</param>
    public void NoteSaved(long changes, long seconds)
    {
        Volatile.Write(ref _changesSaved, changes);
        Volatile.Write(ref _lastTime, seconds);
        IsGood = true;
        server.UpdateWriteRefusal();
    }

    /// <summary>Notes that a save in the background has failed: the file is as it was.</summary>
    public void NoteFailed()
    {
        IsGood = false;
        server.UpdateWriteRefusal();
    }

    /// <summary>Forgets changes that were not made by clients: after loading.</summary>
    public void NoteLoaded() => Volatile.Write(ref _changesSaved, server.Totals.Read().Dirty);

    /// <summary>Saves the data set. Under all locks.</summary>
    /// <param name="error">What keeps the data set from being written in the format; empty if there is another reason, which the log tells.</param>
    /// <returns>False if the file is as it was.</returns>
    public bool TrySave(out string error)
    {
        ServerConfiguration configuration = server.Configuration;
        long now = Clock.Sample();
        error = "";
        NoteBegin();
        using var file = new RdbFile($"temp-{Environment.ProcessId}.rdb", configuration.RdbSaveIncrementalFsync);
        using var writer = new RdbFileWriter(file, Profile, configuration.RdbChecksum);
        if (file.FailedStep == null)
        {
            WriteBeginning(writer, now, isAofBase: false);
            Action? wait = configuration.RdbKeySaveDelay > 0 ? () => Thread.Sleep(TimeSpan.FromMicroseconds(configuration.RdbKeySaveDelay)) : null;
            if (RdbKeyspaceWriter.Write(writer, server.Keyspace, now, wait) is { } unwritable)
            {
                error = Describe(unwritable, hidesKey: false);
                server.Log.Write(LogLevel.Warning, $"Cannot save the DB: {Describe(unwritable, configuration.HideUserDataFromLog)}");
                return false;
            }
            writer.WriteEnd();
        }
        if (!file.TryCommit(configuration.DbFileName))
        {
            server.Log.Write(LogLevel.Warning, Describe(file, configuration.DbFileName));
            return false;
        }
        server.Log.Write(LogLevel.Notice, "DB saved on disk");
        NoteSaved(server.Totals.Read().Dirty, Clock.Sample() / 1000);
        return true;
    }

    /// <summary>Writes what a file has before its keys, by the configuration: header and libraries of functions.</summary>
    public void WriteBeginning(RdbFileWriter writer, long now, bool isAofBase)
    {
        writer.Buffer.Compresses = server.Configuration.RdbCompression;
        writer.Entries.Note = RdbEntryWriter.NoteFor(server.Memory.Policy);
        writer.WriteHeader(ServerIdentity.Version, now, NativeHeap.UsedBytes, isAofBase);
    }

    /// <summary>What is logged when a file could not be written.</summary>
    public static string Describe(RdbFile file, string name) => file.FailedStep switch
    {
        "open" => $"Failed opening the temp RDB file for saving (in server root dir {Directory.GetCurrentDirectory()}): {file.Error}",
        "rename" => $"Error moving temp DB file on the final destination {name} (in server root dir {Directory.GetCurrentDirectory()}): {file.Error}",
        _ => $"Write error while saving DB to the disk({file.FailedStep}): {file.Error}",
    };

    private string Describe(UnwritableKey unwritable, bool hidesKey)
    {
        string key = hidesKey ? "*redacted*" : Encoding.ASCII.GetString(Quoting.Represent(unwritable.Key));
        return $"key {key} of database {unwritable.Database}: {RdbObstacleText.Describe(unwritable.Obstacle, Profile)}";
    }
}
