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

    /// <summary>Whether its commands are those of a journal, from a file or a primary: what was written there is taken as it is.</summary>
    public bool IsReplaying { get; set; }

    /// <summary>The lists of fields that HIMPORT PREPARE has named; null if there are none.</summary>
    internal Hashes.Fieldsets? Fieldsets { get; set; }

    /// <summary>Forgets what HIMPORT PREPARE has named: RESET.</summary>
    public void ForgetFieldsets() => Fieldsets = null;

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
