using Carnelian.Persistence.Rdb;
using Carnelian.Server.Persistence;

namespace Carnelian.Server.AppendOnly;

/// <summary>A base that is an RDB file.</summary>
internal sealed class RdbBase(ServerInstance server) : IAofBase
{
    private RdbImage? _image;

    /// <inheritdoc/>
    public string? Error { get; private set; }

    /// <inheritdoc/>
    public SnapshotRun? TryCut()
    {
        _image = RdbImage.TryCut(server, SnapshotPurpose.AppendOnlyBase, RdbProfile.All[(int)server.Configuration.RdbFormat]);
        return _image?.Run;
    }

    /// <inheritdoc/>
    public bool WriteTo(AppendFile file)
    {
        var output = new BaseOutput(file, server.Configuration.AofRewriteIncrementalFsync);
        bool isWhole = _image!.WriteTo(output, ("aof-base", "1"));
        Error = output.Error ?? _image.Obstacle;
        return isWhole && Error == null;
    }

    /// <inheritdoc/>
    public void Dispose() => _image?.Dispose();
}
