namespace Carnelian.Persistence.Aof;

/// <summary>A file that the manifest of a multi-part AOF names.</summary>
/// <param name="Name">Its name in the directory of the manifest, a character a byte.</param>
/// <param name="Sequence">Its number; those of the increments grow.</param>
/// <param name="Kind">What it is for.</param>
public sealed record AofFile(string Name, long Sequence, AofFileKind Kind);
