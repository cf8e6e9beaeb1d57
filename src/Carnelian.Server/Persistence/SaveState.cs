using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>What is known of the data set's saves: when, how they went, and what has changed since.</summary>
/// <remarks>Written by the main loop, or under all locks; any thread reads.</remarks>
internal sealed class SaveState(ServerInstance server)
{
    private long _changesAtSave;

    /// <summary>The time of the last good save, or of the start, in seconds of Unix time.</summary>
    public long LastSave { get; private set; } = server.StartedAt / 1000;

    /// <summary>Whether the last save was good.</summary>
    public bool IsGood { get; private set; } = true;

    /// <summary>How long the last save in the background took, in seconds; -1 if there was none.</summary>
    public long LastSeconds { get; set; } = -1;

    /// <summary>The most memory that the last save in the background had in use for values as they were, in bytes.</summary>
    public long LastExtraBytes { get; set; }

    /// <summary>How many saves were begun.</summary>
    public long Count { get; set; }

    /// <summary>Changes to data that are not saved.</summary>
    public long Changes => TotalChanges - Volatile.Read(ref _changesAtSave);

    /// <summary>All changes to data there were.</summary>
    public long TotalChanges => server.Totals.Read().Dirty;

    /// <summary>Notes that all changes up to a number are saved.</summary>
    public void NoteSaved(long changes)
    {
        Volatile.Write(ref _changesAtSave, changes);
        LastSave = Clock.Sample() / 1000;
        IsGood = true;
    }

    /// <summary>Notes that a save has failed.</summary>
    public void NoteFailed() => IsGood = false;
}
