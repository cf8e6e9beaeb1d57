using Carnelian.Testing;

namespace Carnelian.Tests.Channels;

/// <summary>Publish and subscribe across loops.</summary>
public sealed class PubSubTests : IDisposable
{
    private readonly RunningServer _server = new("--io-threads", "3");
    private readonly RespConnection _subscriber;
    private readonly RespConnection _publisher;

    public PubSubTests()
    {
        _subscriber = _server.Connect();
        _publisher = _server.Connect();
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_message_reaches_the_subscribers_of_its_channel_and_of_patterns_that_match()
    {
        Assert.Equal("subscribe news 1", Line(_subscriber.Call("SUBSCRIBE news")));
        Assert.Equal("psubscribe n* 2", Line(_subscriber.Call("PSUBSCRIBE n*")));
        Assert.Equal("2", _publisher.Call("PUBLISH news hello").Value);
        Assert.Equal("0", _publisher.Call("PUBLISH other hello").Value);
        Assert.Equal("message news hello", Next(_subscriber));
        Assert.Equal("pmessage n* news hello", Next(_subscriber));
    }

    [Fact]
    public void Messages_are_pushes_in_RESP3_and_arrays_in_RESP2()
    {
        RespConnection modern = _server.Connect();
        modern.Call("HELLO 3");
        Assert.Equal('>', modern.Call("SUBSCRIBE c").Type);
        Assert.Equal('*', _subscriber.Call("SUBSCRIBE c").Type);
        Assert.Equal("2", _publisher.Call("PUBLISH c m").Value);
        Assert.Equal('>', RespValue.Parse(modern.ReadFrame()).Type);
        Assert.Equal('*', RespValue.Parse(_subscriber.ReadFrame()).Type);
    }

    [Fact]
    public void A_RESP2_subscriber_may_send_little_else_and_a_RESP3_subscriber_anything()
    {
        _subscriber.Call("SUBSCRIBE c");
        Assert.StartsWith("ERR Can't execute 'get'", _subscriber.Call("GET k").Value);
        Assert.Equal("pong x", Line(_subscriber.Call("PING x")));
        RespConnection modern = _server.Connect();
        modern.Call("HELLO 3");
        modern.Call("SUBSCRIBE c");
        Assert.True(modern.Call("GET k").IsNull);
    }

    [Fact]
    public void A_client_that_publishes_to_itself_gets_the_reply_before_the_message()
    {
        _publisher.Call("HELLO 3");
        _publisher.Call("SUBSCRIBE c");
        Assert.Equal("1", _publisher.Call("PUBLISH c m").Value);
        Assert.Equal("message c m", Next(_publisher));
    }

    [Fact]
    public void Unsubscribing_ends_the_messages_and_lets_other_commands_through()
    {
        _subscriber.Call("SUBSCRIBE c");
        Assert.Equal("unsubscribe c 0", Line(_subscriber.Call("UNSUBSCRIBE c")));
        Assert.Equal("0", _publisher.Call("PUBLISH c m").Value);
        Assert.Equal("PONG", _subscriber.Call("PING").Value);
    }

    [Fact]
    public void Subscribing_twice_counts_once()
    {
        _subscriber.Call("SUBSCRIBE c");
        Assert.Equal("subscribe c 1", Line(_subscriber.Call("SUBSCRIBE c")));
        Assert.Equal("1", _publisher.Call("PUBLISH c m").Value);
        Assert.Equal("c 1 d 0", Line(_publisher.Call("PUBSUB NUMSUB c d")));
    }

    [Fact]
    public void PUBSUB_tells_of_channels_and_patterns_with_subscribers_only()
    {
        _subscriber.Call("SUBSCRIBE news");
        _subscriber.Call("SUBSCRIBE weather");
        _subscriber.Call("PSUBSCRIBE n*");
        Assert.Equal(["news", "weather"], _publisher.Call("PUBSUB CHANNELS").Elements.Select(channel => channel.Value).Order());
        Assert.Equal("news", Line(_publisher.Call("PUBSUB CHANNELS n*")));
        Assert.Equal("1", _publisher.Call("PUBSUB NUMPAT").Value);
        _subscriber.Call("UNSUBSCRIBE news");
        Assert.Equal("weather", Line(_publisher.Call("PUBSUB CHANNELS")));
    }

    [Fact]
    public void PUBSUB_CHANNELS_lists_the_channel_without_a_name_unless_there_is_a_pattern()
    {
        _subscriber.CallWith("SUBSCRIBE", "");
        Assert.Single(_publisher.Call("PUBSUB CHANNELS").Elements);
        Assert.Empty(_publisher.Call("PUBSUB CHANNELS *").Elements);
    }

    [Fact]
    public void All_subscribers_of_a_channel_get_the_messages_of_many_publishers_in_one_order()
    {
        const int Publishers = 4;
        const int Each = 200;
        RespConnection[] subscribers = [.. Enumerable.Range(0, 4).Select(_ => _server.Connect())];
        foreach (RespConnection subscriber in subscribers)
            subscriber.Call("SUBSCRIBE c");
        Parallel.For(0, Publishers, publisher =>
        {
            RespConnection connection = _server.Connect();
            for (int i = 0; i < Each; i++)
                Assert.Equal("4", connection.Call($"PUBLISH c {publisher}:{i}").Value);
        });
        string[][] orders = [.. subscribers.Select(subscriber => Enumerable.Range(0, Publishers * Each).Select(_ => Next(subscriber)).ToArray())];
        foreach (string[] order in orders)
            Assert.Equal(orders[0], order);
        Assert.Equal(Publishers * Each, orders[0].Distinct().Count());
    }

    [Fact]
    public void Inside_a_transaction_messages_wait_for_the_reply_of_EXEC()
    {
        _publisher.Call("HELLO 3");
        _publisher.Call("SUBSCRIBE c");
        _publisher.Call("MULTI");
        _publisher.Call("PUBLISH c m");
        _publisher.Call("SET k v");
        Assert.Equal("1 OK", Line(_publisher.Call("EXEC")));
        Assert.Equal("message c m", Next(_publisher));
    }

    private static string Next(RespConnection connection) => Line(RespValue.Parse(connection.ReadFrame()));

    private static string Line(RespValue reply) => string.Join(' ', reply.Elements.Select(element => element.Value));
}
