using System.Text.RegularExpressions;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Tests.Logging;

public sealed class LogTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"carnelian-log-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(LogFormat.Legacy, LogTimestampFormat.Legacy, @"^\d+:M \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} \* a ""text""$")]
    [InlineData(LogFormat.Legacy, LogTimestampFormat.Milliseconds, @"^\d+:M \d{13} \* a ""text""$")]
    [InlineData(LogFormat.Logfmt, LogTimestampFormat.Iso8601,
        @"^pid=\d+ role=primary timestamp=""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"" level=notice message=""a 'text'""$")]
    [InlineData(LogFormat.Json, LogTimestampFormat.Milliseconds,
        @"^\{""pid"":\d+,""role"":""primary"",""timestamp"":""\d{13}"",""level"":""notice"",""message"":""a \\""text\\""""\}$")]
    public void A_line_has_the_form_that_the_configuration_asks_for(LogFormat format, LogTimestampFormat time, string pattern)
    {
        Write(new ServerConfiguration { LogFormat = format, LogTimestampFormat = time }, log => log.Write(LogLevel.Notice, "a \"text\""));
        Assert.Matches(new Regex(pattern), Assert.Single(File.ReadAllLines(_file)));
    }

    [Fact]
    public void Lines_below_the_level_are_left_out()
    {
        Write(new ServerConfiguration { LogLevel = LogLevel.Warning }, log =>
        {
            log.Write(LogLevel.Notice, "no");
            log.Write(LogLevel.Warning, "yes");
        });
        Assert.EndsWith("# yes", Assert.Single(File.ReadAllLines(_file)));
    }

    [Fact]
    public void A_file_that_was_moved_away_is_made_anew()
    {
        var configuration = new ServerConfiguration { LogFile = _file };
        var log = new Log(configuration);
        log.Write(LogLevel.Notice, "first");
        File.Delete(_file);
        log.Write(LogLevel.Notice, "second");
        Assert.EndsWith("* second", Assert.Single(File.ReadAllLines(_file)));
    }

    [Fact]
    public void A_line_from_a_signal_has_the_time_in_seconds()
    {
        Write(new ServerConfiguration(), log => log.WriteFromSignal("Received SIGTERM scheduling shutdown..."));
        Assert.Matches(@"^\d+:signal-handler \(\d{10}\) Received SIGTERM scheduling shutdown\.\.\.$", Assert.Single(File.ReadAllLines(_file)));
    }

    private void Write(ServerConfiguration configuration, Action<Log> write)
    {
        configuration.LogFile = _file;
        write(new Log(configuration));
    }
}
