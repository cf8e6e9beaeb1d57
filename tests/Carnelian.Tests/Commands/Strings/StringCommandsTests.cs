namespace Carnelian.Tests.Commands.Strings;

/// <summary>Replies and effects of the commands on strings. Each line of a case is a command and, behind an arrow, its reply.</summary>
public sealed class StringCommandsTests : IDisposable
{
    private readonly DatabaseClient _client = new();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("SET k v => +OK", "GET k => v", "GET none => $-1")]
    [InlineData("SET k 1 => +OK", "SET k 2 NX => $-1", "SET k 3 XX => +OK", "GET k => 3", "SET none 1 XX => $-1")]
    [InlineData("SET k 1 GET => $-1", "SET k 2 GET => 1", "SET k 3 NX GET => 2", "GET k => 2")]
    [InlineData("SET k a => +OK", "SET k b IFEQ x => $-1", "SET k b IFEQ a => +OK", "SET k c IFEQ x GET => b", "SET none x IFEQ y => $-1")]
    [InlineData("SET k a => +OK", "SET k b IFNE a => $-1", "SET k b IFNE x => +OK", "SET none x IFNE y => +OK")]
    [InlineData("SET k v EX 10 => +OK", "TTL k => :10", "SET k w KEEPTTL => +OK", "TTL k => :10", "SET k w => +OK", "TTL k => :-1")]
    [InlineData("SET k v EX 0 => -ERR invalid expire time in 'set' command", "SET k v EX x => -ERR value is not an integer or out of range")]
    [InlineData("SET k v NX XX => -ERR syntax error", "SET k v EX => -ERR syntax error", "SET k v KEEPTTL EX 1 => -ERR syntax error")]
    [InlineData("SET k v => +OK", "SET k w PXAT 1 => +OK", "EXISTS k => :0")]
    [InlineData("SETEX k 10 v => +OK", "TTL k => :10", "PSETEX k 1500 v => +OK", "PTTL k => :1500", "SETEX k 0 v => -ERR invalid expire time in 'setex' command")]
    [InlineData("SETNX k 1 => :1", "SETNX k 2 => :0", "GETSET k 3 => 1", "GETSET none 1 => $-1", "GETDEL k => 3", "GETDEL k => $-1")]
    [InlineData("SET k v => +OK", "GETEX k EX 100 => v", "TTL k => :100", "GETEX k PERSIST => v", "TTL k => :-1", "GETEX k EXAT 1 => v", "EXISTS k => :0")]
    [InlineData("GETEX none EX 10 => $-1", "GETEX k EX 10 PERSIST => -ERR syntax error", "GETEX k KEEPTTL => -ERR syntax error")]
    [InlineData("MSET a 1 b 2 => +OK", "MGET a b c => *3 1 2 $-1", "MSET a 1 b => -ERR wrong number of arguments for 'mset' command")]
    [InlineData("MSETNX a 1 b 2 => :1", "MSETNX b 3 c 4 => :0", "MGET a b c => *3 1 2 $-1")]
    [InlineData("MSETEX 2 a 1 b 2 EX 10 => :1", "TTL b => :10", "MSETEX 1 a 2 NX => :0", "MSETEX 1 c 2 XX => :0", "MSETEX 2 a 1 => -ERR syntax error", "MSETEX 0 a 1 => -ERR invalid numkeys value or out of range")]
    [InlineData("APPEND k ab => :2", "APPEND k cd => :4", "GET k => abcd", "STRLEN k => :4", "STRLEN none => :0")]
    [InlineData("SETRANGE k 2 xy => :4", "GETRANGE k 2 -1 => xy", "SETRANGE k 0 ab => :4", "GET k => abxy", "SETRANGE none 5 '' => :0", "EXISTS none => :0", "SETRANGE k -1 x => -ERR offset is out of range")]
    [InlineData("SET k abcdef => +OK", "GETRANGE k 0 2 => abc", "GETRANGE k -3 -1 => def", "GETRANGE k 4 2 => ", "SUBSTR k 1 100 => bcdef", "GETRANGE none 0 1 => ")]
    [InlineData("SETRANGE k 1048576 x => -ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    [InlineData("INCR k => :1", "INCRBY k 41 => :42", "DECR k => :41", "DECRBY k 50 => :-9", "INCRBY k x => -ERR value is not an integer or out of range")]
    [InlineData("SET k 9223372036854775807 => +OK", "INCR k => -ERR increment or decrement would overflow", "DECRBY k -9223372036854775808 => -ERR decrement would overflow")]
    [InlineData("SET k abc => +OK", "INCR k => -ERR value is not an integer or out of range", "INCRBYFLOAT k 1 => -ERR value is not a valid float")]
    [InlineData("INCRBYFLOAT k 1.5 => 1.5", "INCRBYFLOAT k 1.5 => 3", "INCRBYFLOAT k -0.1 => 2.9", "INCRBYFLOAT k x => -ERR value is not a valid float")]
    [InlineData("SET a ohmytext => +OK", "SET b mynewtext => +OK", "LCS a b => mytext", "LCS a b LEN => :6", "LCS a b LEN IDX => -ERR If you want both the length and indexes, please just use IDX.")]
    [InlineData("SET k v => +OK", "DELIFEQ k x => :0", "DELIFEQ k v => :1", "DELIFEQ k v => :0")]
    [InlineData("SET k v => +OK", "DELEX k IFEQ x => :0", "DELEX k IFNE x => :1", "DELEX k => :0", "DELEX k IFEQ => -ERR wrong number of arguments for 'delex' command")]
    public void Replies_and_effects(params string[] steps) => RunAll(steps);

    [Theory]
    [InlineData("INCREX k => *2 :1 :1", "INCREX k BYINT 5 => *2 :6 :5", "INCREX k BYFLOAT 0.5 => *2 6.5 0.5", "INCREX k => -ERR value is not an integer or out of range")]
    [InlineData("INCREX k NX => *2 :1 :1", "INCREX k NX => *2 :1 :0", "INCREX none XX => *2 :0 :0", "INCREX none XX BYFLOAT 1.5 => *2 0 0", "EXISTS none => :0")]
    [InlineData("SET k 10 => +OK", "INCREX k BYINT 5 UBOUND 12 => *2 :10 :0", "INCREX k BYINT 5 UBOUND 12 SATURATE => *2 :12 :2", "INCREX k BYINT -9 LBOUND 8 SATURATE => *2 :8 :-4")]
    [InlineData("SET k 10 => +OK", "INCREX k BYINT 5 UBOUND 5 SATURATE => *2 :5 :-5", "INCREX k BYINT 5 LBOUND 20 => *2 :5 :0", "INCREX k BYINT 5 LBOUND 20 SATURATE => *2 :20 :15")]
    [InlineData("SET k 9223372036854775800 => +OK", "INCREX k BYINT 10 => *2 :9223372036854775800 :0", "INCREX k BYINT 10 SATURATE => *2 :9223372036854775807 :7", "INCREX k BYINT -5 UBOUND -9223372036854775808 SATURATE => -ERR applied increment would overflow")]
    [InlineData("INCREX k UBOUND 0 => *2 :0 :0", "EXISTS k => :0", "INCREX k UBOUND 0 SATURATE => *2 :0 :0", "EXISTS k => :1")]
    [InlineData("SET k 10 => +OK", "INCREX k BYFLOAT 5.5 UBOUND 12.5 => *2 10 0", "INCREX k BYFLOAT 5.5 UBOUND 12.5 SATURATE => *2 12.5 2.5", "INCREX k BYFLOAT 1 LBOUND inf UBOUND inf => *2 12.5 0", "INCREX k BYFLOAT 1 LBOUND -inf UBOUND -inf SATURATE => -ERR applied increment would be Infinity")]
    [InlineData("INCREX k BYFLOAT 1 LBOUND inf => -ERR LBOUND can't be greater than UBOUND", "INCREX k LBOUND 2 UBOUND 1 => -ERR LBOUND can't be greater than UBOUND", "INCREX k BYFLOAT 1 UBOUND inf => *2 1 1")]
    [InlineData("INCREX k BYINT 1.5 => -ERR Increment is not an integer or out of range", "INCREX k BYFLOAT x => -ERR Increment is not a valid float", "INCREX k LBOUND 1.5 => -ERR LBOUND is not an integer or out of range", "INCREX k BYFLOAT 1 UBOUND x => -ERR UBOUND is not a valid float")]
    [InlineData("INCREX k BYINT 1 BYFLOAT 1 => -ERR syntax error", "INCREX k EX 1 EX 2 => -ERR syntax error", "INCREX k PERSIST ENX => -ERR syntax error", "INCREX k NX XX => -ERR syntax error", "INCREX k SATURATE SATURATE => -ERR syntax error", "INCREX k BYINT => -ERR syntax error", "INCREX k ENX => -ERR ENX flag requires an expiration")]
    [InlineData("SET k 1 EX 500 => +OK", "INCREX k => *2 :2 :1", "TTL k => :500", "INCREX k EX 100 ENX => *2 :3 :1", "TTL k => :500", "INCREX k EX 100 => *2 :4 :1", "TTL k => :100", "INCREX k UBOUND 4 PERSIST => *2 :4 :0", "TTL k => :100", "INCREX k PERSIST => *2 :5 :1", "TTL k => :-1", "INCREX k EX 100 ENX => *2 :6 :1", "TTL k => :100")]
    [InlineData("SET k 1 => +OK", "INCREX k EXAT 1 => *2 :2 :1", "EXISTS k => :0", "INCREX k EXAT 1 => *2 :1 :1", "EXISTS k => :0", "INCREX k EX 0 => -ERR invalid expire time in 'increx' command")]
    [InlineData("SET k inf => +OK", "INCREX k BYFLOAT 1 => -ERR value cannot be Infinity", "INCREX k BYFLOAT -inf => -ERR BYFLOAT increment cannot be Infinity", "INCREX k BYINT 1 => -ERR value is not an integer or out of range")]
    public void Increx_keeps_to_bounds_and_conditions(params string[] steps) => RunAll(steps);

    [Fact]
    public void Increx_writes_floats_as_doubles_in_resp3()
    {
        _client.Resp = 3;
        Assert.Equal("*2 ,2.5 ,2.5", _client.Run("INCREX k BYFLOAT 2.5"));
        Assert.Equal("*2 ,2.5 ,0", _client.Run("INCREX k BYFLOAT 1 UBOUND 3"));
    }

    [Fact]
    public void A_digest_can_be_compared_with()
    {
        _client.Run("SET k hello");
        string digest = _client.Run("DIGEST k");
        Assert.Equal(16, digest.Length);
        RunAll([
            $"SET k x IFDNE {digest} => $-1", $"SET k world IFDEQ {digest.ToUpperInvariant()} => +OK", "GET k => world",
            $"DELEX k IFDEQ {digest} => :0", $"DELEX k IFDNE {digest} => :1", "DIGEST k => $-1",
            "SET k v => +OK", "DELEX k IFDEQ 12 => -ERR must be exactly 16 hexadecimal characters"]);
    }

    [Fact]
    public void A_value_of_the_limit_is_allowed_and_one_byte_more_is_not()
    {
        _client.Call("SET", "k", new string('x', (1 << 20) - 1));
        Assert.Equal(":1048576", _client.Run("APPEND k y"));
        Assert.Equal("-ERR string exceeds maximum allowed size (proto-max-bulk-len)", _client.Run("APPEND k z"));
    }

    [Fact]
    public void A_failed_command_counts_no_change()
    {
        foreach (string line in (string[])["SET k v XX", "INCREX k UBOUND 0", "DELEX k", "GETDEL k", "MSETEX 1 k v XX", "SETRANGE k 0 ''"])
        {
            _client.Run(line);
            Assert.Equal(0, _client.Dirty);
        }
        _client.Run("MSET a 1 b 2");
        Assert.Equal(2, _client.Dirty);
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
