namespace Carnelian.Server.Configuration;

/// <summary>What may be done with a directive.</summary>
[Flags]
internal enum DirectiveFlags
{
    None = 0,

    /// <summary>Settable at start only.</summary>
    Immutable = 1,

    /// <summary>Settable while the server runs only by those whom enable-protected-configs allows it.</summary>
    Protected = 2,

    /// <summary>CONFIG GET shows it only when asked for it by its whole name.</summary>
    Hidden = 4,

    /// <summary>Its value is a secret: logs and MONITOR must not show it.</summary>
    Sensitive = 8,

    /// <summary>Takes any number of arguments; CONFIG SET gives them in one, separated by single spaces.</summary>
    MultiArgument = 16,

    /// <summary>Cannot be set while data is being loaded.</summary>
    NotWhileLoading = 32,
}
