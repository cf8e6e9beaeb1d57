using Carnelian.Server.Configuration;
using Xunit;

namespace Carnelian.Tests.Configuration;

public class ConfigurationChangesTests
{
    private readonly ServerConfiguration _configuration = new();

    [Theory]
    [InlineData("hz=10,HZ=20", "ERR CONFIG SET failed (possibly related to argument 'HZ') - duplicate parameter")]
    [InlineData("hz=20,nosuch=x", "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'")]
    [InlineData("hz=20,daemonize=yes,nosuch=x", "ERR CONFIG SET failed (possibly related to argument 'daemonize') - can't set immutable config")]
    [InlineData("dbfilename=x", "ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config")]
    [InlineData("include=x", "ERR Unknown option or number of arguments for CONFIG SET - 'include'")]
    [InlineData("dynamic-hz=yes", "ERR Unknown option or number of arguments for CONFIG SET - 'dynamic-hz'")]
    [InlineData("hz=20,timeout=abc", "ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer")]
    [InlineData("SLAVE-priority=x", "ERR CONFIG SET failed (possibly related to argument 'slave-priority') - argument couldn't be parsed into an integer")]
    [InlineData("rdma-port=7", "ERR CONFIG SET failed (possibly related to argument 'rdma-port') - No RDMA building support.")]
    public void A_failed_change_names_the_directive_and_changes_nothing(string pairs, string error)
    {
        List<KeyValuePair<string, string>> before = _configuration.Get(["*"]);

        Assert.Equal(error, Set(pairs));

        Assert.Equal(before, _configuration.Get(["*"]));
    }

    [Fact]
    public void Several_directives_change_together()
    {
        Assert.Null(Set("hz=20,timeout=7,slave-priority=3"));

        Assert.Equal((20, 7, 3), (_configuration.Hz, _configuration.Timeout, _configuration.ReplicaPriority));
    }

    [Fact]
    public void Changed_values_are_applied_and_unchanged_ones_are_not()
    {
        List<string> applied = [];
        _configuration.OnApply("hz", c => { applied.Add($"hz {c.Hz}"); return null; });
        _configuration.OnApply("timeout", c => { applied.Add($"timeout {c.Timeout}"); return null; });

        Assert.Null(Set("hz=10,timeout=5"));

        Assert.Equal(["timeout 5"], applied);
    }

    [Fact]
    public void One_action_of_several_directives_runs_once()
    {
        int runs = 0;
        Func<ServerConfiguration, string?> apply = _ => { runs++; return null; };
        _configuration.OnApply("tls-cert-file", apply);
        _configuration.OnApply("tls-key-file", apply);

        Assert.Null(Set("tls-cert-file=a,tls-key-file=b"));

        Assert.Equal(1, runs);
    }

    [Fact]
    public void A_refusal_to_apply_brings_all_old_values_back_and_applies_them_again()
    {
        List<string> seen = [], warnings = [];
        _configuration.Warning = warnings.Add;
        _configuration.OnApply("hz", c => { seen.Add($"hz {c.Hz}"); return null; });
        _configuration.OnApply("maxclients", c => c.MaxClients > 10000 ? "too many" : null);

        string? error = Set("hz=20,save=1 2,MaxClients=20000");

        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'maxclients') - too many", error);
        Assert.Equal(["hz 20", "hz 10"], seen);
        Assert.Equal(10000, _configuration.MaxClients);
        Assert.Equal("3600 1 300 100 60 10000", Get("save"));
        Assert.Equal(["Failed applying new configuration. Possibly related to new maxclients setting. Restoring previous settings."], warnings);
    }

    [Fact]
    public void Both_names_of_a_directive_may_be_set_at_once_and_both_are_undone()
    {
        Assert.NotNull(Set("slave-priority=1,replica-priority=2,timeout=x"));

        Assert.Equal(100, _configuration.ReplicaPriority);
    }

    [Theory]
    [InlineData("no", false, false)]
    [InlineData("local", false, false)]
    [InlineData("local", true, true)]
    [InlineData("yes", false, true)]
    public void Protected_directives_are_for_those_whom_the_configuration_allows_it(string access, bool local, bool allowed)
    {
        ServerConfiguration configuration = LoadedConfiguration.FromText($"enable-protected-configs {access}").Values;

        bool done = configuration.Set([new("dbfilename", "x.rdb")], local, out _);

        Assert.Equal(allowed, done);
        Assert.Equal(allowed ? "x.rdb" : "dump.rdb", configuration.DbFileName);
    }

    [Fact]
    public void Names_found_by_a_pattern_are_sorted_and_a_whole_name_is_given_back_as_asked()
    {
        List<KeyValuePair<string, string>> found = _configuration.Get(["zset*", "HZ", "h?", "hash-max*entries", "hz"]);

        Assert.Equal(
            ["HZ", "hash-max-listpack-entries", "hash-max-ziplist-entries", "zset-max-listpack-entries", "zset-max-listpack-value", "zset-max-ziplist-entries", "zset-max-ziplist-value"],
            found.Select(p => p.Key));
    }

    [Fact]
    public void A_hidden_directive_is_found_by_its_whole_name_only()
    {
        Assert.Equal("no", Get("lua-enable-insecure-api"));
        Assert.Empty(_configuration.Get(["lua-enable*"]));
    }

    [Theory]
    [InlineData("requirepass", true)]
    [InlineData("MasterAuth", true)]
    [InlineData("tls-key-file-pass", true)]
    [InlineData("hz", false)]
    [InlineData("nosuch", false)]
    public void Secrets_are_known_as_such(string name, bool sensitive) => Assert.Equal(sensitive, ServerConfiguration.IsSensitive(name));

    [Fact]
    public void The_default_number_of_loops_is_that_of_the_cores_up_to_sixteen() =>
        Assert.Equal(Math.Min(Environment.ProcessorCount, 16), _configuration.IoThreads);

    [Theory]
    [InlineData("8.0.3", null)]
    [InlineData("", null)]
    [InlineData("8.0", "argument must be empty or a version such as 8.0.0")]
    public void The_announced_version_has_three_parts(string version, string? error) =>
        Assert.Equal(error, Set($"announce-redis-version={version}")?.Split(" - ")[1]);

    [Fact]
    public void Every_value_shown_can_be_set_again()
    {
        foreach ((string name, string value) in _configuration.Get(["*"]))
        {
            string? error = _configuration.Set([new(name, value)], local: true, out string? text) ? null : text;
            Assert.True(error is null || error.EndsWith("immutable config", StringComparison.Ordinal) || error.EndsWith("protected config", StringComparison.Ordinal), $"{name}: {error}");
        }
    }

    private string Get(string name) => _configuration.Get([name]).Single().Value;

    private string? Set(string pairs)
    {
        KeyValuePair<string, string>[] list = [.. pairs.Split(',').Select(p => p.Split('=')).Select(p => KeyValuePair.Create(p[0], p[1]))];
        return _configuration.Set(list, local: false, out string? error) ? null : error;
    }
}
