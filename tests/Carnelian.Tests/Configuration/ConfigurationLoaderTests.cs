using Carnelian.Server.Configuration;
using Xunit;

namespace Carnelian.Tests.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("carnelian-config").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("foo 1", "foo 1", "Bad directive or wrong number of arguments")]
    [InlineData("include", "include", "Bad directive or wrong number of arguments")]
    [InlineData("dynamic-hz", "dynamic-hz", "Bad directive or wrong number of arguments")]
    [InlineData("hz 20 # comment", "hz 20 # comment", "wrong number of arguments")]
    [InlineData("hz", "hz", "wrong number of arguments")]
    [InlineData("  hz  \"20", "hz  \"20", "Unbalanced quotes in configuration line")]
    [InlineData("slave-priority x", "slave-priority x", "argument couldn't be parsed into an integer")]
    [InlineData("unixsocketperm 1777", "unixsocketperm 1777", "argument must be between 0 and 777 inclusive")]
    [InlineData("unixsocketperm 8", "unixsocketperm 8", "argument couldn't be parsed as an octal number")]
    [InlineData("supervised x", "supervised x", "argument(s) must be one of the following: upstart, systemd, auto, no")]
    [InlineData("dir \"\"", "dir \"\"", "dir can't be empty")]
    [InlineData("dir /does/not/exist", "dir /does/not/exist", "No such file or directory")]
    [InlineData("appendfilename a/b", "appendfilename a/b", "appendfilename can't be a path, just a filename")]
    [InlineData("appenddirname a/b", "appenddirname a/b", "appenddirname can't be a path, just a dirname")]
    [InlineData("replicaof a 65536", "replicaof a 65536", "Invalid primary port")]
    [InlineData("replicaof a", "replicaof a", "wrong number of arguments")]
    [InlineData("save \"900 1\" 60 2", "save \"900 1\" 60 2", "Invalid save parameters")]
    [InlineData("user a on\nuser a off", "user a off", "Error in user declaration 'a': Duplicate user found. A user can only be defined once in config files")]
    [InlineData("rename-command FOO BAR", "rename-command FOO BAR", "No such command in rename-command")]
    [InlineData("sentinel monitor a 1 2 3", "sentinel monitor a 1 2 3", "sentinel directive while not in sentinel mode")]
    public void A_bad_line_is_reported_as_Valkey_reports_it(string text, string line, string error)
    {
        int number = text.Count(c => c == '\n') + 3;

        Assert.Equal(
            $"\n*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\nReading the configuration file, at line {number}\n>>> '{line}'\n{error}\n",
            LoadedConfiguration.FromText("port 7000\n\n" + text).Error);
    }

    [Fact]
    public void Lines_of_the_command_line_are_counted_after_those_of_the_file()
    {
        string file = Write("a.conf", "hz 20");

        string? error = LoadedConfiguration.From([file, "--timeout", "1", "--foo", "bar"]).Error;

        Assert.Contains("at line 3\n>>> 'foo \"bar\"'\n", error);
    }

    [Fact]
    public void Standard_input_overrides_the_file_and_the_command_line_overrides_both()
    {
        string file = Write("a.conf", "hz 20\ntimeout 20\nmaxclients 20\n");

        LoadedConfiguration loaded = LoadedConfiguration.From([file, "--hz", "40", "-"], "hz 30\ntimeout 30\n");

        Assert.Null(loaded.Error);
        Assert.Equal((40, 30, 20L), (loaded.Values.Hz, loaded.Values.Timeout, loaded.Values.MaxClients));
        Assert.Equal(file, loaded.Values.File);
    }

    [Fact]
    public void Includes_are_read_where_they_stand_and_a_pattern_means_all_its_files_in_order()
    {
        Write("1.inc", "hz 21\ntimeout 7\n");
        Write("2.inc", "hz 22");
        string file = Write("a.conf", $"hz 30\ninclude {_directory}/[12].inc\ninclude {_directory}/none*.inc\nmaxclients 9\n");

        LoadedConfiguration loaded = LoadedConfiguration.From([file]);

        Assert.Null(loaded.Error);
        Assert.Equal((22, 7, 9L), (loaded.Values.Hz, loaded.Values.Timeout, loaded.Values.MaxClients));
    }

    [Fact]
    public void A_missing_include_is_an_error_for_the_log() =>
        Assert.Equal($"Fatal error, can't open config file '{_directory}/none': No such file or directory",
            LoadedConfiguration.FromText($"include {_directory}/none").Error);

    [Fact]
    public void A_file_that_includes_itself_is_an_error()
    {
        string file = Write("a.conf", $"include {_directory}/a.conf");

        Assert.Equal($"Fatal error, can't open config file '{file}': Too many levels of include", LoadedConfiguration.From([file]).Error);
    }

    [Theory]
    [InlineData("", "3600 1 300 100 60 10000")]
    [InlineData("save 900 1", "900 1")]
    [InlineData("save 900 1\nsave 60 5", "900 1 60 5")]
    [InlineData("save \" 900  1 \"", "900 1")]
    [InlineData("save \"\"", "")]
    [InlineData("save", "")]
    [InlineData("save 900 1\nsave \"\"\nsave 60 1", "60 1")]
    public void The_first_save_line_replaces_the_default_and_further_ones_add(string text, string expected)
    {
        LoadedConfiguration loaded = LoadedConfiguration.FromText(text);

        Assert.Null(loaded.Error);
        Assert.Equal(expected, loaded["save"]);
    }

    [Theory]
    [InlineData("SLAVE-Priority 7", "replica-priority", "7")]
    [InlineData("masterauth x", "primaryauth", "x")]
    [InlineData("slowlog-max-len 3", "commandlog-slow-execution-max-len", "3")]
    [InlineData("lua-time-limit 3", "busy-reply-threshold", "3")]
    [InlineData("maxmemory 1GB", "maxmemory", "1073741824")]
    [InlineData("maxmemory-policy allkeys-LRM", "maxmemory-policy", "allkeys-lrm")]
    [InlineData("bind 127.0.0.1 ::1", "bind", "127.0.0.1 ::1")]
    [InlineData("bind \" 127.0.0.1  ::1\"", "bind", "127.0.0.1 ::1")]
    [InlineData("client-output-buffer-limit replica 1mb 2kb 3", "client-output-buffer-limit", "normal 0 0 0 slave 1048576 2048 3 pubsub 33554432 8388608 60")]
    [InlineData("slaveof 127.0.0.1 7", "replicaof", "127.0.0.1 7")]
    [InlineData("replicaof NO ONE", "slaveof", "")]
    [InlineData("oom-score-adj relative", "oom-score-adj", "yes")]
    [InlineData("unixsocketperm 0750", "unixsocketperm", "750")]
    [InlineData("hz 1000", "hz", "500")]
    [InlineData("maxmemory-clients 5%", "maxmemory-clients", "5%")]
    [InlineData("latency-tracking-info-percentiles", "latency-tracking-info-percentiles", "")]
    [InlineData("shutdown-on-sigterm failover NOW", "shutdown-on-sigterm", "now failover")]
    [InlineData("notify-keyspace-events KEg$lshzxetdm", "notify-keyspace-events", "AKEm")]
    [InlineData("dynamic-hz yes\nlist-max-ziplist-entries 5\ntimeout 3", "timeout", "3")]
    public void A_directive_is_read_under_each_of_its_names(string text, string name, string expected)
    {
        LoadedConfiguration loaded = LoadedConfiguration.FromText(text);

        Assert.Null(loaded.Error);
        Assert.Equal(expected, loaded[name]);
    }

    [Fact]
    public void Users_modules_and_renamed_commands_are_handed_on()
    {
        LoadedConfiguration loaded = LoadedConfiguration.FromText("user alice on >p\nrename-command GET \"\"\nloadmodule /m.so a b\nbf.error-rate 0.01\n");

        Assert.Null(loaded.Error);
        Assert.Equal(["alice:on >p"], loaded.Users);
        Assert.Equal(["GET>"], loaded.Renamed);
        Assert.Equal(["/m.so", "a", "b"], Assert.Single(loaded.Loader.Modules));
        Assert.Equal(["bf.error-rate", "0.01"], Assert.Single(loaded.Loader.ModuleDirectives));
    }

    [Fact]
    public void A_cluster_node_cannot_be_told_its_primary() =>
        Assert.Equal("\n*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\nreplicaof directive not allowed in cluster mode\n",
            LoadedConfiguration.FromText("replicaof a 5\ncluster-enabled yes").Error);

    [Fact]
    public void A_log_file_that_cannot_be_written_is_an_error() =>
        Assert.Equal("\n*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\nCan't open the log file: No such file or directory\n",
            LoadedConfiguration.FromText($"logfile {_directory}/none/x.log").Error);

    [Theory]
    [InlineData(3)]
    [InlineData(20261121)]
    public void Random_arguments_are_accepted_or_refused_but_never_throw(int seed)
    {
        string[] values = ["", "yes", "-1", "0", "1", "99999999999999999999", "9223372036854775807", "1gb", "5%", "a b", "\"\"", "'", "normal 1 2 3", "1 2 3", "{", "KEA", "::", "1.2.3.4", "\0", "\xff", "no one", "a 1", "NaN", "1e400"];
        var random = new Random(seed);
        string[] names = [.. new ServerConfiguration().Get(["*"]).Select(p => p.Key).Where(n => n != "dir")];
        for (int i = 0; i < 3000; i++)
        {
            string line = names[random.Next(names.Length)];
            for (int n = random.Next(3); n >= 0; n--) line += " " + values[random.Next(values.Length)];
            if (line.StartsWith("logfile", StringComparison.Ordinal)) continue;

            LoadedConfiguration loaded = LoadedConfiguration.FromText(line);

            Assert.NotNull(loaded.Values.Get(["*"]));
            Assert.True(loaded.Error is null || loaded.Error.StartsWith("\n***", StringComparison.Ordinal), $"seed {seed}: {line}");
        }
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
