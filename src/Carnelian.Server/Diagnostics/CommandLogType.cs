namespace Carnelian.Server.Diagnostics;

/// <summary>Why a command is recorded.</summary>
internal enum CommandLogType
{
    /// <summary>It took long.</summary>
    Slow,

    /// <summary>Its request was big.</summary>
    LargeRequest,

    /// <summary>Its reply was big.</summary>
    LargeReply,
}
