using System.Text;
using Carnelian.Server.Configuration;
using Xunit;

namespace Carnelian.Tests.Configuration;

public class ConfigurationFileTests
{
    [Fact]
    public void Blank_lines_and_comments_are_left_out_and_lines_keep_their_numbers()
    {
        List<ConfigurationLine> lines = ConfigurationFile.Parse("\n# comment\n   # another\n  hz   20  \r\n\ntimeout\t5");

        Assert.Equal([4, 6], lines.Select(l => l.Number));
        Assert.Equal("hz   20", lines[0].Text);
        Assert.Equal(["hz", "20"], lines[0].Arguments!);
        Assert.Equal(["timeout", "5"], lines[1].Arguments!);
    }

    [Fact]
    public void Quotes_follow_the_rules_of_inline_commands()
    {
        Assert.Equal(["syslog-ident", "aA\n\"b"], Single("syslog-ident \"a\\x41\\n\\\"b\"").Arguments!);
        Assert.Equal(["syslog-ident", "a\\x41'b"], Single("syslog-ident 'a\\x41\\'b'").Arguments!);
    }

    [Fact]
    public void Unbalanced_quotes_leave_a_line_without_arguments() => Assert.Null(Single("hz \"20").Arguments);

    [Fact]
    public void A_line_ends_at_a_zero_byte() => Assert.Equal(["syslog-ident", "a"], Single("syslog-ident a\0b").Arguments!);

    [Fact]
    public void Bytes_beyond_ASCII_come_through_unchanged()
    {
        byte[] text = [.. "requirepass "u8, 0xC3, 0xA4, 0xFF];

        string argument = ConfigurationFile.Parse(text)[0].Arguments![1];

        Assert.Equal([0xC3, 0xA4, 0xFF], ConfigurationText.ToBytes(argument));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20261121)]
    public void Any_input_is_parsed_or_refused_but_never_throws(int seed)
    {
        string[] words = ["hz", "save", "\"", "'", "\\x4", "\\", " ", "\n", "\0", "include", "#", "\r", "\t", "900 1", "1gb", "-", "{title}", "bind", "%", "client-output-buffer-limit normal"];
        var random = new Random(seed);
        for (int i = 0; i < 5000; i++)
        {
            var text = new StringBuilder();
            for (int n = random.Next(12); n > 0; n--)
                text.Append(random.Next(4) == 0 ? ((char)random.Next(256)).ToString() : words[random.Next(words.Length)]);
            byte[] bytes = ConfigurationText.ToBytes(text.ToString());

            foreach (ConfigurationLine line in ConfigurationFile.Parse(bytes))
                Assert.True(line.Arguments is null or { Length: > 0 }, $"seed {seed}: {line}");
        }
    }

    private static ConfigurationLine Single(string text) => Assert.Single(ConfigurationFile.Parse(text));
}
