using Carnelian.Oracle.Differential;
using Carnelian.Testing;

namespace Carnelian.Oracle.Channels;

/// <summary>
/// Random scripts for several connections about all that one client hears of what another does: channels, keyspace events, invalidations, watched
/// keys, pauses, monitors.
/// </summary>
/// <remarks>
/// "@N" stands for the number of connection N, which is the same on both servers, "%N" for its address. Left out is what has no order or no fixed answer: UNSUBSCRIBE without names, commands that
/// draw by chance, times, pauses that end by themselves. SWAPDB is left out too: Carnelian tells caches of it, Valkey does not; and so are wrong event
/// classes, after which Valkey forgets some of those that it had.
/// </remarks>
internal sealed class ChannelSteps(int connections)
{
    private static readonly string[] Keys = ["a", "b", "c", "user:1", "user:2", "u"];
    private static readonly string[] Names = ["news", "sport", "a.b"];
    private static readonly string[] Patterns = ["n*", "*", "a.?", "__key*__:*", "__keyspace@0__:a", "__keyevent@?__:del"];

    private static readonly (int Weight, string[] Forms)[] Groups =
    [
        (10, ["SUBSCRIBE CH", "SUBSCRIBE CH CH", "PSUBSCRIBE PAT", "SSUBSCRIBE CH", "UNSUBSCRIBE CH", "PUNSUBSCRIBE PAT", "SUNSUBSCRIBE CH", "SUBSCRIBE __redis__:invalidate",
            "SUBSCRIBE __keyevent@0__:set", "PSUBSCRIBE __keyspace@*__:*"]),
        (10, ["PUBLISH CH N", "PUBLISH CH N", "SPUBLISH CH N", "PUBSUB NUMSUB CH CH", "PUBSUB NUMPAT", "PUBSUB SHARDNUMSUB CH"]),
        (30, ["SET K N", "SET K N", "GET K", "GET K", "MGET K K", "MSET K N K N", "DEL K", "DEL K K", "UNLINK K", "INCR K", "APPEND K N", "SETRANGE K 1 N", "GETDEL K", "GETEX K PERSIST",
            "GETSET K N", "SETNX K N", "MSETNX K N K N", "EXISTS K K", "STRLEN K", "TYPE K", "TOUCH K"]),
        (14, ["RPUSH l:K N N", "LPOP l:K", "LPUSH l:K N", "LMOVE l:K l:K LEFT RIGHT", "LTRIM l:K 0 1", "LRANGE l:K 0 1", "HSET h:K f N", "HSET h:K f N g N", "HDEL h:K f", "HINCRBY h:K g 2",
            "HGET h:K f", "HEXPIRE h:K 1000 FIELDS 1 f", "HPERSIST h:K FIELDS 1 f", "SADD s:K N N", "SREM s:K N", "SMOVE s:K s:K N", "SINTERSTORE s:K s:K s:K", "SCARD s:K", "ZADD z:K 1 N", "ZREM z:K N",
            "ZINCRBY z:K 1 N", "ZUNIONSTORE z:K 2 z:K z:K", "ZRANGE z:K 0 1", "ZPOPMIN z:K", "XADD x:K 1-* f N", "XTRIM x:K MAXLEN 1", "XLEN x:K", "SETBIT K 3 1", "PFADD p:K N", "GEOADD g:K 1 1 N",
            "SORT l:K BY nosort STORE l:K"]),
        (8, ["EXPIRE K 1000", "PERSIST K", "PEXPIRE K -1", "RENAME K K", "RENAMENX K K", "COPY K K REPLACE", "MOVE K 1", "SELECT 1", "SELECT 0", "SELECT 0"]),
        (2, ["FLUSHDB", "FLUSHALL", "FLUSHALL ASYNC", "FLUSHDB SYNC"]),
        (12, ["MULTI", "MULTI", "EXEC", "EXEC", "EXEC", "DISCARD", "WATCH K", "WATCH K K", "UNWATCH"]),
        (16, ["CLIENT TRACKING ON", "CLIENT TRACKING ON", "CLIENT TRACKING ON NOLOOP", "CLIENT TRACKING ON OPTIN", "CLIENT TRACKING ON OPTOUT", "CLIENT TRACKING ON BCAST", "CLIENT TRACKING ON BCAST PREFIX user:",
            "CLIENT TRACKING ON BCAST PREFIX a PREFIX l: NOLOOP", "CLIENT TRACKING ON REDIRECT @C", "CLIENT TRACKING ON REDIRECT @C", "CLIENT TRACKING ON BCAST REDIRECT @C", "CLIENT TRACKING ON REDIRECT 999999",
            "CLIENT TRACKING OFF", "CLIENT TRACKING OFF", "CLIENT CACHING YES", "CLIENT CACHING NO", "CLIENT TRACKINGINFO", "CLIENT GETREDIR", "HELLO 3", "HELLO 3"]),
        (5, ["CLIENT REPLY ON", "CLIENT REPLY ON", "CLIENT REPLY SKIP", "CLIENT REPLY OFF", "CLIENT NO-TOUCH ON", "CLIENT NO-TOUCH OFF", "CLIENT NO-EVICT ON", "CLIENT SETNAME nC", "CLIENT GETNAME", "CLIENT SETINFO LIB-NAME libC",
            "PING", "ECHO N"]),
        (4, ["CONFIG SET notify-keyspace-events EV"]),
        (2, ["CLIENT KILL ID @C", "CLIENT KILL ID @C SKIPME yes", "CLIENT KILL TYPE pubsub", "CLIENT KILL TYPE pubsub SKIPME no", "CLIENT KILL ADDR %C", "CLIENT KILL %C", "CLIENT KILL NAME nC", "CLIENT KILL LIB-NAME libC",
            "CLIENT KILL ID 999999", "CLIENT KILL FLAGS P", "CLIENT KILL NOT-TYPE normal NOT-ID @C", "QUIT"]),
        (1, ["MONITOR", "RESET", "RESET", "RESET"]),
        (3, ["SET K N PX 2", "SET K N PX 2", "PEXPIRE K 2", "PSETEX K 2 N"]),
    ];

    private static readonly string[] Events = ["KEA", "KEA", "KA", "EA", "Kg$", "Elshzxt", "KEAnm", "Em", "Kgxe", "EAn"];

    private static readonly int TotalWeight = Groups.Sum(static group => group.Weight);

    /// <summary>The steps of a round.</summary>
    public List<Step> Generate(int seed, int count)
    {
        var random = new Random(seed);
        var steps = new List<Step> { new(0, StepKind.Command, CommandText.Split($"CONFIG SET notify-keyspace-events {Events[random.Next(Events.Length)]}")) };
        for (int i = 0; i < connections; i++)
        {
            if (random.Next(2) == 0)
                steps.Add(new Step(i, StepKind.Command, CommandText.Split("HELLO 3")));
        }

        var state = new ScriptState();
        while (steps.Count < count)
        {
            foreach (Step step in random.Next(60) == 0 ? Paused(random) : [Next(random)])
            {
                if (state.Admits(step))
                    steps.Add(step);
            }
        }

        return steps;
    }

    // Who goes first of several clients that waited for the end of a pause is left to the loops, and so is how many commands of one belong to a round: one only sends a command meanwhile.
    private IEnumerable<Step> Paused(Random random)
    {
        int pausing = random.Next(connections), sending = (pausing + 1) % connections;
        Step Pausing(string command) => new(pausing, StepKind.Command, CommandText.Split(command));
        yield return Pausing("RESET");
        yield return Pausing("CLIENT PAUSE 100000 WRITE");
        Step step = Next(random) with { Connection = sending };
        // Valkey queues nothing more when a watched key has changed, and such an EXEC writes nothing and does not wait.
        if (step.Kind == StepKind.Command && step.Name is not ("CLIENT" or "EXEC"))
            yield return step;
        yield return Pausing("CLIENT UNPAUSE");
    }

    private Step Next(Random random)
    {
        int at = random.Next(TotalWeight), group = 0;
        while (at >= Groups[group].Weight)
            at -= Groups[group++].Weight;
        string[] forms = Groups[group].Forms;
        string[] words = forms[random.Next(forms.Length)].Split(' ');
        string command = string.Join(' ', words.Select(word => Fill(word, random)));
        bool expires = command.EndsWith(" 2", StringComparison.Ordinal) && command.StartsWith("PEXPIRE", StringComparison.Ordinal)
            || command.Contains(" PX 2", StringComparison.Ordinal) || command.StartsWith("PSETEX", StringComparison.Ordinal);
        return new Step(random.Next(connections), expires ? StepKind.ExpireNow : StepKind.Command, CommandText.Split(command));
    }

    /// <summary>What earlier steps of a script have made of its connections, and so which steps have one answer only.</summary>
    private sealed class ScriptState
    {
        private readonly HashSet<int> _monitors = [], _inTransaction = [], _silent = [];

        public bool Admits(Step step)
        {
            string second = step.Name == "CLIENT" ? CommandText.Quote(step.Arguments[1]) : "";
            // Nobody knows when it would come.
            if (step.Kind == StepKind.ExpireNow && _inTransaction.Contains(step.Connection))
                return false;
            switch (step.Name)
            {
                case "MONITOR":
                    _monitors.Add(step.Connection);
                    break;
                // A monitor sees its own transaction in the middle of the reply to that when it subscribes in it: Valkey breaks its protocol there.
                case "MULTI" when _monitors.Contains(step.Connection):
                    return false;
                case "MULTI":
                    _inTransaction.Add(step.Connection);
                    break;
                // Valkey never closes the connection of a client that wants no replies and ends itself.
                case "QUIT" when _silent.Contains(step.Connection):
                case "CLIENT" when second == "KILL" && _silent.Contains(step.Connection):
                    return false;
                case "EXEC" or "DISCARD" or "RESET" or "QUIT":
                    _inTransaction.Remove(step.Connection);
                    break;
                // With several loops a client that a transaction kills counts as a subscriber until the transaction ends.
                case "CLIENT" when second == "KILL" && _inTransaction.Contains(step.Connection):
                // Whether a cache that is given up in the middle of a transaction hears of the changes before.
                case "CLIENT" when second == "TRACKING" && _inTransaction.Contains(step.Connection):
                    return false;
                case "CLIENT" when second == "REPLY":
                    _silent.Add(step.Connection);
                    break;
            }
            return true;
        }
    }

    private string Fill(string word, Random random) => word switch
    {
        "K" => Keys[random.Next(Keys.Length)],
        "N" => random.Next(1, 4).ToString(System.Globalization.CultureInfo.InvariantCulture),
        "CH" => Names[random.Next(Names.Length)],
        "PAT" => Patterns[random.Next(Patterns.Length)],
        "EV" => Events[random.Next(Events.Length)],
        "@C" or "%C" or "nC" or "libC" => $"{word[..^1]}{random.Next(connections)}",
        _ when word.EndsWith(":K", StringComparison.Ordinal) => word[..^1] + Keys[random.Next(2)],
        _ => word,
    };
}
