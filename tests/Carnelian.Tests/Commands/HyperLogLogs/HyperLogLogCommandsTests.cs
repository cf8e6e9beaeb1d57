using System.Globalization;
using System.Text;
using Carnelian.Tests.Configuration;

namespace Carnelian.Tests.Commands.HyperLogLogs;

/// <summary>Replies, events and stored bytes of the commands on HyperLogLogs.</summary>
public sealed class HyperLogLogCommandsTests : IDisposable
{
    private const string WrongType = "-WRONGTYPE Key is not a valid HyperLogLog string value.";

    private readonly DatabaseClient _client = new();

    public HyperLogLogCommandsTests() => _client.Services.Limits.SparseHyperLogLogBytes = 3000;

    public void Dispose() => _client.Dispose();

    [Fact]
    public void Elements_are_counted_and_merged()
    {
        Assert.Equal(":1", _client.Run("PFADD k a b c"));
        Assert.Equal(":0", _client.Run("PFADD k a"));
        Assert.Equal(":3", _client.Run("PFCOUNT k"));
        Assert.Equal(":1", _client.Run("PFADD other c d"));
        Assert.Equal(":4", _client.Run("PFCOUNT k other none"));
        Assert.Equal("+OK", _client.Run("PFMERGE target k other none"));
        Assert.Equal(":4", _client.Run("PFCOUNT target"));
        Assert.Equal(":1", _client.Run("PFADD empty"));
        Assert.Equal(":0", _client.Run("PFADD empty"));
        Assert.Equal(":0", _client.Run("PFCOUNT empty"));
        Assert.Equal("raw", _client.Run("OBJECT ENCODING k"));
    }

    [Fact]
    public void Sparse_becomes_dense_when_it_grows_too_long()
    {
        for (int i = 0; _client.Run("STRLEN k") != ":12304"; i++)
        {
            Assert.InRange(i, 0, 3000);
            _client.Run($"PFADD k {i}");
            if (i % 100 == 0)
                Assert.Equal("+sparse", _client.Run("PFDEBUG ENCODING k"));
        }
        Assert.Equal("+dense", _client.Run("PFDEBUG ENCODING k"));
        Assert.Equal(":0", _client.Run("PFDEBUG TODENSE k"));
        Assert.Equal("-ERR HLL encoding is not sparse", _client.Run("PFDEBUG DECODE k"));
    }

    [Fact]
    public void Strings_that_are_none_are_refused()
    {
        _client.Run("SET k abc");
        _client.Run("SET n 123");
        foreach (string command in (string[])["PFADD k a", "PFCOUNT k", "PFMERGE k", "PFMERGE x k", "PFDEBUG DECODE k", "PFADD n a", "PFCOUNT n k"])
            Assert.Equal(WrongType, _client.Run(command));
        _client.Run("PFADD h a");
        _client.Run("SETRANGE h 4 2");
        Assert.Equal(WrongType, _client.Run("PFCOUNT h"));
    }

    [Fact]
    public void Corrupt_registers_are_reported()
    {
        _client.Run("PFADD k a b c");
        _client.Call("SETRANGE", "k", "16", "\u007f\u00ff\u007f\u00ff");
        foreach (string command in (string[])["PFCOUNT k", "PFCOUNT k none", "PFMERGE x k", "PFDEBUG TODENSE k", "PFDEBUG GETREG k"])
            Assert.Equal("-INVALIDOBJ Corrupted HLL object detected", _client.Run(command));
        Assert.Equal(":0", _client.Run("EXISTS x"));
    }

    [Fact]
    public void A_count_is_stored_and_counts_as_a_change_but_is_no_event()
    {
        _client.Run("PFADD k a b");
        Assert.Equal(3, _client.Dirty);
        Assert.Equal(["new k", "pfadd k"], _client.TakeEvents());
        _client.Run("PFCOUNT k");
        Assert.Equal(1, _client.Dirty);
        _client.Run("PFCOUNT k");
        Assert.Equal(0, _client.Dirty);
        Assert.Empty(_client.TakeEvents());
        _client.Run("PFMERGE k");
        Assert.Equal(["pfadd k"], _client.TakeEvents());
    }

    [ValkeyFact]
    public void The_stored_bytes_are_those_of_a_real_server()
    {
        var random = new Random(9);
        using var server = new ValkeyServer();
        for (int round = 0; round < 12; round++)
        {
            int most = random.Next(2) == 0 ? 3000 : random.Next(20, 600);
            server.Send("CONFIG", "SET", "hll-sparse-max-bytes", most.ToString(CultureInfo.InvariantCulture));
            _client.Services.Limits.SparseHyperLogLogBytes = most;
            for (int step = 0; step < 150; step++)
            {
                string key = $"{round}:{random.Next(3)}";
                string[] command = random.Next(12) switch
                {
                    0 => ["PFMERGE", key, $"{round}:{random.Next(3)}", $"{round}:{random.Next(3)}"],
                    1 => ["PFCOUNT", key],
                    2 => ["PFDEBUG", random.Next(8) == 0 ? "TODENSE" : "ENCODING", key],
                    _ => ["PFADD", key, .. Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(4000).ToString(CultureInfo.InvariantCulture))],
                };
                string expected = server.Send(command)[0], actual = _client.Call(command);
                Assert.Equal(expected, actual.TrimStart(':', '+'));
                if (server.Send("EXISTS", key)[0] == "1")
                    Assert.Equal(Hexadecimal(server.Send("GET", key)[0]), Hexadecimal(_client.Call("GETRANGE", key, "0", "-1")));
            }
        }
    }

    // Line ends within the reply were taken as such by the test client.
    private static string Hexadecimal(string text) => Convert.ToHexString(Encoding.Latin1.GetBytes(text)).Replace("0D0A", "20", StringComparison.Ordinal);
}
