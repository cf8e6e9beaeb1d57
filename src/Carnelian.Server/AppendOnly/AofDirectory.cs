using Carnelian.Persistence.Aof;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.AppendOnly;

/// <summary>The directory of the AOF: where its files are, and how its manifest is replaced.</summary>
/// <remarks>Calls go to the file system and may take their time. Failures are logged.</remarks>
internal sealed class AofDirectory(ServerConfiguration configuration, Log log)
{
    /// <summary>The names of the files.</summary>
    public AofNames Names { get; } = new(configuration.AppendFileName);

    /// <summary>The path of the directory.</summary>
    public string Path => ConfigurationText.ToUnicode(configuration.AppendDirName);

    /// <summary>The path of a file in the directory.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, ConfigurationText.ToUnicode(name));

    /// <summary>Whether a file is in the directory.</summary>
    public bool Has(string name) => File.Exists(PathOf(name));

    /// <summary>Whether there is an AOF, in the directory or as the single file that it was once.</summary>
    public bool HasFiles => Has(Names.Manifest) || File.Exists(ConfigurationText.ToUnicode(configuration.AppendFileName));

    /// <summary>The length of a file, or 0.</summary>
    public long LengthOf(string name)
    {
        var file = new FileInfo(PathOf(name));
        return file.Exists ? file.Length : 0;
    }

    /// <summary>Makes the directory if it is missing.</summary>
    public bool TryCreate()
    {
        try
        {
            Directory.CreateDirectory(Path);
            return true;
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            log.Write(LogLevel.Warning, $"Can't open or create append-only dir {configuration.AppendDirName}: {SystemError.TextOf(e)}");
            return false;
        }
    }

    /// <summary>Reads the manifest.</summary>
    /// <returns>Null if it cannot be understood; an empty one if there is none.</returns>
    public AofManifest? ReadManifest()
    {
        string path = PathOf(Names.Manifest);
        if (!Directory.Exists(Path))
        {
            log.Write(LogLevel.Debug, $"The AOF directory {configuration.AppendDirName} doesn't exist");
            return AofManifest.Empty;
        }
        if (!File.Exists(path))
        {
            log.Write(LogLevel.Debug, $"The AOF manifest file {Names.Manifest} doesn't exist");
            return AofManifest.Empty;
        }
        try
        {
            return AofManifest.Parse(File.ReadAllBytes(path));
        }
        catch (AofManifestException e)
        {
            foreach (string line in e.LogLines)
                log.Write(LogLevel.Warning, line);
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            log.Write(LogLevel.Warning, $"Fatal error: can't open the AOF manifest file {Names.Manifest} for reading: {SystemError.TextOf(e)}");
        }
        return null;
    }

    /// <summary>Replaces the manifest; after a crash there is either the old one or the new one.</summary>
    public bool TryWrite(AofManifest manifest)
    {
        try
        {
            DurableFile.Replace(PathOf(Names.Manifest), PathOf(Names.TemporaryManifest), manifest.ToBytes());
            return true;
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            log.Write(LogLevel.Warning, $"Error trying to write the temporary AOF manifest file {Names.TemporaryManifest}: {SystemError.TextOf(e)}");
            return false;
        }
    }

    /// <summary>Opens a file of the directory to append to it.</summary>
    /// <returns>Null if the system refuses.</returns>
    public AppendFile? TryOpen(string name, bool isNew)
    {
        try
        {
            return AppendFile.Open(PathOf(name), isNew);
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            log.Write(LogLevel.Warning, $"Can't open the append-only file {name}: {SystemError.TextOf(e)}");
            return null;
        }
    }

    /// <summary>Gives a file its final name.</summary>
    /// <param name="from">The path.</param>
    /// <param name="to">Its name in the directory.</param>
    /// <param name="what">How the log calls it.</param>
    public bool TryRename(string from, string to, string what)
    {
        string shown = System.IO.Path.GetFileName(from);
        try
        {
            File.Move(from, PathOf(to), overwrite: true);
            log.Write(LogLevel.Notice, $"Successfully renamed the temporary AOF {what} file {shown} into {to}");
            return true;
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            log.Write(LogLevel.Warning, $"Error trying to rename the temporary AOF {what} file {shown} into {to}: {SystemError.TextOf(e)}");
            return false;
        }
    }

    /// <summary>Removes the files that are history, and then what the manifest says of them.</summary>
    /// <returns>The manifest that is in force.</returns>
    public AofManifest RemoveHistory(AofManifest manifest)
    {
        if (manifest.History.Count == 0 || configuration.AofDisableAutoGc)
            return manifest;
        foreach (AofFile file in manifest.History)
        {
            log.Write(LogLevel.Notice, $"Removing the history file {file.Name} in the background");
            Remove(PathOf(file.Name));
        }
        AofManifest rest = manifest.WithoutHistory();
        return TryWrite(rest) ? rest : manifest;
    }

    /// <summary>Removes a file if it is there and the system lets go of it.</summary>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            // It stays, and nothing reads it.
        }
    }

    /// <summary>Takes an AOF of the time before manifests over as the base of a new one.</summary>
    /// <returns>Null if that fails.</returns>
    public AofManifest? Upgrade(AofManifest manifest)
    {
        if (!TryCreate())
            return null;
        if (manifest.Base == null)
        {
            manifest = AofManifest.Empty.WithBase(Names.OldStyle, 0);
            if (!TryWrite(manifest))
                return null;
        }
        try
        {
            File.Move(ConfigurationText.ToUnicode(Names.OldStyle), PathOf(Names.OldStyle));
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            log.Write(LogLevel.Warning, $"Error trying to move the old AOF file {Names.OldStyle} into dir {configuration.AppendDirName}: {SystemError.TextOf(e)}");
            return null;
        }
        log.Write(LogLevel.Notice, $"Successfully migrated an old-style AOF file ({Names.OldStyle}) into the AOF directory ({configuration.AppendDirName}).");
        return manifest;
    }

    /// <summary>Whether an old-style AOF waits to be taken over, as the first step or as the second.</summary>
    public bool NeedsUpgrade(AofManifest manifest)
    {
        if (!File.Exists(ConfigurationText.ToUnicode(Names.OldStyle)))
            return false;
        if (!Directory.Exists(Path) || (manifest.Base == null && manifest.Increments.Count == 0))
            return true;
        return manifest.Base?.Name == Names.OldStyle && manifest.Increments.Count == 0 && !Has(Names.OldStyle);
    }
}
