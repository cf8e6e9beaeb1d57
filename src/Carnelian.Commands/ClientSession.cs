using Carnelian.Storage;

namespace Carnelian.Commands;

/// <summary>
/// What commands on data may know of the client that they serve. The server's client derives from it, and the server's own
/// commands ask for that.
/// </summary>
public abstract class ClientSession
{
    /// <summary>The number of the client's database.</summary>
    public int DatabaseIndex { get; set; }

    /// <summary>What its lookups of keys leave out or find besides.</summary>
    public LookupFlags Lookup { get; private set; }

    /// <summary>CLIENT NO-TOUCH: its reads do not count as accesses of keys.</summary>
    public bool IsNoTouch
    {
        get => (Lookup & LookupFlags.NoTouch) != 0;
        set => Lookup = value ? Lookup | LookupFlags.NoTouch : Lookup & ~LookupFlags.NoTouch;
    }

    /// <summary>CLIENT IMPORT-SOURCE: it finds expired keys, as long as <c>import-mode</c> keeps them.</summary>
    public bool IsImportSource
    {
        get => (Lookup & LookupFlags.ShowExpired) != 0;
        set => Lookup = value ? Lookup | LookupFlags.ShowExpired : Lookup & ~LookupFlags.ShowExpired;
    }
}
