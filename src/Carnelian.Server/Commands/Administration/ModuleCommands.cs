using Carnelian.Commands;
using Carnelian.Commands.Table;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Administration;

/// <summary>MODULE. There are no modules, and none can be loaded: those of Valkey are machine code for another program.</summary>
[Command("MODULE", Arity = -2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "Depends on subcommand.",
    Summary = "Lists and loads modules.")]
public static class ModuleCommands
{
    [Command("MODULE|LIST", Arity = 2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(N) where N is the number of loaded modules.",
        Summary = "Lists the loaded modules.",
        Flags = Admin | NoScript, Tips = "nondeterministic_output_order")]
    public static void List(scoped ref CommandContext ctx) => ctx.Reply.Array(0);

    [Command("MODULE|LOAD", Arity = -3, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Summary = "Loads a module.",
        Flags = Admin | NoScript | NoAsyncLoading | Protected,
        Arguments = "path, [arg...]")]
    [Command("MODULE|LOADEX", Arity = -3, Group = CommandGroup.Server, Since = "7.0.0", Complexity = "O(1)",
        Summary = "Loads a module with its configuration.",
        Flags = Admin | NoScript | NoAsyncLoading | Protected,
        Arguments = "path, [CONFIG configs{name, value}]..., [ARGS args...]")]
    public static void Load(scoped ref CommandContext ctx) => ctx.Reply.Error("ERR Error loading the extension. Please check the server logs."u8);

    [Command("MODULE|UNLOAD", Arity = 3, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Summary = "Unloads a module.",
        Flags = Admin | NoScript | NoAsyncLoading | Protected,
        Arguments = "name")]
    public static void Unload(scoped ref CommandContext ctx) => ctx.Reply.Error("ERR Error unloading module: no such module with that name"u8);

    [Command("MODULE|HELP", Arity = 2, Group = CommandGroup.Server, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Lists the subcommands with a line about each.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), """
        LIST
            Show the modules that are loaded.
        LOAD <path> [<arg> ...]
            Load a module from a file and pass it arguments.
        LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]
            Load a module from a file, with its configuration and arguments.
        UNLOAD <name>
            Remove a module.
        """u8);
}
