using System.Text;

namespace Carnelian.Tests.Commands.Bitmaps;

/// <summary>
/// What the comparison with the real server does not show: operations that only Redis has, how values are held, events. Each line of a case
/// is a command and, behind an arrow, its reply.
/// </summary>
public sealed class BitmapCommandsTests : IDisposable
{
    private readonly DatabaseClient _client = new();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("SETBIT k 7 1 => :0", "GET k => \u0001", "SETBIT k 7 0 => :1", "GETBIT k 7 => :0", "GETBIT k 100 => :0", "GETBIT none 0 => :0", "BITCOUNT none => :0")]
    [InlineData("SET k 12 => +OK", "GETBIT k 2 => :1", "BITCOUNT k => :6", "SETBIT k 7 0 => :1", "GET k => 02", "OBJECT ENCODING k => raw")]
    [InlineData("SETBIT k 8388607 1 => :0", "STRLEN k => :1048576", "SETBIT k 8388608 1 => -ERR bit offset is not an integer or out of range")]
    [InlineData("SET k foobar => +OK", "BITCOUNT k 0 0 => :4", "BITCOUNT k 5 30 BIT => :17", "BITPOS k 1 => :1", "BITPOS k 0 => :0", "BITPOS k 1 1 1 => :9", "BITPOS k 1 100 => :-1")]
    [InlineData("BITFIELD k SET u8 0 255 => *1 :0", "BITPOS k 0 => :8", "BITPOS k 0 0 -1 => :-1", "BITPOS none 0 => :0", "BITPOS none 1 => :-1", "BITPOS k 2 => -ERR The bit argument must be 1 or 0.")]
    [InlineData("BITFIELD k INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1 => *2 :1 :1", "BITFIELD k OVERFLOW FAIL INCRBY u2 102 3 => *1 $-1", "BITFIELD k GET u2 102 GET i64 9000 => *2 :1 :0")]
    [InlineData("BITFIELD_RO k GET u8 0 => *1 :0", "EXISTS k => :0", "BITFIELD_RO k SET u8 0 1 => -ERR BITFIELD_RO only supports the GET subcommand", "BITFIELD k => *0")]
    public void Replies_and_effects(params string[] steps) => RunAll(steps);

    [Theory]
    [InlineData("SET a \u00f0 => +OK", "SET b \u00cc => +OK", "SET c \u00aa => +OK", "BITOP DIFF d a b c => :1", "GET d => \u0010", "BITOP DIFF1 d a b c => :1", "GET d => \u000e",
        "BITOP ANDOR d a b c => :1", "GET d => \u00e0", "BITOP ONE d a b c => :1", "GET d => \u0016", "BITOP one d a => :1", "GET d => \u00f0")]
    [InlineData("BITOP DIFF d a => -ERR BITOP DIFF must be called with at least two source keys.", "BITOP diff1 d a => -ERR BITOP DIFF1 must be called with at least two source keys.",
        "BITOP ANDOR d a => -ERR BITOP ANDOR must be called with at least two source keys.", "BITOP NOT d a b => -ERR BITOP NOT must be called with a single source key.", "BITOP NONE d a b => -ERR syntax error")]
    [InlineData("SET a abc => +OK", "BITOP DIFF d none a => :3", "GET d => \0\0\0", "BITOP DIFF1 d none a => :3", "GET d => abc", "BITOP DIFF d a none => :3", "GET d => abc", "BITOP ONE d a a => :3", "GET d => \0\0\0")]
    public void Operations_that_redis_has_set_the_first_source_apart(params string[] steps) => RunAll(steps);

    [Fact]
    public void A_target_may_be_one_of_the_sources()
    {
        foreach (int length in (int[])[1, 100, 4096, 4097, 70_000])
        {
            string a = new('\u00f0', length), b = new('\u00cc', length / 2);
            _client.Call("SET", "a", a);
            _client.Call("SET", "b", b);
            Assert.Equal($":{length}", _client.Run("BITOP XOR b a b"));
            Assert.Equal(new string('\u003c', length / 2) + new string('\u00f0', length - (length / 2)), _client.Run("GET b"));
            Assert.Equal($":{length}", _client.Run("BITOP XOR b a b"));
            Assert.Equal("raw", _client.Run("OBJECT ENCODING b"));
        }
    }

    [Fact]
    public void Many_sources_are_combined()
    {
        string[] keys = [.. Enumerable.Range(0, 100).Select(static i => $"k{i}")];
        for (int i = 0; i < keys.Length; i++)
            _client.Run($"SETBIT {keys[i]} {i} 1");
        Assert.Equal(":13", _client.Call(["BITOP", "OR", "d", .. keys]));
        Assert.Equal(":100", _client.Run("BITCOUNT d"));
        Assert.Equal(":13", _client.Call(["BITOP", "ONE", "d", "d", .. keys]));
        Assert.Equal(":0", _client.Run("BITCOUNT d"));
    }

    [Fact]
    public void A_shared_block_is_not_changed()
    {
        _client.Call("SET", "a", new string('a', 100_000));
        _client.Run("COPY a b");
        _client.Run("SETBIT b 0 1");
        Assert.Equal(":0", _client.Run("GETBIT a 0"));
        Assert.Equal(":1", _client.Run("GETBIT b 0"));
    }

    [Fact]
    public void Events_tell_of_changes_only()
    {
        _client.Run("SETBIT k 10 0");
        Assert.Equal(["new k", "setbit k"], _client.TakeEvents());
        _client.Run("SETBIT k 10 0");
        Assert.Empty(_client.TakeEvents());
        Assert.Equal(0, _client.Dirty);
        _client.Run("BITFIELD k SET u8 0 1 SET u8 8 1 SET u8 8 1");
        Assert.Equal(["setbit k"], _client.TakeEvents());
        Assert.Equal(2, _client.Dirty);
        _client.Run("BITOP NOT d k");
        Assert.Equal(["new d", "set d"], _client.TakeEvents());
        _client.Run("BITOP AND d none");
        Assert.Equal(["keymiss none", "del d"], _client.TakeEvents());
    }

    [Fact]
    public void A_range_of_a_string_of_any_size_is_counted_and_searched()
    {
        var random = new Random(3);
        var bytes = new byte[5000];
        random.NextBytes(bytes);
        _client.Call("SET", "k", Encoding.Latin1.GetString(bytes));
        for (int round = 0; round < 300; round++)
        {
            int start = random.Next(-6000, 6000), end = random.Next(-6000, 6000);
            int first = Math.Max(start < 0 ? start + 5000 : start, 0), last = Math.Min(end < 0 ? end + 5000 : end, 4999);
            int expected = 0;
            for (int i = first; i <= last; i++)
                expected += System.Numerics.BitOperations.PopCount(bytes[i]);
            if (start < 0 && end < 0 && start > end)
                expected = 0;
            if (end < -5000 && start <= -5000 && start <= end)
                expected = System.Numerics.BitOperations.PopCount(bytes[0]);
            Assert.Equal($"{start} {end} :{expected}", $"{start} {end} {_client.Run($"BITCOUNT k {start} {end}")}");
        }
    }

    private void RunAll(string[] steps)
    {
        foreach (string step in steps)
        {
            string[] halves = step.Split(" => ");
            Assert.Equal($"{halves[0]} => {halves[1]}", $"{halves[0]} => {_client.Run(halves[0])}");
        }
    }
}
