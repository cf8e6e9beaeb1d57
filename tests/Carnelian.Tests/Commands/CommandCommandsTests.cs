// COMMAND's replies that do not depend on which commands there are.

using System.Text;

using Carnelian.Commands.Table;

namespace Carnelian.Tests.Commands;

public sealed class CommandCommandsTests : IDisposable
{
    private readonly InProcessClient _client =
        new(CommandTable.Create(GeneratedCommands.Create(), Carnelian.Server.GeneratedCommands.Create()));

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("COMMAND GETKEYS nosuch", "-ERR Invalid command specified\r\n")]
    [InlineData("COMMAND GETKEYS xgroup nosuch", "-ERR Invalid command specified\r\n")]
    [InlineData("COMMAND GETKEYS xgroup", "-ERR The command has no key arguments\r\n")]
    [InlineData("COMMAND GETKEYS spublish a b", "-ERR The command has no key arguments\r\n")]
    [InlineData("COMMAND GETKEYS get", "-ERR Invalid number of arguments specified for command\r\n")]
    [InlineData("COMMAND GETKEYS zunionstore d 3 a b", "-ERR Invalid arguments specified for command\r\n")]
    [InlineData("COMMAND GETKEYS eval script 0", "*0\r\n")]
    [InlineData("COMMAND GETKEYS mset a 1 b 2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n")]
    [InlineData("COMMAND GETKEYSANDFLAGS set a 1", "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+OW\r\n+update\r\n")]
    [InlineData("COMMAND LIST FILTERBY PATTERN XGR*|c*", "*1\r\n$13\r\nxgroup|create\r\n")]
    [InlineData("COMMAND LIST FILTERBY ACLCAT Bitmap", "*1\r\n$5\r\nbitop\r\n")]
    [InlineData("COMMAND LIST FILTERBY ACLCAT nosuch", "*0\r\n")]
    [InlineData("COMMAND LIST FILTERBY MODULE nosuch", "*0\r\n")]
    [InlineData("COMMAND LIST FILTERBY nosuch x", "-ERR syntax error\r\n")]
    [InlineData("COMMAND LIST FILTERBY PATTERN", "-ERR syntax error\r\n")]
    [InlineData("COMMAND INFO nosuch", "*1\r\n$-1\r\n")]
    [InlineData("COMMAND DOCS nosuch", "*0\r\n")]
    public void Replies_are_those_of_valkey(string call, string reply) => Assert.Equal(reply, Call(call));

    [Fact]
    public void Unknown_names_are_null_in_RESP3_and_absent_from_the_map_of_docs()
    {
        _client.Resp = 3;
        Assert.Equal("*1\r\n_\r\n", Call("COMMAND INFO nosuch"));
        Assert.StartsWith("%1\r\n$3\r\nget\r\n", Call("COMMAND DOCS nosuch GET"));
    }

    [Fact]
    public void Commands_without_names_are_all_of_them_once()
    {
        Assert.Equal(Call("COMMAND INFO"), Call("COMMAND"));
        Assert.Equal($":{Call("COMMAND")[1..].Split('\r')[0]}\r\n", Call("COMMAND COUNT"));
    }

    [Fact]
    public void Help_begins_with_the_usage_and_ends_with_itself()
    {
        string help = Call("COMMAND HELP");
        Assert.Contains("\r\n+COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n", help);
        Assert.EndsWith("+HELP\r\n+    Print this help.\r\n", help);
        Assert.Equal(help.Count(static c => c == '\n') - 1, int.Parse(help[1..].Split('\r')[0]));
    }

    private string Call(string command) => Encoding.Latin1.GetString(_client.Call(command.Split(' ')));
}
