using Carnelian.Server.Configuration;
using Carnelian.Server.Hosting;

namespace Carnelian.Tests.Hosting;

public sealed class ProcessTitleTests
{
    [Theory]
    [InlineData("{title} {listen-addr} {server-mode}", "carnelian *:7000")]
    [InlineData("{title}|{port}|{tls-port}|{unixsocket}|{config-file}", "carnelian|7000|0|/run/s|/etc/c.conf")]
    [InlineData("{{{title}", "{carnelian")]
    [InlineData("fixed", "fixed")]
    public void A_template_is_filled_in(string template, string expected)
    {
        var configuration = new ServerConfiguration { Port = 7000, UnixSocket = "/run/s", File = "/etc/c.conf", ProcTitleTemplate = template };
        Assert.Equal(expected, ProcessTitle.Expand(configuration, "carnelian"));
    }

    [Fact]
    public void Without_a_port_the_unix_socket_is_the_address()
    {
        var configuration = new ServerConfiguration { Port = 0, UnixSocket = "/run/s", ProcTitleTemplate = "{listen-addr}" };
        Assert.Equal("unixsocket:/run/s", ProcessTitle.Expand(configuration, "carnelian"));
    }
}
