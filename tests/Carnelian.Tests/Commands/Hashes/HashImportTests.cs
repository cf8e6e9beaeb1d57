namespace Carnelian.Tests.Commands.Hashes;

public sealed class HashImportTests : IDisposable
{
    private readonly DatabaseClient _client = new();

    public HashImportTests()
    {
        _client.Services.Limits.HashPackEntries = 512;
        _client.Services.Limits.HashPackValue = 64;
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public void Values_go_with_the_fields_in_their_order()
    {
        Assert.Equal("+OK", _client.Run("HIMPORT PREPARE u name email age"));
        Assert.Equal("+OK", _client.Run("HIMPORT SET user:1 u alice a@b 30"));
        Assert.Equal(["new user:1", "hset user:1"], _client.TakeEvents());
        Assert.Equal(3, _client.Dirty);
        Assert.Equal("*6 name alice email a@b age 30", _client.Run("HGETALL user:1"));
    }

    [Fact]
    public void A_hash_is_replaced_as_a_whole_with_its_deadlines()
    {
        _client.Run("HSETEX h EX 10 FIELDS 2 other 1 a 2");
        _client.Run("EXPIRE h 100");
        _client.Run("HIMPORT PREPARE u a b");
        _client.Run("HIMPORT SET h u 1 2");
        Assert.Equal("*4 a 1 b 2", _client.Run("HGETALL h"));
        Assert.Equal(":-1", _client.Run("TTL h"));
        Assert.Equal(0, _client.Keyspace[0].VolatileHashCount);
        _client.Run("SET s v");
        Assert.StartsWith("-WRONGTYPE", _client.Run("HIMPORT SET s u 1 2"), StringComparison.Ordinal);
    }

    [Fact]
    public void Fieldsets_are_known_until_they_are_discarded()
    {
        _client.Run("HIMPORT PREPARE u a b");
        _client.Run("HIMPORT PREPARE u a");
        _client.Run("HIMPORT PREPARE o c");
        Assert.Equal("-ERR value count does not match fieldset field count", _client.Run("HIMPORT SET h u 1 2"));
        Assert.Equal(":1", _client.Run("HIMPORT DISCARD u"));
        Assert.Equal(":0", _client.Run("HIMPORT DISCARD u"));
        Assert.Equal("-ERR no such fieldset", _client.Run("HIMPORT SET h u 1"));
        Assert.Equal(":1", _client.Run("HIMPORT DISCARDALL"));
        Assert.Equal(":0", _client.Run("HIMPORT DISCARDALL"));
        Assert.Equal(":0", _client.Run("EXISTS h"));
    }

    [Fact]
    public void A_field_cannot_be_named_twice() => Assert.Equal("-ERR duplicate field name in fieldset", _client.Run("HIMPORT PREPARE u a b a"));
}
