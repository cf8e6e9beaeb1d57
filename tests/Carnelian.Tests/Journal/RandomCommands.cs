namespace Carnelian.Tests.Journal;

/// <summary>
/// Commands of all families on few keys, so that clients get in each other's way: short lives, random choices, times, other databases. Keys of
/// another type than the command expects occur too.
/// </summary>
internal sealed class RandomCommands(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>The commands of one step: one, or a whole transaction.</summary>
    public IEnumerable<string> Next()
    {
        if (_random.Next(12) != 0)
            return [Command()];
        var commands = new List<string> { "MULTI" };
        for (int i = _random.Next(4); i >= 0; i--)
            commands.Add(_random.Next(8) == 0 ? $"SELECT {_random.Next(2)}" : Command());
        commands.Add("EXEC");
        return commands;
    }

    private string Command() => _random.Next(60) switch
    {
        0 => $"SET {Key('s')} {Word()}",
        1 => $"SET {Key('s')} {Word()} PX {Short()}",
        2 => $"SET {Key('s')} {Word()} EX 1000 GET",
        3 => $"SETEX {Key('s')} 1000 {Word()}",
        4 => $"APPEND {Key('s')} {Word()}",
        5 => $"INCRBY {Key('c')} {_random.Next(9)}",
        6 => $"INCRBYFLOAT {Key('f')} 0.1",
        7 => $"GETEX {Key('s')} PX {Short()}",
        8 => $"GETEX {Key('s')} PERSIST",
        9 => $"GETDEL {Key('s')}",
        10 => $"GETSET {Key('s')} {Word()}",
        11 => $"MSET {Key('s')} {Word()} {Key('s')} {Word()}",
        12 => $"MSETEX 2 {Key('s')} {Word()} {Key('s')} {Word()} PX {Short()}",
        13 => $"PEXPIRE {Any()} {Short()}",
        14 => $"EXPIRE {Any()} 1000 NX",
        15 => $"DEL {Any()} {Any()}",
        16 => $"RENAME {Any()} {Any()}",
        17 => $"COPY {Any()} {Any()} REPLACE",
        18 => $"COPY {Any()} {Any()} DB 1 REPLACE",
        19 => $"MOVE {Any()} 1",
        20 when _random.Next(10) == 0 => "SWAPDB 0 1",
        21 when _random.Next(40) == 0 => "FLUSHDB",
        22 => $"SORT {Key('l')} ALPHA STORE {Key('l')}",
        23 or 24 => $"RPUSH {Key('l')} {Word()} {Word()}",
        25 => $"LPOP {Key('l')} 2",
        26 => $"LMOVE {Key('l')} {Key('l')} LEFT RIGHT",
        27 => $"BLMOVE {Key('l')} {Key('l')} RIGHT LEFT 0.002",
        28 => $"BLPOP {Key('l')} {Key('l')} 0.002",
        29 => $"LMPOP 2 {Key('l')} {Key('l')} RIGHT COUNT 3",
        30 => $"LREM {Key('l')} 1 {Word()}",
        31 or 32 => $"SADD {Key('t')} {Word()} {Word()} {_random.Next(50)}",
        33 => $"SPOP {Key('t')}",
        34 => $"SPOP {Key('t')} {_random.Next(5)}",
        35 => $"SMOVE {Key('t')} {Key('t')} {Word()}",
        36 => $"SUNIONSTORE {Key('t')} {Key('t')} {Key('t')}",
        37 or 38 => $"ZADD {Key('z')} {_random.Next(20)} {Word()} {_random.Next(20)} {Word()}",
        39 => $"ZINCRBY {Key('z')} 0.3 {Word()}",
        40 => $"ZPOPMIN {Key('z')}",
        41 => $"BZMPOP 0.002 2 {Key('z')} {Key('z')} MAX COUNT 2",
        42 => $"ZUNIONSTORE {Key('z')} 2 {Key('z')} {Key('z')}",
        43 or 44 => $"HSET {Key('h')} {Field()} {Word()} {Field()} {_random.Next(100)}",
        45 => $"HSETEX {Key('h')} PX {Short()} FIELDS 1 {Field()} {Word()}",
        46 => $"HINCRBYFLOAT {Key('h')} n 0.1",
        47 => $"HPEXPIRE {Key('h')} {Short()} FIELDS 2 {Field()} {Field()}",
        48 => $"HGETDEL {Key('h')} FIELDS 1 {Field()}",
        49 when _random.Next(2) == 0 => $"HPERSIST {Key('h')} FIELDS 2 {Field()} {Field()}",
        49 => $"HGETEX {Key('h')} EX 1000 FIELDS 1 {Field()}",
        50 or 51 => $"XADD {Key('x')} MAXLEN ~ {_random.Next(8)} * f {Word()}",
        52 => $"XGROUP CREATE {Key('x')} g 0 MKSTREAM",
        53 => $"XREADGROUP GROUP g c{_random.Next(2)} COUNT 2 STREAMS {Key('x')} >",
        54 => $"XAUTOCLAIM {Key('x')} g c{_random.Next(2)} 0 0 COUNT 2",
        55 => $"XTRIM {Key('x')} MAXLEN {_random.Next(8)}",
        56 => $"GEOADD {Key('z')} {_random.Next(170)} {_random.Next(80)} {Word()}",
        57 => $"PFADD {Key('p')} {Word()}",
        58 => $"BITOP XOR {Key('s')} {Key('s')} {Key('s')}",
        _ => _random.Next(2) == 0 ? "SCAN 0 COUNT 100" : "RANDOMKEY",
    };

    private string Key(char type) => $"{type}{_random.Next(5)}";

    private string Any() => Key("scfltzhxp"[_random.Next(9)]);

    private string Word() => $"w{_random.Next(30)}";

    private string Field() => $"f{_random.Next(8)}";

    private int Short() => 1 + _random.Next(20);
}
