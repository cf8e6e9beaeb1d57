using Carnelian.Commands;

namespace Carnelian.Server.AppendOnly;

/// <summary>The client on whose behalf the commands of a file run. It finds keys whose time has come: the file says itself when they go.</summary>
internal sealed class LoadSession : ClientSession
{
    /// <summary>Makes one that is in database 0.</summary>
    public LoadSession() => IsReplaying = IsImportSource = true;
}
