// The command table: lookup against a plain model, renaming, composition from several lists.

using System.Text;

using Carnelian.Commands.Table;

namespace Carnelian.Tests.Commands;

public sealed class CommandTableTests
{
    private const int Seed = 20261121;

    private static readonly CommandTable s_table = CommandTable.Create(GeneratedCommands.Create(), Carnelian.Server.GeneratedCommands.Create());

    [Theory]
    [InlineData("get")]
    [InlineData("GET")]
    [InlineData("gEt")]
    public void A_command_is_found_in_any_case(string name) => Assert.Equal("get", Find(name)!.Name);

    [Theory]
    [InlineData("")]
    [InlineData("g")]
    [InlineData("gett")]
    [InlineData("ge")]
    [InlineData("get ")]
    [InlineData("\0\0\0")]
    [InlineData("GET\0")]
    [InlineData("xgroup|create")]
    public void What_is_no_command_is_not_found(string name) => Assert.Null(Find(name));

    [Fact]
    public void Bytes_that_differ_from_a_letter_by_the_case_bit_only_are_not_that_letter()
    {
        // '[' and '{', '@' and '`' differ in the bit that tells the cases of letters apart.
        CommandTable table = Rename(s_table, "get", "a[@`{z");
        Assert.NotNull(table.Find("A[@`{Z"u8));
        Assert.Null(table.Find("a{@`{z"u8));
        Assert.Null(table.Find("a[``{z"u8));
        Assert.Null(table.Find("a[@`[z"u8));
    }

    [Fact]
    public void Lookup_agrees_with_a_dictionary_for_names_of_all_lengths()
    {
        var random = new Random(Seed);
        CommandTable table = s_table;
        CommandDefinition command = table.Find("get"u8)!;
        string present = "get";
        for (int i = 0; i < 3000; i++)
        {
            string next = RandomName(random);
            Assert.Equal(CommandRename.Done, table.Rename(Bytes(present), Bytes(next), out table));
            present = next;
            Assert.Same(command, table.Find(Bytes(present)));
            Assert.Same(command, table.Find(Bytes(present.ToUpperInvariant())));
            string other = Mutate(random, present);
            Assert.Equal(other.Equals(present, StringComparison.OrdinalIgnoreCase), table.Find(Bytes(other)) == command);
        }
    }

    [Theory]
    [InlineData("himport", CommandFlags.None, AclCategories.Hash | AclCategories.Slow)]
    [InlineData("himport|prepare", CommandFlags.DenyOom, AclCategories.Hash | AclCategories.Slow)]
    [InlineData("xidmprecord", CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, AclCategories.Write | AclCategories.Stream | AclCategories.Fast)]
    public void Commands_that_only_Redis_has_are_described_as_there(string name, CommandFlags flags, AclCategories categories)
    {
        CommandDefinition command = CommandTable.Create(Carnelian.Commands.GeneratedCommands.Create()).FindFull(Bytes(name))!;
        Assert.Equal((flags, categories), (command.Flags, command.Categories));
    }

    [Fact]
    public void Subcommands_are_found_in_their_container_and_by_the_full_name()
    {
        CommandDefinition container = Find("xgroup")!;
        CommandDefinition create = container.FindSubcommand("CREATE"u8)!;
        Assert.Same(create, s_table.FindFull("Xgroup|Create"u8));
        Assert.Same(container, create.Parent);
        Assert.Equal("create"u8, create.OwnName);
        Assert.Null(container.FindSubcommand("destroy"u8));
        Assert.Null(s_table.FindFull("get|create"u8));
    }

    [Fact]
    public unsafe void A_class_declares_a_container_without_a_handler()
    {
        Assert.True(Find("xgroup")!.Handler == null);
        Assert.True(Find("command")!.Handler != null);
    }

    [Fact]
    public void Ids_are_dense_and_index_the_definitions()
    {
        for (int i = 0; i < s_table.Definitions.Length; i++)
            Assert.Equal(i, s_table.Definitions[i].Id);
    }

    [Fact]
    public void The_count_leaves_subcommands_out() =>
        Assert.Equal(s_table.Definitions.Count(static command => command.Parent == null), s_table.Count);

    [Fact]
    public void A_renamed_command_answers_to_the_new_name_only_and_keeps_its_own()
    {
        CommandTable renamed = Rename(s_table, "Get", "fetch");
        Assert.Null(renamed.Find("get"u8));
        Assert.Equal("get", renamed.Find("FETCH"u8)!.Name);
        Assert.NotNull(s_table.Find("get"u8));
    }

    [Fact]
    public void A_command_renamed_to_nothing_is_gone()
    {
        CommandTable without = Rename(s_table, "get", "");
        Assert.Null(without.Find("get"u8));
        Assert.Equal(s_table.Count - 1, without.Count);
    }

    [Fact]
    public void Renaming_fails_for_an_unknown_command_and_for_a_name_in_use()
    {
        Assert.Equal(CommandRename.NoSuchCommand, s_table.Rename("nosuch"u8, "x"u8, out CommandTable same));
        Assert.Same(s_table, same);
        Assert.Equal(CommandRename.NameExists, s_table.Rename("get"u8, "set"u8, out same));
        Assert.Same(s_table, same);
    }

    [Fact]
    public void Two_commands_of_one_name_make_no_table() =>
        Assert.Throws<InvalidOperationException>(() => CommandTable.Create(GeneratedCommands.Create(), GeneratedCommands.Create()));

    [Fact]
    public void A_subcommand_without_its_container_makes_no_table()
    {
        CommandDefinition[] orphans = [.. GeneratedCommands.Create().Where(static command => command.Name == "xgroup|create")];
        Assert.Throws<InvalidOperationException>(() => CommandTable.Create(orphans));
    }

    [Theory]
    [InlineData("get", Locks.Keys)]
    [InlineData("flushall", Locks.All)]
    [InlineData("slaveof", Locks.None)]
    [InlineData("spublish", Locks.None)]
    public void Locks_follow_from_the_keys_unless_they_are_declared(string name, Locks locks) => Assert.Equal(locks, Find(name)!.Locks);

    private static CommandDefinition? Find(string name) => s_table.Find(Bytes(name));

    private static CommandTable Rename(CommandTable table, string from, string to)
    {
        Assert.Equal(CommandRename.Done, table.Rename(Bytes(from), Bytes(to), out CommandTable renamed));
        return renamed;
    }

    private static string RandomName(Random random)
    {
        var name = new char[random.Next(1, 40)];
        for (int i = 0; i < name.Length; i++)
            name[i] = "abcdefghijklmnopqrstuvwxyz-_0123456789."[random.Next(39)];
        return $"q{new string(name)}";
    }

    private static string Mutate(Random random, string name)
    {
        char[] letters = name.ToCharArray();
        int at = random.Next(letters.Length);
        letters[at] = (char)(letters[at] ^ 1 << random.Next(7));
        return new string(letters);
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
