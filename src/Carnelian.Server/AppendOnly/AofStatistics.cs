namespace Carnelian.Server.AppendOnly;

/// <summary>What INFO tells of the rewrites of the AOF. Written by one thread at a time, read by any.</summary>
internal sealed class AofStatistics
{
    /// <summary>Rewrites that were begun.</summary>
    public long Rewrites;

    /// <summary>Rewrites in a row that have failed.</summary>
    public int Failures;

    /// <summary>Whether the last rewrite has succeeded.</summary>
    public bool IsLastRewriteGood = true;

    /// <summary>How long the last rewrite took; -1 if there was none.</summary>
    public long LastRewriteSeconds = -1;

    /// <summary>The length of the files after the last rewrite, or of the base at the start, in bytes.</summary>
    public long BaseBytes;
}
