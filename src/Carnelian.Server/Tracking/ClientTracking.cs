namespace Carnelian.Server.Tracking;

/// <summary>What a client has asked for with CLIENT TRACKING ON; another CLIENT TRACKING ON makes another one.</summary>
/// <param name="options">How it wants to hear of changes.</param>
/// <param name="redirect">The number of the client that hears of them in its place; 0 for none.</param>
/// <param name="prefixes">The prefixes of BCAST, in order.</param>
internal sealed class ClientTracking(TrackingOptions options, long redirect, byte[][] prefixes)
{
    private volatile bool _isRedirectBroken;

    /// <summary>How it wants to hear of changes.</summary>
    public TrackingOptions Options { get; } = options;

    /// <summary>The number of the client that hears of them in its place; 0 for none.</summary>
    public long Redirect { get; } = redirect;

    /// <summary>The prefixes of BCAST, in order; the empty one stands for all keys.</summary>
    public byte[][] Prefixes { get; } = prefixes;

    /// <summary>Whether CLIENT CACHING was said for the command that comes. The client's loop.</summary>
    public bool HasException { get; set; }

    /// <summary>Whether the client that hears in its place is gone. Any thread.</summary>
    public bool IsRedirectBroken { get => _isRedirectBroken; set => _isRedirectBroken = value; }

    /// <summary>Whether it hears of keys that a command reads now.</summary>
    public bool RemembersReads => (Options & (TrackingOptions.Broadcast | TrackingOptions.OptIn | TrackingOptions.OptOut)) switch
    {
        TrackingOptions.None => true,
        TrackingOptions.OptIn => HasException,
        TrackingOptions.OptOut => !HasException,
        _ => false,
    };

    /// <summary>Whether it has an option.</summary>
    public bool Has(TrackingOptions option) => (Options & option) != 0;
}
