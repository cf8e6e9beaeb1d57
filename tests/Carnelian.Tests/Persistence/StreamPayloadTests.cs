using System.Buffers.Binary;
using System.Text;
using Carnelian.Testing;

namespace Carnelian.Tests.Persistence;

/// <summary>What streams of later versions hold beside their entries: who has given entries back, and which messages of producers are known.</summary>
public sealed class StreamPayloadTests : IDisposable
{
    private const byte WithProducers = 26;
    private const byte WithReleased = 27;

    private readonly RunningServer _server = new();
    private readonly RespConnection _client;
    private readonly string _first;
    private readonly string _second;

    public StreamPayloadTests()
    {
        _client = _server.Connect();
        _first = _client.Call("XADD s * f 1").Value;
        _second = _client.Call("XADD s * f 2").Value;
        _client.Call("XGROUP CREATE s g 0");
        _client.Call("XREADGROUP GROUP g c COUNT 2 STREAMS s >");
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Entries_that_were_given_back_are_that_again()
    {
        _client.Call($"XNACK s g FAIL IDS 1 {_second}");
        _client.Call($"XNACK s g FAIL IDS 1 {_first}");

        Assert.Equal("OK", Restore(Dump()));

        Assert.Equal(Full("s"), Full("t"));
        // They come again in the order in which they were given back.
        Assert.Contains(_second, _client.Call("XREADGROUP GROUP g d COUNT 1 CLAIM 0 STREAMS t >").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_of_producers_are_known()
    {
        byte[] body = Dump()[1..^10];

        Assert.Equal("OK", Restore(Payload(WithProducers, [.. body, .. Producers(_second)])));

        Assert.Equal(_second, _client.Call("XADD t IDMP p1 m1 * f 2").Value);
        Assert.Equal("2", _client.Call("XLEN t").Value);
        string info = _client.Call("XINFO STREAM t").ToString();
        foreach ((string field, string value) in (ReadOnlySpan<(string, string)>)[("idmp-duration", "200"), ("idmp-maxsize", "100"), ("pids-tracked", "1"), ("iids-added", "5"), ("iids-duplicates", "2")])
            Assert.Matches($"{field}\\W+{value}\\b", info);
    }

    [Fact]
    public void A_zone_of_released_entries_is_read()
    {
        _client.Call($"XNACK s g FAIL IDS 1 {_first}");
        byte[] zone = [1, .. Id(_first)];

        Assert.Equal("OK", Restore(Payload(WithReleased, [.. WithoutStand(Dump()), .. zone, .. Producers(_second)])));

        Assert.Equal(Full("s"), Full("t"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_zone_that_does_not_fit_is_refused(int count)
    {
        _client.Call($"XNACK s g FAIL IDS 1 {_first}");
        byte[] zone = [(byte)count, .. Enumerable.Repeat(Id(_first), count).SelectMany(static id => id)];

        Assert.Equal("ERR Bad data format", Restore(Payload(WithReleased, [.. WithoutStand(Dump()), .. zone, .. Producers(_second)])));
    }

    [Fact]
    public void A_message_that_is_there_twice_is_refused()
    {
        byte[] twice = [.. Usual(), 1, .. Text("p1"), 2, .. Message("m1", _second), .. Message("m1", _second), 2, 0];

        Assert.Equal("ERR Bad data format", Restore(Payload(WithProducers, [.. Dump()[1..^10], .. twice])));
    }

    /// <summary>The second entry is what a message of a producer has become.</summary>
    private static byte[] Producers(string id) => [.. Usual(), 1, .. Text("p1"), 1, .. Message("m1", id), 5, 1];

    /// <summary>200 seconds and 100 messages, as lengths.</summary>
    private static byte[] Usual() => [0x40, 200, 0x40, 100];

    private static byte[] Message(string name, string id)
    {
        byte[] number = new byte[9];
        number[0] = 0x81;
        Id(id).AsSpan(0, 8).CopyTo(number.AsSpan(1));
        return [.. Text(name), .. number, Id(id)[15]];
    }

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Id(string id)
    {
        byte[] bytes = new byte[16];
        string[] parts = id.Split('-');
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ulong.Parse(parts[0], null));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), ulong.Parse(parts[1], null));
        return bytes;
    }

    /// <summary>A stream's bytes without the consumer that stands for entries that were given back: it is the last one.</summary>
    private static byte[] WithoutStand(byte[] dump)
    {
        byte[] body = dump[1..^10];
        int stand = body.AsSpan().IndexOf(Text("carnelian:released"));
        body = body[..stand];
        int consumers = body.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[2, 1, (byte)'c']);
        body[consumers] = 1;
        return body;
    }

    private static byte[] Payload(byte type, byte[] body) => Payloads.Seal([type, .. body], 14);

    private byte[] Dump()
    {
        _client.Queue(CommandText.Split("DUMP s"));
        _client.Flush();
        ReadOnlySpan<byte> frame = _client.ReadFrame();
        return frame[(frame.IndexOf((byte)'\n') + 1)..^2].ToArray();
    }

    private string Restore(byte[] payload) => _client.Call("RESTORE"u8.ToArray(), "t"u8.ToArray(), "0"u8.ToArray(), payload).Value;

    private string Full(string key)
    {
        // All but how long an entry has been idle.
        IEnumerable<string> pending = _client.Call($"XPENDING {key} g - + 10").Elements.Select(static entry => $"{entry.Elements[0].Value} of {entry.Elements[1].Value}, {entry.Elements[3].Value} times");
        return $"{_client.Call($"XINFO GROUPS {key}")} {string.Join("; ", pending)} {_client.Call($"XINFO CONSUMERS {key} g").Elements.Count}";
    }
}
