namespace Carnelian.Server.Tracking;

/// <summary>How a client wants to hear of changes (CLIENT TRACKING).</summary>
[Flags]
internal enum TrackingOptions
{
    /// <summary>Of all keys that it reads.</summary>
    None,

    /// <summary>BCAST: of all keys that begin with its prefixes, whether it has read them or not.</summary>
    Broadcast = 1,

    /// <summary>OPTIN: only of keys that it reads right after CLIENT CACHING YES.</summary>
    OptIn = 2,

    /// <summary>OPTOUT: not of keys that it reads right after CLIENT CACHING NO.</summary>
    OptOut = 4,

    /// <summary>NOLOOP: not of its own changes.</summary>
    NoLoop = 8,
}
