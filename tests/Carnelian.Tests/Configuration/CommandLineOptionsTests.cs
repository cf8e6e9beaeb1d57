using Carnelian.Server.Configuration;
using Xunit;

namespace Carnelian.Tests.Configuration;

public class CommandLineOptionsTests
{
    [Theory]
    [InlineData("", "--port", "7000", "--hz", "20")]
    [InlineData("")]
    public void Without_a_file_name_there_is_no_file(string _, params string[] arguments) =>
        Assert.Null(CommandLineOptions.Parse(arguments).ConfigurationFile);

    [Fact]
    public void A_first_word_without_a_dash_is_the_configuration_file()
    {
        CommandLineOptions options = CommandLineOptions.Parse(["some.conf", "--hz", "20"]);

        Assert.Equal(Path.GetFullPath("some.conf"), options.ConfigurationFile);
        Assert.Equal("hz \"20\" ", options.Text);
    }

    [Theory]
    [InlineData("port \"7000\" \nsave \"\" \nsave \"900\" \"1\" ", "--port", "7000", "--save", "", "--save", "900", "1")]
    [InlineData("save \"\" \nhz \"20\" ", "--save", "--hz", "20")]
    [InlineData("hz \"20\" \nsave \"\" ", "--hz", "20", "--save")]
    [InlineData("hz 20 \ntimeout \"3\" ", "--hz 20", "--timeout", "3")]
    [InlineData("hz \"--timeout\" \"5\" ", "--hz", "--timeout", "5")]
    [InlineData("port \"0\" \n ", "--port", "0", "--")]
    [InlineData(" \"--hz\" \"20\" ", "--", "--hz", "20")]
    [InlineData("port \"7000\" \"-hz\" \"20\" ", "--port", "7000", "-hz", "20")]
    [InlineData("syslog-ident \"a\\\"b \\n\" ", "--syslog-ident", "a\"b \n")]
    [InlineData("bind \"127.0.0.1\" \"::1\" ", "--bind", "127.0.0.1", "::1")]
    [InlineData("syslog-ident \"\\xc3\\xa4\" ", "--syslog-ident", "ä")]
    public void Words_become_lines_of_configuration(string text, params string[] arguments) =>
        Assert.Equal(text, CommandLineOptions.Parse(arguments).Text);

    [Theory]
    [InlineData("-")]
    [InlineData("-", "--hz", "3")]
    [InlineData("--hz", "3", "-")]
    [InlineData("some.conf", "-")]
    public void A_dash_first_or_last_stands_for_standard_input(params string[] arguments)
    {
        CommandLineOptions options = CommandLineOptions.Parse(arguments);

        Assert.True(options.ReadsStandardInput);
        Assert.DoesNotContain("-", options.Text);
    }
}
