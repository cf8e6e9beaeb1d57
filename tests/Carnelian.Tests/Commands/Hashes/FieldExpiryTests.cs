namespace Carnelian.Tests.Commands.Hashes;

/// <summary>What happens when the time of fields comes.</summary>
public sealed class FieldExpiryTests : IDisposable
{
    private readonly DatabaseClient _client = new();

    public FieldExpiryTests()
    {
        _client.Services.Limits.HashPackEntries = 512;
        _client.Services.Limits.HashPackValue = 64;
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public void A_field_is_there_up_to_its_deadline_and_not_after()
    {
        _client.Run("HSET h a 1 b 2");
        Assert.Equal("*1 :1", _client.Run("HPEXPIRE h 100 FIELDS 1 a"));
        _client.Now += 100;
        Assert.Equal("1", _client.Run("HGET h a"));
        _client.Now++;
        Assert.Equal("$-1", _client.Run("HGET h a"));
        Assert.Equal("*2 b 2", _client.Run("HGETALL h"));
        Assert.Equal("*1 :-2", _client.Run("HTTL h FIELDS 1 a"));
        Assert.Equal(":0", _client.Run("HDEL h a"));
    }

    [Fact]
    public void The_cycle_removes_expired_fields_and_tells_of_them_once()
    {
        _client.Run("HSET h a 1 b 2 c 3");
        _client.Run("HPEXPIRE h 100 FIELDS 2 a b");
        _client.TakeEvents();
        Assert.Equal(0, Expire());
        _client.Now += 101;
        Expire();
        Assert.Equal(["hexpired h 2"], _client.TakeEvents());
        Assert.Equal(":1", _client.Run("HLEN h"));
        Assert.Equal(0, _client.Keyspace[0].VolatileHashCount);
    }

    [Fact]
    public void A_hash_goes_with_its_last_field()
    {
        _client.Run("HSETEX h PX 50 FIELDS 2 a 1 b 2");
        _client.TakeEvents();
        _client.Now += 51;
        Expire();
        Assert.Equal(["hexpired h 2 del"], _client.TakeEvents());
        Assert.Equal(":0", _client.Run("EXISTS h"));
        Assert.Equal(0, _client.Keyspace[0].VolatileHashCount);
    }

    [Fact]
    public void A_big_hash_expires_in_bounded_steps()
    {
        for (int i = 0; i < 1000; i++)
            _client.Run($"HSETEX h PXAT {_client.Now + 10 + i % 3} FIELDS 1 field{i} v");
        _client.Run("HSET h stays 1");
        _client.Now += 20;
        int steps = Expire();
        Assert.InRange(steps, 1000 / 64, 30);
        Assert.Equal(":1", _client.Run("HLEN h"));
    }

    [Theory]
    [InlineData("RENAME h other", 0, "other")]
    [InlineData("MOVE h 1", 1, "h")]
    [InlineData("COPY h other", 0, "other")]
    [InlineData("SWAPDB 0 2", 2, "h")]
    public void Field_deadlines_follow_the_hash(string command, int database, string key)
    {
        _client.Run("HSETEX h PX 50 FIELDS 1 a 1");
        _client.Run("HSET h b 2");
        _client.Run(command);
        if (command.StartsWith("COPY", StringComparison.Ordinal))
            _client.Run("DEL h");
        Assert.Equal(1, _client.Keyspace.Sum(static db => db.VolatileHashCount));
        Assert.Equal(1, _client.Keyspace[database].VolatileHashCount);
        _client.Now += 51;
        Expire();
        _client.Session.DatabaseIndex = database;
        Assert.Equal(":1", _client.Run($"HLEN {key}"));
        Assert.Equal(0, _client.Keyspace.Sum(static db => db.VolatileHashCount));
    }

    [Theory]
    [InlineData("DEL h")]
    [InlineData("UNLINK h")]
    [InlineData("SET h v")]
    [InlineData("FLUSHALL")]
    [InlineData("FLUSHDB")]
    [InlineData("HDEL h a")]
    [InlineData("HPERSIST h FIELDS 1 a")]
    [InlineData("HSET h a 2")]
    [InlineData("HGETDEL h FIELDS 1 a")]
    [InlineData("HGETEX h PERSIST FIELDS 1 a")]
    [InlineData("HSETEX h FIELDS 1 a 2")]
    [InlineData("HEXPIREAT h 1 FIELDS 1 a")]
    public void A_hash_without_field_deadlines_is_not_in_the_index(string command)
    {
        _client.Run("HSETEX h PX 50 FIELDS 1 a 1");
        _client.Run("HSET h b 2");
        Assert.Equal(1, _client.Keyspace[0].VolatileHashCount);
        _client.Run(command);
        Assert.Equal(0, _client.Keyspace[0].VolatileHashCount);
        _client.Now += 100;
        Assert.Equal(0, Expire());
    }

    [Fact]
    public void A_key_that_expires_takes_its_fields_out_of_the_index()
    {
        _client.Run("HSETEX h PX 500 FIELDS 1 a 1");
        _client.Run("PEXPIRE h 10");
        _client.Now += 11;
        Assert.Equal(":0", _client.Run("EXISTS h"));
        Assert.Equal(0, _client.Keyspace[0].VolatileHashCount);
    }

    [Fact]
    public void A_deadline_that_is_put_off_keeps_the_field()
    {
        _client.Run("HSETEX h PX 50 FIELDS 1 a 1");
        _client.Run("HPEXPIRE h 500 FIELDS 1 a");
        _client.Now += 51;
        Expire();
        Assert.Equal("1", _client.Run("HGET h a"));
        _client.Now += 500;
        Expire();
        Assert.Equal(":0", _client.Run("EXISTS h"));
    }

    /// <summary>Expires all that is due, as the server does between commands.</summary>
    /// <returns>How many steps it took.</returns>
    private int Expire()
    {
        int steps = 0;
        for (int i = 0; i < _client.Keyspace.DatabaseCount; i++)
        {
            for (int shard = 0; shard < _client.Keyspace.ShardCount; shard++)
            {
                while (_client.Keyspace[i].EarliestFieldDeadline(shard) < _client.Now)
                {
                    _client.Keyspace[i].ExpireFieldsDue(shard, _client.Now, most: 64);
                    steps++;
                }
            }
        }
        return steps;
    }
}
