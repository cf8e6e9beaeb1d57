using Carnelian.Server.Configuration;
using Xunit;

namespace Carnelian.Tests.Configuration;

/// <summary>Compares the directives with those of a real server. What differs on purpose is listed here, and in no other place.</summary>
public class DirectiveOracleTests
{
    private static readonly string[] s_own = ["announce-redis-version", "rdb-format", "rdb-skip-unknown-modules", "stream-idmp-duration", "stream-idmp-maxsize"];

    private static readonly string[] Hidden =
    [
        "aof-disable-auto-gc", "cluster-message-gossip-perc", "cluster-ping-interval", "debug-context", "enable-debug-assert", "io-threads-always-active",
        "key-load-delay", "loading-process-events-interval-bytes", "lua-enable-deprecated-api", "lua-enable-insecure-api", "min-io-threads-avoid-copy-reply",
        "min-string-size-avoid-copy-reply", "min-string-size-avoid-copy-reply-threaded", "rdb-key-save-delay", "use-exit-on-panic", "watchdog-period",
    ];

    /// <summary>Directives whose value depends on how the compared servers were started, or whose change would cut the connection.</summary>
    private static readonly string[] OfTheInstance = ["bind", "dir", "logfile", "port", "save"];

    private static readonly string[] Values =
    [
        "", "abc", "yes", "NO", "-9223372036854775808", "-2147483649", "-2", "-1", "0", "1", "2", "16", "99", "101", "501", "1001", "65536", "2147483648", "4294967296",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "1.5", "1k", "1Kb", "2mb", "1tb", "5%", "-5%", "200%", "+5", "0x10", "07", " 7", "7 ", "1 2",
        "a b", "1 2 3", "0 200 2001", "-1  0 1", "900 1 300 10", "900 -1", "normal 1 2 3", "SLAVE 1kb 0 60", "replica 1 2", "foo 1 2 3", "normal -1 0 0", "normal 1 2 -3",
        "KEA", "nm", "xQ", "{title", "{foo}", "{{", "{title} x", "50 99.9", "101 5", "save nosave", "now FORCE", "a/b", "1.2.3.4", "01.2.3.4", "::1", "a_b", "a.b-c",
    ];

    [ValkeyFact]
    public void Defaults_equal_those_of_Valkey()
    {
        using var server = new ValkeyServer();
        Dictionary<string, string> ours = new ServerConfiguration().Get(["*", .. Hidden]).ToDictionary(), theirs = Pairs(server.Send(["CONFIG", "GET", "*", .. Hidden]));

        Assert.Equal(s_own, ours.Keys.Except(theirs.Keys).Order(StringComparer.Ordinal));
        Assert.Empty(theirs.Keys.Except(ours.Keys));
        // Valkey's default is one thread; ours is a loop a core.
        Assert.Empty(theirs.Keys.Where(name => ours[name] != theirs[name]).Except([.. OfTheInstance, "io-threads"]));
    }

    [ValkeyFact]
    public void The_order_of_the_names_shown_equals_that_of_Valkey()
    {
        using var server = new ValkeyServer();

        foreach (string[] patterns in new string[][] { ["*"], ["HZ", "h*", "slave*", "hz"], ["zset*", "Appendfsync", "[ab]*", "nosuch", "Slave-Priority"] })
        {
            Assert.Equal(
                server.Send(["CONFIG", "GET", .. patterns]).Where((_, i) => i % 2 == 0),
                new ServerConfiguration().Get(patterns).Select(p => p.Key).Where(n => !s_own.Contains(n)));
        }
    }

    [ValkeyFact]
    public void Every_value_is_accepted_or_refused_as_by_Valkey()
    {
        using var server = new ValkeyServer();
        var configuration = new ServerConfiguration();
        List<string> differences = [];
        foreach (string name in Pairs(server.Send(["CONFIG", "GET", "*", .. Hidden])).Keys.Except(OfTheInstance))
        {
            string initial = server.Send("CONFIG", "GET", name)[1], ourInitial = configuration.Get([name]).Single().Value;
            foreach (string value in Values)
            {
                if (IsLeftOut(name, value)) continue;
                string theirs = server.Send("CONFIG", "SET", name, value)[0];
                string ours = configuration.Set([new(name, value)], local: true, out string? error) ? "OK" : "-" + error;
                if (theirs != ours) differences.Add($"{name} '{value}': Valkey: {theirs}; ours: {ours}");
                else if (theirs == "OK" && server.Send("CONFIG", "GET", name)[1] is var shown && shown != configuration.Get([name]).Single().Value)
                    differences.Add($"{name} '{value}': Valkey shows '{shown}'; ours '{configuration.Get([name]).Single().Value}'");
                if (theirs == "OK") server.Send("CONFIG", "SET", name, initial);
                if (ours == "OK") configuration.Set([new(name, ourInitial)], local: true, out _);
            }
        }
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [ValkeyFact]
    public void Errors_of_the_command_line_equal_those_of_Valkey()
    {
        string[][] commandLines =
        [
            ["--foo"], ["--foo", "1"], ["--hz", "20", "30"], ["--hz"], ["--hz", "--timeout", "5"], ["--hz=20"], ["--hz", "20 30"], ["--", "--hz", "20"], ["-hz", "20"],
            ["--hz", "20", "timeout", "3"], ["--save", "900 1", "60", "2"], ["--save", "a"], ["--save", "", "900", "1"], ["--slaveof", "127.0.0.1", "x"],
            ["--supervised", "x"], ["--databases", "0"], ["--unixsocketperm", "1777"], ["--dbfilename", "a/b"], ["--syslog-facility", "x"], ["--rdma-rx-size", "1"],
            ["--socket-mark-id", "-1"], ["--tcp-backlog", "x"], ["--include"], ["--rename-command", "GET"], ["--dynamic-hz"], ["--oom-score-adj-values", "1", "2"],
            ["--client-output-buffer-limit", "normal", "1"], ["--dir", "/does/not/exist"], ["--dir", ""], ["--cluster-enabled", "yes", "--replicaof", "a", "5"], ["--logfile", "/does/not/exist"],
            ["--proc-title-template", ""], ["--notify-keyspace-events", "Q"], ["--user", "a", "on", "--user", "a", "off"], ["--maxmemory-clients", "101%"], ["--aof-rewrite-cpulist"],
        ];
        foreach (string[] commandLine in commandLines)
        {
            // Port 0 keeps a server that finds nothing wrong from staying up.
            string[] arguments = ["--port", "0", .. commandLine];
            Assert.Equal(ValkeyServer.StandardError(arguments), LoadedConfiguration.From(arguments).Error ?? "");
        }
    }

    private static Dictionary<string, string> Pairs(List<string> reply) => reply.Chunk(2).ToDictionary(p => p[0], p => p[1]);

    /// <summary>What differs on purpose, or depends on the machine or on the state of a running server.</summary>
    private static bool IsLeftOut(string name, string value) => name switch
    {
        // Settings that only a running server can try to put into effect.
        "maxclients" or "oom-score-adj" or "tls-port" or "tls-cluster" or "tls-replication" or "requirepass" or "appendonly" => true,
        // Amounts are 63 bits wide here.
        "maxmemory" or "cluster-link-sendbuf-limit" => value == "9223372036854775808",
        // Two more policies, so another list in the error.
        "maxmemory-policy" => true,
        // This heap can be defragmented however it was built.
        "activedefrag" => value.Equals("yes", StringComparison.OrdinalIgnoreCase),
        // Valkey counts the list of addresses as changed even when it is the same.
        "rdma-bind" => value.Length == 0,
        _ => false,
    };
}
