using Carnelian.Server.Persistence;

namespace Carnelian.Server.AppendOnly;

/// <summary>A base of the AOF in the making: a snapshot in one of the two forms that there are.</summary>
internal interface IAofBase : IDisposable
{
    /// <summary>What went wrong, or null.</summary>
    string? Error { get; }

    /// <summary>Makes the cut, if no other snapshot is being taken. Under all locks.</summary>
    SnapshotRun? TryCut();

    /// <summary>Writes the data set of the cut. Without locks.</summary>
    /// <returns>Whether all of it is written.</returns>
    bool WriteTo(AppendFile file);
}
