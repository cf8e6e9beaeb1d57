namespace Carnelian.Tests.Commands.SortedSets;

/// <summary>Which keyspace events commands publish and how many changes they count; the real server does the same.</summary>
public sealed class SortedSetEventsTests : IDisposable
{
    private readonly DatabaseClient _client = new();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("ZADD k 1 a 2 b", 2, "new k", "zadd k")]
    [InlineData("ZADD k XX 1 a", 0)]
    [InlineData("ZADD k INCR 0 a", 1, "new k", "zincr k")]
    [InlineData("ZINCRBY k 0 a", 1, "new k", "zincr k")]
    [InlineData("ZRANGESTORE k z 0 1", 1, "new k", "zrangestore k")]
    [InlineData("ZUNIONSTORE k 1 z", 1, "new k", "zunionstore k")]
    [InlineData("ZUNIONSTORE z 1 nothing", 1, "keymiss nothing", "del z")]
    [InlineData("ZRANGESTORE k z 9 9", 0)]
    [InlineData("ZADD z 1 a 5 c 9 d", 2, "zadd z")]
    [InlineData("ZADD z 1 a", 0)]
    [InlineData("ZREM z a b nothing", 2, "zrem z")]
    [InlineData("ZREM z a b c", 3, "zrem z", "del z")]
    [InlineData("ZPOPMIN z 2", 2, "zpopmin z")]
    [InlineData("ZPOPMAX z 9", 3, "zpopmax z", "del z")]
    [InlineData("ZMPOP 2 k z MIN", 1, "zpopmin z")]
    [InlineData("ZREMRANGEBYRANK z 0 1", 2, "zremrangebyrank z")]
    [InlineData("ZREMRANGEBYSCORE z -inf inf", 3, "zremrangebyscore z", "del z")]
    [InlineData("ZREMRANGEBYSCORE z 9 9", 0)]
    public void Events_and_changes(string line, long changes, params string[] events)
    {
        _client.Run("ZADD z 1 a 2 b 3 c");
        _client.TakeEvents();
        _client.Run(line);
        Assert.Equal(events, _client.TakeEvents());
        Assert.Equal(changes, _client.Dirty);
    }

    [Theory]
    [InlineData("ZUNION 2 z s AGGREGATE COUNT WITHSCORES", "*6 c 1 a 2 b 2")]
    [InlineData("ZINTER 2 z s WEIGHTS 2 0.5 AGGREGATE COUNT WITHSCORES", "*4 a 2.5 b 2.5")]
    public void An_aggregate_may_count_the_inputs(string line, string reply)
    {
        _client.Run("ZADD z 10 a 20 b 30 c");
        _client.Run("SADD s a b");
        Assert.Equal(reply, _client.Run(line));
    }
}
