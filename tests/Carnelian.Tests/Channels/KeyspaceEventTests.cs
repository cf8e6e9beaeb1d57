using System.Text;
using Carnelian.Testing;
using Carnelian.Tests.Connections;

namespace Carnelian.Tests.Channels;

/// <summary>Events that Redis has and Valkey does not: of values that are replaced, and of the fields of hashes.</summary>
public sealed class KeyspaceEventTests(SystemConnections server) : IClassFixture<SystemConnections>
{
    [Theory]
    [InlineData("RPUSH k v", "RPUSH k a", "")]
    [InlineData("RPUSH k a", "SET k v", "overwritten k, type_changed k")]
    [InlineData("SET k v", "SET k w", "overwritten k")]
    [InlineData("SET k v", "SET k w EX 100", "overwritten k")]
    [InlineData("SET k v", "SET k w NX", "")]
    [InlineData("SET k v", "APPEND k w", "")]
    [InlineData("SET k v", "GETSET k w", "overwritten k")]
    [InlineData("RPUSH k a", "MSET k v l w", "overwritten k, type_changed k")]
    [InlineData("SET k v; SADD s a", "SUNIONSTORE k s", "overwritten k, type_changed k")]
    [InlineData("SADD k v; SADD s a", "SUNIONSTORE k s", "overwritten k")]
    [InlineData("SADD k v", "SUNIONSTORE k s", "")]
    [InlineData("SADD k v; ZADD s 1 a", "ZUNIONSTORE k 1 s", "overwritten k, type_changed k")]
    [InlineData("ZADD k 1 v; ZADD s 1 a", "ZRANGESTORE k s 0 -1", "overwritten k")]
    [InlineData("SET k v; GEOADD s 1 1 a", "GEOSEARCHSTORE k s FROMLONLAT 1 1 BYRADIUS 10 m", "overwritten k, type_changed k")]
    [InlineData("SET k v; RPUSH s 2 1", "SORT s STORE k", "overwritten k, type_changed k")]
    [InlineData("RPUSH k a; SET s v", "BITOP NOT k s", "overwritten k, type_changed k")]
    [InlineData("SET k v; RPUSH s 1", "RENAME s k", "overwritten k, type_changed k")]
    [InlineData("SET k v; SET s w", "RENAME s k", "overwritten k")]
    [InlineData("SET k v; SET s w", "RENAMENX s k", "")]
    [InlineData("SET k v; RPUSH s 1", "COPY s k REPLACE", "overwritten k, type_changed k")]
    [InlineData("SET k v; RPUSH s 1", "COPY s k", "")]
    public void A_value_that_is_replaced_as_a_whole_is_an_event_if_asked_for(string before, string command, string expected)
    {
        string[] messages = MessagesOf("Eoc", before, command);

        Assert.Equal(expected, string.Join(", ", messages.Select(static message => message.Replace("__keyevent@0__:", "", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("PING", "HSET h f 1 gg 2 f 3", "hset|1:f,2:gg,1:f")]
    [InlineData("HSET h f 1", "HSETNX h f 2", "")]
    [InlineData("HSET h f 1", "HSETNX h g 2", "hset|1:g")]
    [InlineData("HSET h f 1 g 2 i 3", "HDEL h f x g", "hdel|1:f,1:g")]
    [InlineData("HSET h f 1", "HDEL h x", "")]
    [InlineData("HSET h f 1 g 2", "HGETDEL h FIELDS 2 f x", "hdel|1:f")]
    [InlineData("HSET h f 1", "HINCRBY h f 2", "hincrby|1:f")]
    [InlineData("HSET h f 1", "HINCRBYFLOAT h f 2", "hincrbyfloat|1:f")]
    [InlineData("HSET h f 1 g 2", "HEXPIRE h 100 FIELDS 3 f x g", "hexpire|1:f,1:g")]
    [InlineData("HSET h f 1 g 2", "HPEXPIREAT h 1 FIELDS 2 f x", "hexpired|1:f")]
    [InlineData("HSETEX h EX 100 FIELDS 1 f 1; HSET h g 1", "HPERSIST h FIELDS 2 f g", "hpersist|1:f")]
    [InlineData("HSETEX h EX 100 FIELDS 1 f 1; HSET h g 1", "HGETEX h PERSIST FIELDS 2 f g", "hpersist|1:f")]
    [InlineData("HSET h g 1", "HGETEX h EX 10 FIELDS 2 f g", "hexpire|1:g")]
    [InlineData("PING", "HSETEX h EX 100 FIELDS 2 f 1 g 2", "hset|1:f,1:g; hexpire|1:f,1:g")]
    public void The_fields_of_an_event_are_told_if_asked_for(string before, string command, string expected)
    {
        string[] messages = MessagesOf("Sh", before, command);

        Assert.Equal(expected, string.Join("; ", messages.Select(static message => message.Replace("__subkeyspace@0__:h ", "", StringComparison.Ordinal))));
    }

    [Fact]
    public void Fields_go_to_four_kinds_of_channels_behind_the_event_of_the_key()
    {
        string[] messages = MessagesOf("KSTIVh", "PING", "HSET hash one 1 two 2");

        Assert.Equal(
            [
                "__keyspace@0__:hash hset",
                "__subkeyspace@0__:hash hset|3:one,3:two",
                "__subkeyevent@0__:hset 4:hash|3:one,3:two",
                "__subkeyspaceitem@0__:hash\none hset",
                "__subkeyspaceitem@0__:hash\ntwo hset",
                "__subkeyspaceevent@0__:hset|hash 3:one,3:two",
            ],
            messages);
    }

    [Fact]
    public void A_value_that_is_restored_replaces_another()
    {
        using RespConnection client = server.Connect(), subscriber = Subscribe(client, "Eocg", ["FLUSHALL", "RPUSH k a", "SET s v"]);
        byte[] payload = Encoding.Latin1.GetBytes(client.Call("DUMP s").Value);

        client.Call("RESTORE"u8.ToArray(), "k"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray());

        Assert.Equal("__keyevent@0__:overwritten k", Next(subscriber));
        Assert.Equal("__keyevent@0__:type_changed k", Next(subscriber));
        Assert.Equal("__keyevent@0__:restore k", Next(subscriber));
    }

    [Fact]
    public void Channels_of_items_are_left_out_for_keys_with_a_line_break()
    {
        using RespConnection client = server.Connect(), subscriber = Subscribe(client, "IVh", ["FLUSHALL"]);

        client.CallWith("HSET", "a\nb", "f", "1");

        Assert.Equal("__subkeyspaceevent@0__:hset|a\nb 1:f", Next(subscriber));
    }

    [Theory]
    [InlineData("KEA")]
    [InlineData("KEAm")]
    [InlineData("STIV")]
    public void Nobody_hears_of_fields_or_replacements_unasked(string classes)
    {
        string[] messages = MessagesOf(classes, "RPUSH k a", "SET k v", "HSET h f 1");

        Assert.DoesNotContain(messages, static message => message.Contains("__subkey", StringComparison.Ordinal));
        Assert.DoesNotContain(messages, static message => message.Contains("overwritten", StringComparison.Ordinal));
    }

    [Fact]
    public void Fields_that_expire_are_told_together()
    {
        using RespConnection client = server.Connect(), subscriber = Subscribe(client, "Th", ["FLUSHALL"]);

        client.Call("HSET h keep 1");
        client.Call("HPEXPIRE h 1 FIELDS 1 keep");

        Assert.Equal("__subkeyevent@0__:hset 1:h|4:keep", Next(subscriber));
        Assert.Equal("__subkeyevent@0__:hexpire 1:h|4:keep", Next(subscriber));
        Assert.Equal("__subkeyevent@0__:hexpired 1:h|4:keep", Next(subscriber));
    }

    [Theory]
    [InlineData("KEAocSTIV", "AKEocSTIV")]
    [InlineData("VTSIh", "hSTIV")]
    public void The_classes_are_shown_in_one_order(string classes, string expected)
    {
        using RespConnection client = server.Connect();
        client.Call($"CONFIG SET notify-keyspace-events {classes}");

        Assert.Equal(expected, client.Call("CONFIG GET notify-keyspace-events").Elements[1].Value);
        client.CallWith("CONFIG", "SET", "notify-keyspace-events", "");
    }

    private string[] MessagesOf(string classes, string before, params string[] commands)
    {
        using RespConnection client = server.Connect(), subscriber = Subscribe(client, classes, ["FLUSHALL", .. before.Split("; ")]);
        foreach (string command in commands)
            Assert.False(client.Call(command).IsError);
        client.Call("PUBLISH end x");
        var messages = new List<string>();
        while (Next(subscriber) is var message && message != "end x")
            messages.Add(message);
        client.CallWith("CONFIG", "SET", "notify-keyspace-events", "");
        return [.. messages];
    }

    private RespConnection Subscribe(RespConnection client, string classes, string[] before)
    {
        client.CallWith("CONFIG", "SET", "notify-keyspace-events", "");
        foreach (string command in before)
            client.Call(command);
        RespConnection subscriber = server.Connect();
        subscriber.Call("SUBSCRIBE end");
        subscriber.Call("PSUBSCRIBE __*");
        client.Call($"CONFIG SET notify-keyspace-events {classes}");
        return subscriber;
    }

    private static string Next(RespConnection subscriber)
    {
        RespValue message = RespValue.Parse(subscriber.ReadFrame());
        return $"{message.Elements[^2].Value} {message.Elements[^1].Value}";
    }
}
