namespace Carnelian.Commands;

/// <summary>
/// What commands on data may know of the client that they serve. The server's client derives from it, and the server's own
/// commands ask for that.
/// </summary>
public abstract class ClientSession
{
    /// <summary>The number of the client's database.</summary>
    public int DatabaseIndex { get; set; }

    /// <summary>CLIENT NO-TOUCH: its reads do not count as accesses of keys.</summary>
    public bool IsNoTouch { get; set; }
}
