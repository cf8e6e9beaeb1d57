// COMMAND and its subcommands: what clients and tools ask about the commands themselves. They read the immutable command
// table and need no locks.

using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Text;

using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Introspection;

internal static class CommandCommands
{
    [Command("COMMAND", Arity = -1, Group = CommandGroup.Server, Since = "2.8.13",
        Complexity = "O(N) where N is the total number of commands",
        Summary = "Describes all commands: arity, flags, keys, subcommands.",
        Flags = Loading | Stale, Acl = AclCategories.Connection, Tips = "nondeterministic_output_order")]
    public static void Command(scoped ref CommandContext ctx)
    {
        CommandTable table = ctx.Services.Commands;
        ctx.Reply.Array(table.Count);
        foreach (CommandDefinition command in table.Commands)
            CommandReplies.WriteInfo(ctx.Reply, command);
    }

    [Command("COMMAND|COUNT", Arity = 2, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Summary = "Counts the commands, without subcommands.",
        Flags = Loading | Stale, Acl = AclCategories.Connection)]
    public static void Count(scoped ref CommandContext ctx) => ctx.Reply.Integer(ctx.Services.Commands.Count);

    [Command("COMMAND|DOCS", Arity = -2, Group = CommandGroup.Server, Since = "7.0.0",
        Complexity = "O(N) where N is the number of commands to look up",
        Summary = "Documents all or some commands for readers.",
        Flags = Loading | Stale, Acl = AclCategories.Connection, Tips = "nondeterministic_output_order",
        Arguments = "[command-name...]")]
    public static void Docs(scoped ref CommandContext ctx)
    {
        CommandTable table = ctx.Services.Commands;
        if (ctx.ArgCount == 2)
        {
            ctx.Reply.Map(table.Count);
            foreach (CommandDefinition command in table.Commands)
                CommandReplies.WriteDocumentation(ctx.Reply, command);
            return;
        }

        int known = 0;
        for (int i = 2; i < ctx.ArgCount; i++)
            known += table.FindFull(ctx.Arg(i)) != null ? 1 : 0;
        ctx.Reply.Map(known);
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (table.FindFull(ctx.Arg(i)) is { } command)
                CommandReplies.WriteDocumentation(ctx.Reply, command);
        }
    }

    [Command("COMMAND|GETKEYS", Arity = -3, Group = CommandGroup.Server, Since = "2.8.13",
        Complexity = "O(N) where N is the number of arguments to the command",
        Summary = "Finds the keys in a whole command.",
        Flags = Loading | Stale, Acl = AclCategories.Connection,
        Arguments = "command, [arg...]")]
    public static void GetKeys(scoped ref CommandContext ctx) => WriteKeys(ref ctx, withFlags: false);

    [Command("COMMAND|GETKEYSANDFLAGS", Arity = -3, Group = CommandGroup.Server, Since = "7.0.0",
        Complexity = "O(N) where N is the number of arguments to the command",
        Summary = "Finds the keys in a whole command and how it uses them.",
        Flags = Loading | Stale, Acl = AclCategories.Connection,
        Arguments = "command, [arg...]")]
    public static void GetKeysAndFlags(scoped ref CommandContext ctx) => WriteKeys(ref ctx, withFlags: true);

    [Command("COMMAND|HELP", Arity = 2, Group = CommandGroup.Server, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Lists the subcommands with a line about each.",
        Flags = Loading | Stale, Acl = AclCategories.Connection)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), """
        (no subcommand)
            Describe all commands.
        COUNT
            Count the commands.
        LIST
            List the names of commands and subcommands.
        INFO [<command-name> ...]
            Describe some commands, or all when none is named.
        DOCS [<command-name> ...]
            Document some commands, or all when none is named.
        GETKEYS <full-command>
            Find the keys in a command.
        GETKEYSANDFLAGS <full-command>
            Find the keys in a command and how it uses them.
        """u8);

    [Command("COMMAND|INFO", Arity = -2, Group = CommandGroup.Server, Since = "2.8.13",
        Complexity = "O(N) where N is the number of commands to look up",
        Summary = "Describes some or all commands: arity, flags, keys, subcommands.",
        Flags = Loading | Stale, Acl = AclCategories.Connection, Tips = "nondeterministic_output_order",
        Arguments = "[command-name...]",
        History = "7.0.0 Allowed to be called with no argument to get info on all commands.")]
    public static void Info(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount == 2)
        {
            Command(ref ctx);
            return;
        }

        ctx.Reply.Array(ctx.ArgCount - 2);
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (ctx.Services.Commands.FindFull(ctx.Arg(i)) is { } command)
                CommandReplies.WriteInfo(ctx.Reply, command);
            else
                ctx.Reply.Null();
        }
    }

    [Command("COMMAND|LIST", Arity = -2, Group = CommandGroup.Server, Since = "7.0.0",
        Complexity = "O(N) where N is the total number of commands",
        Summary = "Lists the names of all or some commands.",
        Flags = Loading | Stale, Acl = AclCategories.Connection, Tips = "nondeterministic_output_order",
        Arguments = "[FILTERBY filterby(MODULE module-name | ACLCAT category | PATTERN pattern:pattern)]")]
    public static void List(scoped ref CommandContext ctx)
    {
        Filter filter = Filter.None;
        if (ctx.ArgCount != 2)
        {
            filter = ctx.ArgCount != 5 || !ctx.ArgIs(2, "filterby"u8) ? Filter.Invalid
                : ctx.ArgIs(3, "module"u8) ? Filter.Module
                : ctx.ArgIs(3, "aclcat"u8) ? Filter.Category
                : ctx.ArgIs(3, "pattern"u8) ? Filter.Pattern
                : Filter.Invalid;
        }

        if (filter == Filter.Invalid)
        {
            ctx.WriteSyntaxError();
            return;
        }

        ReadOnlySpan<byte> operand = filter == Filter.None ? default : ctx.Arg(4);
        int count = 0;
        DeferredLength length = ctx.Reply.BeginDeferred();
        foreach (CommandDefinition command in ctx.Services.Commands.Commands)
        {
            count += ListIfPasses(ctx.Reply, command, filter, operand);
            foreach (CommandDefinition subcommand in command.Subcommands)
                count += ListIfPasses(ctx.Reply, subcommand, filter, operand);
        }

        ctx.Reply.EndArray(length, count);
    }

    private static int ListIfPasses(ReplyWriter reply, CommandDefinition command, Filter filter, ReadOnlySpan<byte> operand)
    {
        bool passes = filter switch
        {
            Filter.Module => command.Module != null && System.Text.Ascii.EqualsIgnoreCase(operand, command.Module),
            Filter.Category => (command.Categories & CommandWords.FindCategory(operand)) != 0,
            Filter.Pattern => GlobPattern.Matches(operand, command.Utf8Name, ignoreCase: true),
            _ => true,
        };
        if (!passes)
            return 0;
        reply.Bulk(command.Utf8Name);
        return 1;
    }

    private static void WriteKeys(scoped ref CommandContext ctx, bool withFlags)
    {
        ReadOnlySpan<Argument> arguments = ctx.Arguments[2..];
        CommandDefinition? command = ctx.Services.Commands.Find(arguments[0].Span);
        if (command is { Subcommands.Length: > 0 } && arguments.Length > 1)
            command = command.FindSubcommand(arguments[1].Span);
        if (command == null)
        {
            ctx.Reply.Error("ERR Invalid command specified"u8);
            return;
        }

        if (!command.HasKeys)
        {
            ctx.Reply.Error("ERR The command has no key arguments"u8);
            return;
        }

        if (!command.AcceptsArgumentCount(arguments.Length))
        {
            ctx.Reply.Error("ERR Invalid number of arguments specified for command"u8);
            return;
        }

        var keys = new KeyList(stackalloc KeyReference[16]);
        try
        {
            if (!KeyExtractor.GetKeys(command, arguments, ref keys)
                || (keys.Count == 0 && (command.Flags & NoMandatoryKeys) == 0))
            {
                ctx.Reply.Error("ERR Invalid arguments specified for command"u8);
                return;
            }

            ctx.Reply.Array(keys.Count);
            foreach (KeyReference key in keys.Keys)
            {
                if (withFlags)
                    ctx.Reply.Array(2);
                ctx.Reply.Bulk(arguments[key.Index].Span);
                if (withFlags)
                    CommandWords.Write(ctx.Reply, key.Flags);
            }
        }
        finally
        {
            keys.Dispose();
        }
    }

    private enum Filter
    {
        None,
        Module,
        Category,
        Pattern,
        Invalid,
    }
}
