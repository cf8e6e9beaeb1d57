namespace Carnelian.Tests.Commands.Streams;

/// <summary>
/// Replies and effects of what the commands on streams have beyond Valkey; for the rest there is the real server to compare with. Each line of a case
/// is a command and, behind an arrow, its reply.
/// </summary>
public sealed class StreamCommandsTests : IDisposable
{
    private readonly DatabaseClient _client = new();

    public StreamCommandsTests()
    {
        _client.Services.Limits.StreamNodeEntries = 3;
        _client.Services.Limits.StreamNodeBytes = 4096;
        for (int i = 1; i <= 5; i++)
            _client.Run($"XADD k {i}-0 f {i}");
        _client.Run("XGROUP CREATE k g 0");
    }

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("XDELEX none IDS 2 1-1 2-1 => *2 :-1 :-1", "XDELEX k IDS 2 1-0 9-0 => *2 :1 :-1", "XLEN k => :4")]
    [InlineData("XREADGROUP GROUP g c COUNT 1 STREAMS k > => *1 *2 k *1 *2 1-0 *2 f 1", "XDELEX k KEEPREF IDS 1 1-0 => *1 :1", "XPENDING k g - + 9 => *1 *4 1-0 c :0 :1")]
    [InlineData("XREADGROUP GROUP g c COUNT 1 STREAMS k > => *1 *2 k *1 *2 1-0 *2 f 1", "XDELEX k DELREF IDS 1 1-0 => *1 :1", "XPENDING k g - + 9 => *0", "XDELEX k DELREF IDS 1 1-0 => *1 :-1")]
    [InlineData("XREADGROUP GROUP g c COUNT 1 STREAMS k > => *1 *2 k *1 *2 1-0 *2 f 1", "XDELEX k ACKED IDS 2 1-0 2-0 => *2 :2 :2", "XACK k g 1-0 => :1", "XDELEX k IDS 1 1-0 ACKED => *1 :1", "XLEN k => :4")]
    [InlineData("XGROUP DESTROY k g => :1", "XDELEX k ACKED IDS 1 1-0 => *1 :2", "XDELEX k DELREF IDS 1 1-0 => *1 :1")]
    [InlineData("XDELEX k IDS 0 1 => -ERR Number of IDs must be a positive integer", "XDELEX k IDS 2 1-0 => -ERR The `numids` parameter must match the number of arguments")]
    [InlineData("XDELEX k IDS 1 x => -ERR Invalid stream ID specified as stream command argument", "XDELEX k KEEPREF ACKED IDS 1 1 => -ERR syntax error", "XDELEX k IDS 1 1 2 => -ERR syntax error", "XDELEX k ACKED DELREF 1 => -ERR syntax error")]
    public void Entries_are_deleted_as_their_references_allow(params string[] steps) => RunAll(steps);

    [Theory]
    [InlineData("XACKDEL k none IDS 1 1-0 => *1 :-1", "XACKDEL none g IDS 1 1-0 => *1 :-1", "XACKDEL k g IDS 2 1-0 4-0 => *2 :1 :-1", "XLEN k => :4", "XPENDING k g - + 9 => *1 *4 2-0 c :0 :1")]
    [InlineData("XGROUP CREATE k h 0 => +OK", "XACKDEL k g ACKED IDS 1 1-0 => *1 :2", "XLEN k => :5", "XPENDING k g - + 9 => *1 *4 2-0 c :0 :1", "XACKDEL k g DELREF IDS 1 2-0 => *1 :1", "XLEN k => :4")]
    [InlineData("XDEL k 1-0 => :1", "XACKDEL k g IDS 1 1-0 => *1 :1", "XPENDING k g - + 9 => *1 *4 2-0 c :0 :1")]
    public void Entries_are_acknowledged_and_deleted_at_once(params string[] steps)
    {
        Assert.Equal("*1 *2 k *2 *2 1-0 *2 f 1 *2 2-0 *2 f 2", _client.Run("XREADGROUP GROUP g c COUNT 2 STREAMS k >"));
        RunAll(steps);
    }

    [Theory]
    [InlineData("XNACK k g FAIL IDS 2 1-0 9-0 => :1", "XPENDING k g - + 9 => *2 *4 1-0  :-1 :1 *4 2-0 c :0 :1", "XREADGROUP GROUP g c STREAMS k 0 => *1 *2 k *1 *2 2-0 *2 f 2")]
    [InlineData("XNACK k g SILENT IDS 1 1-0 => :1", "XNACK k g SILENT IDS 1 1-0 => :1", "XPENDING k g - + 1 => *1 *4 1-0  :-1 :0")]
    [InlineData("XNACK k g FATAL IDS 1 1-0 => :1", "XCLAIM k g d 0 1-0 => *1 *2 1-0 *2 f 1", "XPENDING k g - + 1 => *1 *4 1-0 d :0 :9223372036854775807")]
    [InlineData("XNACK k g FAIL IDS 1 3-0 => :0", "XNACK k g FAIL IDS 2 3-0 9-0 FORCE => :1", "XNACK k g FAIL IDS 1 1-0 RETRYCOUNT 5 => :1", "XPENDING k g => *4 :3 1-0 3-0 *1 *2 c 1", "XPENDING k g - + 9 => *3 *4 1-0  :-1 :5 *4 2-0 c :0 :1 *4 3-0  :-1 :0")]
    [InlineData("XNACK k g FAIL IDS 1 1-0 => :1", "XAUTOCLAIM k g d 100000 0 JUSTID => *3 0-0 *1 1-0 *0", "XGROUP DELCONSUMER k g d => :1", "XPENDING k g - + 9 => *1 *4 2-0 c :0 :1")]
    [InlineData("XNACK k g LATER IDS 1 1-0 => -ERR mode must be SILENT, FAIL, or FATAL", "XNACK k none FAIL IDS 1 1-0 => -NOGROUP No such key 'k' or consumer group 'none'", "XNACK k g FAIL IDS 1 1-0 RETRYCOUNT -1 => -ERR Invalid RETRYCOUNT value, must be >= 0")]
    [InlineData("XNACK k g FAIL FORCE RETRYCOUNT 5 => -ERR syntax error, expected IDS keyword", "XNACK k g FAIL IDS 0 1-0 => -ERR numids must be a positive integer", "XNACK k g FAIL IDS 2 1-0 => -ERR number of IDs doesn't match numids")]
    [InlineData("XNACK k g FAIL IDS 1 1-0 2-0 => -ERR Unrecognized XNACK option '2-0'", "XNACK k g FAIL FATAL IDS 1 1-0 => -ERR Unrecognized XNACK option 'FATAL'", "XNACK k g FAIL IDS 1 1-0 RETRYCOUNT => -ERR Unrecognized XNACK option 'RETRYCOUNT'")]
    public void Entries_are_given_back_to_the_group(params string[] steps)
    {
        Assert.Equal("*1 *2 k *2 *2 1-0 *2 f 1 *2 2-0 *2 f 2", _client.Run("XREADGROUP GROUP g c COUNT 2 STREAMS k >"));
        RunAll(steps);
    }

    [Fact]
    public void Claiming_takes_released_entries_first_then_those_delivered_longest_ago()
    {
        _client.Run("XREADGROUP GROUP g a COUNT 1 STREAMS k >");
        _client.Now += 100;
        _client.Run("XREADGROUP GROUP g a COUNT 2 STREAMS k >");
        _client.Run("XNACK k g FAIL IDS 1 3-0");
        _client.Now += 50;
        Assert.Equal("*1 *2 k *2 *4 3-0 *2 f 3 :1800000000150 :1 *4 1-0 *2 f 1 :150 :1", _client.Run("XREADGROUP GROUP g b COUNT 2 CLAIM 50 STREAMS k >"));
        Assert.Equal("*1 *2 k *3 *4 2-0 *2 f 2 :50 :1 *4 4-0 *2 f 4 :0 :0 *4 5-0 *2 f 5 :0 :0", _client.Run("XREADGROUP GROUP g b CLAIM 50 STREAMS k >"));
        Assert.Equal("*-1", _client.Run("XREADGROUP GROUP g a CLAIM 50 STREAMS k >"));
        Assert.Equal("*4 :5 1-0 5-0 *1 *2 b 5", _client.Run("XPENDING k g"));
        _client.Run("XDEL k 1-0");
        Assert.Equal("*1 *2 k *4 *4 2-0 *2 f 2 :0 :2 *4 3-0 *2 f 3 :0 :2 *4 4-0 *2 f 4 :0 :1 *4 5-0 *2 f 5 :0 :1", _client.Run("XREADGROUP GROUP g a CLAIM 0 STREAMS k >"));
        Assert.Equal("*4 :4 2-0 5-0 *1 *2 a 4", _client.Run("XPENDING k g"));
    }

    [Theory]
    [InlineData("XREAD MAXCOUNT 2 STREAMS k l 3 0 => *1 *2 k *2 *2 4-0 *2 f 4 *2 5-0 *2 f 5", "XREAD COUNT 1 MAXCOUNT 2 STREAMS k l 3 0 => *2 *2 k *1 *2 4-0 *2 f 4 *2 l *1 *2 1-1 *2 g 1")]
    [InlineData("XREAD MAXSIZE 1 STREAMS k l 0 0 => *1 *2 k *1 *2 1-0 *2 f 1", "XREAD MAXCOUNT 0 STREAMS k 0 => -ERR MAXCOUNT must be a positive integer", "XREAD COUNT 3 MAXCOUNT 2 STREAMS k 0 => -ERR MAXCOUNT must be greater than or equal to COUNT")]
    [InlineData("XREADGROUP GROUP g c MAXCOUNT 2 STREAMS k > => *1 *2 k *2 *2 1-0 *2 f 1 *2 2-0 *2 f 2", "XREADGROUP GROUP g c MAXSIZE 5 STREAMS k > => *1 *2 k *1 *2 3-0 *2 f 3", "XREADGROUP GROUP g c MAXSIZE 5 STREAMS k 0 => *1 *2 k *1 *2 1-0 *2 f 1", "XPENDING k g => *4 :3 1-0 3-0 *1 *2 c 3")]
    public void A_read_keeps_to_its_budget(params string[] steps)
    {
        _client.Run("XADD l 1-1 g 1");
        RunAll(steps);
    }

    [Theory]
    [InlineData("XADD n IDMP p m1 * f v => 1800000000000-0", "XADD n IDMP p m1 * f other => 1800000000000-0", "XADD n IDMP q m1 * f v => 1800000000000-1", "XADD n IDMP p m2 * f v => 1800000000000-2", "XLEN n => :3")]
    [InlineData("XADD n IDMPAUTO p * f v => 1800000000000-0", "XADD n IDMPAUTO p * f v => 1800000000000-0", "XADD n IDMPAUTO p * fv '' => 1800000000000-1", "XLEN n => :2")]
    [InlineData("XADD n IDMPAUTO p * f 1 g 2 => 1800000000000-0", "XADD n IDMPAUTO p * g 2 f 1 => 1800000000000-0", "XADD n IDMPAUTO p * f 2 g 1 => 1800000000000-1", "XADD n IDMPAUTO p * f 1 g 2 f 1 g 2 => 1800000000000-2")]
    [InlineData("XADD n IDMP p m 1-1 f v => -ERR IDMP/IDMPAUTO can be used only with auto-generated IDs", "XADD n IDMP '' m * f v => -ERR IDMP requires a non-empty producer ID", "XADD n IDMP p '' * f v => -ERR IDMP requires a non-empty idempotent ID", "XADD n NOMKSTREAM IDMP p m * f v => $-1")]
    [InlineData("XADD n IDMPAUTO '' * f v => -ERR IDMPAUTO requires a non-empty producer ID", "XADD n IDMPAUTO p IDMP p m * f v => -ERR IDMP/IDMPAUTO specified multiple times")]
    [InlineData("XCFGSET none IDMP-DURATION 5 => -ERR no such key", "XCFGSET k IDMP-DURATION 0 => -ERR IDMP-DURATION must be between 1 and 86400 seconds", "XCFGSET k IDMP-MAXSIZE 10001 => -ERR IDMP-MAXSIZE must be between 1 and 10000 entries", "XCFGSET k IDMP-MAXSIZE 1.5 => -ERR value is not an integer or out of range", "XCFGSET k => -ERR At least one parameter must be specified", "XCFGSET k X 1 => -ERR syntax error")]
    [InlineData("XADD k IDMP p m * f v => 1800000000000-0", "XCFGSET k IDMP-DURATION 100 IDMP-MAXSIZE 100 => +OK", "XADD k IDMP p m * f v => 1800000000000-0", "XCFGSET k IDMP-MAXSIZE 99 => +OK", "XADD k IDMP p m * f v => 1800000000000-1")]
    [InlineData("XCFGSET k IDMP-MAXSIZE 1 => +OK", "XADD k IDMP p m1 * f v => 1800000000000-0", "XADD k IDMP p m2 * f v => 1800000000000-1", "XADD k IDMP p m1 * f v => 1800000000000-2", "XCFGSET k IDMP-DURATION 9 => +OK", "XADD k IDMP p m1 * f v => 1800000000000-3")]
    [InlineData("XIDMPRECORD k p m 2-0 => +OK", "XIDMPRECORD k p m 2-0 => +OK", "XIDMPRECORD k p m 3-0 => -ERR idempotent ID already maps to a different stream entry", "XADD k IDMP p m * f v => 2-0", "XIDMPRECORD k p n 9-9 => -ERR no such stream entry", "XIDMPRECORD none p m 1-0 => -ERR no such key")]
    public void A_message_of_a_producer_is_added_once(params string[] steps) => RunAll(steps);

    [Fact]
    public void A_message_is_forgotten_in_time_and_counted_meanwhile()
    {
        _client.Services.Limits.IdempotencySeconds = 2;
        _client.Services.Limits.IdempotencyIds = 5;
        _client.Run("XADD n IDMP p m * f v");
        _client.Now += 1999;
        Assert.Equal("1800000000000-0", _client.Run("XADD n IDMP p m * f v"));
        Assert.Contains("idmp-duration :2 idmp-maxsize :5 pids-tracked :1 iids-tracked :1 iids-added :1 iids-duplicates :1", _client.Run("XINFO STREAM n"), StringComparison.Ordinal);
        _client.Now += 1;
        Assert.Contains("pids-tracked :0 iids-tracked :0 iids-added :1 iids-duplicates :1", _client.Run("XINFO STREAM n"), StringComparison.Ordinal);
        Assert.Equal("1800000002000-0", _client.Run("XADD n IDMP p m * f v"));
    }

    [Theory]
    [InlineData("XREADGROUP GROUP g c COUNT 2 STREAMS k > => *1 *2 k *2 *2 1-0 *2 f 1 *2 2-0 *2 f 2", "XTRIM k MAXLEN 0 ACKED => :0", "XACK k g 1-0 => :1", "XTRIM k MAXLEN 0 ACKED => :1", "XTRIM k DELREF MAXLEN 2 => :2", "XPENDING k g - + 9 => *0")]
    [InlineData("XREADGROUP GROUP g c COUNT 2 STREAMS k > => *1 *2 k *2 *2 1-0 *2 f 1 *2 2-0 *2 f 2", "XADD k MAXLEN 1 DELREF 9-9 f v => 9-9", "XPENDING k g - + 9 => *0", "XADD k KEEPREF MAXLEN = 0 9-10 f v => 9-10", "XLEN k => :0", "XTRIM k MAXLEN 0 ACKED DELREF => -ERR syntax error")]
    public void Trimming_minds_references(params string[] steps) => RunAll(steps);

    private void RunAll(string[] steps)
    {
        foreach (string step in steps)
        {
            string[] halves = step.Split(" => ");
            Assert.Equal($"{halves[0]} => {halves[1]}", $"{halves[0]} => {_client.Run(halves[0])}");
        }
    }
}
