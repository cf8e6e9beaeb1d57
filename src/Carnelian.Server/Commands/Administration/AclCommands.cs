using System.Security.Cryptography;
using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Administration;

/// <summary>ACL, as far as it is about the one user there is: <c>default</c>, who may do everything.</summary>
[Command("ACL", Arity = -2, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "Depends on subcommand.",
    Summary = "Shows users and what they may do.")]
public static class AclCommands
{
    private const int MostPasswordBits = 4096;

    [Command("ACL|WHOAMI", Arity = 2, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Tells the user of the connection.",
        Flags = NoScript | Loading | Stale)]
    public static void WhoAmI(scoped ref CommandContext ctx) => ctx.Reply.Bulk("default"u8);

    [Command("ACL|USERS", Arity = 2, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(N). Where N is the number of configured users.",
        Summary = "Lists the names of the users.",
        Flags = Admin | NoScript | Loading | Stale)]
    public static void Users(scoped ref CommandContext ctx)
    {
        ctx.Reply.Array(1);
        ctx.Reply.Bulk("default"u8);
    }

    [Command("ACL|LIST", Arity = 2, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(N). Where N is the number of configured users.",
        Summary = "Shows the users as the configuration file has them.",
        Flags = Admin | NoScript | Loading | Stale)]
    public static void List(scoped ref CommandContext ctx)
    {
        string? hash = PasswordHash(ref ctx);
        ctx.Reply.Array(1);
        ctx.Reply.Bulk(Encoding.ASCII.GetBytes($"user default on {(hash == null ? "nopass" : $"#{hash}")} ~* &* +@all"));
    }

    [Command("ACL|GETUSER", Arity = 3, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(N). Where N is the number of password, command and pattern rules that the user has.",
        Summary = "Shows a user's rules.",
        Flags = Admin | NoScript | Loading | Stale,
        Arguments = "username",
        History = """
            6.2.0 Added Pub/Sub channel patterns.
            7.0.0 Added selectors and changed the format of key and channel patterns from a list to their rule representation.
            9.1.0 Added database permission rules.
            """)]
    public static void GetUser(scoped ref CommandContext ctx)
    {
        if (!ctx.Arg(2).SequenceEqual("default"u8))
        {
            ctx.Reply.Null();
            return;
        }
        string? hash = PasswordHash(ref ctx);
        ctx.Reply.Map(7);
        ctx.Reply.Bulk("flags"u8);
        ctx.Reply.Set(hash == null ? 2 : 1);
        ctx.Reply.Bulk("on"u8);
        if (hash == null)
            ctx.Reply.Bulk("nopass"u8);
        ctx.Reply.Bulk("passwords"u8);
        ctx.Reply.Array(hash == null ? 0 : 1);
        if (hash != null)
            ctx.Reply.Bulk(Encoding.ASCII.GetBytes(hash));
        ctx.Reply.Bulk("commands"u8);
        ctx.Reply.Bulk("+@all"u8);
        ctx.Reply.Bulk("keys"u8);
        ctx.Reply.Bulk("~*"u8);
        ctx.Reply.Bulk("channels"u8);
        ctx.Reply.Bulk("&*"u8);
        ctx.Reply.Bulk("databases"u8);
        ctx.Reply.Bulk("alldbs"u8);
        ctx.Reply.Bulk("selectors"u8);
        ctx.Reply.Array(0);
    }

    [Command("ACL|CAT", Arity = -2, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(1) since the categories and commands are a fixed set.",
        Summary = "Lists the categories of commands, or the commands of one.",
        Flags = NoScript | Loading | Stale,
        Arguments = "[category]")]
    public static void Cat(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 3)
        {
            WriteWrongCount(ref ctx);
            return;
        }
        if (ctx.ArgCount == 2)
        {
            CommandWords.WriteCategoryNames(ctx.Reply);
            return;
        }
        AclCategories category = CommandWords.FindCategory(ctx.Arg(2));
        if (category == AclCategories.None)
        {
            ctx.Reply.Error(Encoding.Latin1.GetBytes($"ERR Unknown category '{Encoding.Latin1.GetString(ctx.ArgAsText(2))}'"));
            return;
        }
        var commands = new List<CommandDefinition>();
        foreach (CommandDefinition command in ((Client)ctx.Session).Loop.Server.Definitions)
        {
            if ((command.Categories & category) != 0)
                commands.Add(command);
        }
        ctx.Reply.Array(commands.Count);
        foreach (CommandDefinition command in commands)
            ctx.Reply.Bulk(Encoding.ASCII.GetBytes(command.Name));
    }

    [Command("ACL|GENPASS", Arity = -2, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Makes a random password.",
        Flags = NoScript | Loading | Stale,
        Arguments = "[bits:integer]")]
    public static void GenPass(scoped ref CommandContext ctx)
    {
        long bits = 256;
        if (ctx.ArgCount > 3)
        {
            WriteWrongCount(ref ctx);
            return;
        }
        if (ctx.ArgCount == 3)
        {
            if (!ctx.TryInteger(2, out bits))
                return;
            if (bits is <= 0 or > MostPasswordBits)
            {
                ctx.Reply.Error("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096"u8);
                return;
            }
        }
        ctx.Reply.Bulk(Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString((int)(bits + 3) / 4, lowercase: true)));
    }

    [Command("ACL|HELP", Arity = 2, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Lists the subcommands with a line about each.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), """
        CAT [<category>]
            List the categories of commands, or the commands of one.
        GETUSER <username>
            Show the rules of a user.
        GENPASS [<bits>]
            Make a random password, of 256 bits if no number is given.
        LIST
            Show the users in the form of the configuration file.
        USERS
            List the names of the users.
        WHOAMI
            Tell the user of this connection.
        """u8);

    private static void WriteWrongCount(scoped ref CommandContext ctx) => ctx.Reply.Error(
        Encoding.Latin1.GetBytes($"ERR unknown subcommand or wrong number of arguments for '{Encoding.Latin1.GetString(ctx.ArgAsText(1))}'. Try ACL HELP."));

    private static string? PasswordHash(scoped ref CommandContext ctx)
    {
        string password = ((Client)ctx.Session).Loop.Server.Configuration.RequirePass;
        return password.Length == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(ConfigurationText.ToBytes(password)));
    }
}
