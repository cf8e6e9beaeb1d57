namespace Carnelian.Server.Execution;

/// <summary>What a loop does between its rounds, in short slices: expiry and defragmentation of its share of the shards.</summary>
/// <remarks>One a loop, on its thread, which holds no lock then.</remarks>
internal sealed class BackgroundCycles(ServerInstance server, EventLoop loop)
{
    private readonly ExpiryCycle _expiry = new(server, loop);
    private readonly DefragmentationCycle _defragmentation = new(server, loop);

    /// <summary>Milliseconds until there is something to do; at most <paramref name="most"/>.</summary>
    public int MillisecondsUntilDue(int most) => _expiry.MillisecondsUntilDue(_defragmentation.MillisecondsUntilDue(most));

    /// <summary>Does what is due, for a slice of time each.</summary>
    public void Run()
    {
        if (server.Snapshots.IsCrowded)
            server.Snapshots.WaitForRoom();
        if (server.Aof.Writer is { IsCrowded: true } writer)
            writer.WaitForRoom();
        _expiry.Run();
        _defragmentation.Run();
    }
}
