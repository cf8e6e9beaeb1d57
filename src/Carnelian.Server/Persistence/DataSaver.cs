using System.Text;
using Carnelian.Memory;
using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Text;
using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>SAVE, SHUTDOWN and FLUSHALL: writes the data set to the file of <c>dir</c> and <c>dbfilename</c> at once.</summary>
/// <remarks>Under all locks: one of the exceptions to the rule that nobody touches a file under a lock.</remarks>
internal sealed class DataSaver(ServerInstance server)
{
    private static string TemporaryName => $"temp-{Environment.ProcessId}.rdb";

    /// <summary>Removes what a save that does not come to its end has written. Any thread.</summary>
    public static void RemoveTemporary()
    {
        try
        {
            File.Delete(TemporaryName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process ends all the same.
        }
    }

    /// <summary>The format of files and dumps.</summary>
    public RdbProfile Profile => RdbProfile.All[(int)server.Configuration.RdbFormat];

    /// <summary>Saves the data set. Under all locks.</summary>
    /// <param name="error">What keeps the data set from being written in the format; empty if there is another reason, which the log tells.</param>
    /// <returns>False if the file is as it was.</returns>
    public bool TrySave(out string error)
    {
        server.Saves.Count++;
        return TrySave(changes: 0, out error);
    }

    /// <summary>Saves the data set that FLUSHALL has emptied. That does not count as a save of its own. Under all locks.</summary>
    /// <param name="changes">The changes of the command, which are not in the total yet.</param>
    public void SaveEmptied(long changes) => _ = TrySave(changes, out _);

    private bool TrySave(long changes, out string error)
    {
        ServerConfiguration configuration = server.Configuration;
        long now = Clock.Sample();
        error = "";
        using var file = new RdbFile(TemporaryName, configuration.RdbSaveIncrementalFsync);
        using var writer = new RdbFileWriter(file, Profile, configuration.RdbChecksum);
        if (file.FailedStep == null)
        {
            writer.Buffer.Compresses = configuration.RdbCompression;
            writer.Entries.Note = RdbEntryWriter.NoteFor(server.Memory.Policy);
            writer.WriteHeader(ServerIdentity.Version, now / 1000, NativeHeap.UsedBytes);
            writer.WriteAux("aof-base", 0);
            foreach (byte[] library in server.Loader.Functions)
                writer.WriteFunction(library);
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
        server.Saves.NoteSaved(server.Saves.TotalChanges + changes);
        server.UpdateWriteRefusal();
        return true;
    }

    /// <summary>What is logged when a file could not be written.</summary>
    public static string Describe(RdbFile file, string name) => file.FailedStep switch
    {
        "open" => $"Failed opening the temp RDB file {file.Name} (in server root dir {WorkingDirectory()}) for saving: {file.Error}",
        "rename" => $"Error moving temp DB file {file.Name} on the final destination {name} (in server root dir {WorkingDirectory()}): {file.Error}",
        _ => $"Write error while saving DB to the disk({file.FailedStep}): {file.Error}",
    };

    private static string WorkingDirectory()
    {
        try
        {
            return Directory.GetCurrentDirectory();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }

    private string Describe(UnwritableKey unwritable, bool hidesKey)
    {
        string key = hidesKey ? "*redacted*" : Encoding.ASCII.GetString(Quoting.Represent(unwritable.Key));
        return $"key {key} of database {unwritable.Database}: {RdbObstacleText.Describe(unwritable.Obstacle, Profile)}";
    }
}
