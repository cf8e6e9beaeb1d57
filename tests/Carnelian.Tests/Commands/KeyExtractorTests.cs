// Key positions for each shape of key specification. That they are also the real server's is tested against it elsewhere.

using Carnelian.Commands.Table;

namespace Carnelian.Tests.Commands;

public sealed class KeyExtractorTests
{
    private static readonly CommandTable s_table = CommandTable.Create(GeneratedCommands.Create(), Carnelian.Server.GeneratedCommands.Create());

    [Theory]
    [InlineData("GET k", "1")]
    [InlineData("RENAME a b", "1 2")]
    [InlineData("MSET a 1 b 2", "1 3")]
    [InlineData("MSETEX 2 a 1 b 2 NX", "2 4")]
    [InlineData("BITOP AND d a b", "2 3 4")]
    [InlineData("BLPOP a b 0", "1 2")]
    [InlineData("XREAD COUNT 1 streams a b 0 0", "4 5")]
    [InlineData("ZUNIONSTORE d 2 a b WEIGHTS 1 2", "1 3 4")]
    [InlineData("EVAL script 0 argument", "")]
    [InlineData("EVAL script 1 a", "3")]
    [InlineData("EVAL script nonsense a", "")]
    [InlineData("XGROUP CREATE s g $", "2")]
    [InlineData("FLUSHALL ASYNC", "")]
    [InlineData("SPUBLISH channel message", "")]
    public void Keys_are_found_at_their_positions(string call, string positions)
    {
        using var arguments = new NativeArguments(call.Split(' '));
        var keys = new KeyList(stackalloc KeyReference[1]);
        Assert.True(KeyExtractor.GetKeys(Command(call), arguments.Span, ref keys));
        Assert.Equal(positions, Positions(keys));
        keys.Dispose();
    }

    [Theory]
    [InlineData("ZUNIONSTORE d 0 a b")]
    [InlineData("ZUNIONSTORE d 3 a b")]
    [InlineData("ZUNIONSTORE d -1 a b")]
    [InlineData("ZUNIONSTORE d 999999999 a b")]
    [InlineData("ZUNIONSTORE d 99999999999999999999 a b")]
    [InlineData("MSETEX x a 1")]
    public void A_number_of_keys_that_cannot_be_is_an_error(string call)
    {
        using var arguments = new NativeArguments(call.Split(' '));
        var keys = new KeyList([]);
        Assert.False(KeyExtractor.GetKeys(Command(call), arguments.Span, ref keys));
        keys.Dispose();
    }

    [Fact]
    public void Channels_of_sharded_pubsub_are_found_when_asked_for()
    {
        using var arguments = new NativeArguments("SPUBLISH", "channel", "message");
        var keys = new KeyList(stackalloc KeyReference[1]);
        Assert.True(KeyExtractor.GetKeys(s_table.Find("spublish"u8)!, arguments.Span, ref keys, channels: true));
        Assert.Equal("1", Positions(keys));
        keys.Dispose();
    }

    [Fact]
    public void An_option_refines_how_a_key_is_used()
    {
        Assert.Equal(KeyFlags.Overwrite | KeyFlags.Update, FlagsOfFirst("SET", "k", "v"));
        Assert.Equal(KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update, FlagsOfFirst("SET", "k", "v", "GET"));
    }

    [Fact]
    public void A_list_of_keys_grows_beyond_its_first_room()
    {
        string[] call = ["MSET", .. Enumerable.Range(0, 2000).Select(static i => $"{i}")];
        using var arguments = new NativeArguments(call);
        var keys = new KeyList(stackalloc KeyReference[4]);
        Assert.True(KeyExtractor.GetKeys(s_table.Find("mset"u8)!, arguments.Span, ref keys));
        Assert.Equal(1000, keys.Count);
        for (int i = 0; i < keys.Count; i++)
            Assert.Equal(2 * i + 1, keys[i].Index);
        keys.Dispose();
    }

    private static KeyFlags FlagsOfFirst(params string[] call)
    {
        using var arguments = new NativeArguments(call);
        var keys = new KeyList(stackalloc KeyReference[1]);
        Assert.True(KeyExtractor.GetKeys(Command(call[0]), arguments.Span, ref keys));
        KeyFlags flags = keys[0].Flags;
        keys.Dispose();
        return flags;
    }

    private static CommandDefinition Command(string call)
    {
        string[] words = call.Split(' ');
        CommandDefinition command = s_table.Find(System.Text.Encoding.Latin1.GetBytes(words[0]))!;
        return command.Subcommands.Length == 0 ? command : command.FindSubcommand(System.Text.Encoding.Latin1.GetBytes(words[1]))!;
    }

    private static string Positions(KeyList keys)
    {
        var positions = new List<int>();
        foreach (KeyReference key in keys.Keys)
            positions.Add(key.Index);
        return string.Join(' ', positions);
    }
}
