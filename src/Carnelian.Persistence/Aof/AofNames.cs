namespace Carnelian.Persistence.Aof;

/// <summary>The names of the files of a multi-part AOF, made of <c>appendfilename</c>. A character is a byte.</summary>
/// <param name="prefix">The value of <c>appendfilename</c>; a file of this very name is an AOF of the time before manifests.</param>
public sealed class AofNames(string prefix)
{
    /// <summary>The AOF of the time before manifests.</summary>
    public string OldStyle => prefix;

    /// <summary>The list of the files.</summary>
    public string Manifest => prefix + ".manifest";

    /// <summary>A manifest that is being written.</summary>
    public string TemporaryManifest => "temp-" + prefix + ".manifest";

    /// <summary>The increment that is written while the AOF is being switched on and has no base yet.</summary>
    public string TemporaryIncrement => "temp-" + prefix + ".incr";

    /// <summary>A base file.</summary>
    /// <param name="sequence">Its number.</param>
    /// <param name="isRdb">Whether it is an RDB file; else it holds commands.</param>
    public string Base(long sequence, bool isRdb) => $"{prefix}.{sequence}.base.{(isRdb ? "rdb" : "aof")}";

    /// <summary>An increment.</summary>
    public string Increment(long sequence) => $"{prefix}.{sequence}.incr.aof";
}
