namespace Carnelian.Server.Persistence;

/// <summary>What a MIGRATE says; arguments by their positions.</summary>
internal struct MigrateOptions
{
    /// <summary>The host to connect to.</summary>
    public string Host;

    /// <summary>Its port.</summary>
    public int Port;

    /// <summary>The database there.</summary>
    public long Database;

    /// <summary>How long to wait for the other side at a time, in milliseconds.</summary>
    public int Timeout;

    /// <summary>Whether the keys stay here too.</summary>
    public bool Copies;

    /// <summary>Whether keys that exist there are replaced.</summary>
    public bool Replaces;

    /// <summary>The first key.</summary>
    public int FirstKey;

    /// <summary>How many keys there are.</summary>
    public int KeyCount;

    /// <summary>The name of the user there; 0 if there is none.</summary>
    public int User;

    /// <summary>The password; 0 if there is none.</summary>
    public int Password;

    /// <summary>Whether there is a password.</summary>
    public readonly bool HasPassword => Password != 0;
}
