using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Persistence;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Persistence;

/// <summary>MIGRATE: keys go to another server, and are here no more when they have arrived.</summary>
public static class MigrateCommand
{
    private const int KeyAt = 3;
    private const int OptionsAt = 6;
    private const int DefaultTimeout = 1000;

    [Command("MIGRATE", Arity = -6, Group = CommandGroup.Generic, Since = "2.6.0", Complexity = "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these commands for time complexity. Also an O(N) data transfer between the two instances is performed.",
        Summary = "Moves keys to another server.",
        Flags = Write, Acl = AclCategories.Keyspace | AclCategories.Dangerous, Tips = "nondeterministic_output",
        Keys = """
            RW access delete @3
            RW access delete incomplete @KEYS:-2..-1
            """,
        Refine = nameof(RefineKeys),
        Arguments = """
            host
            port:integer
            key-selector(key:key | '' empty-string:pure-token)
            destination-db:integer
            timeout:integer
            [COPY since=3.0.0]
            [REPLACE since=3.0.0]
            [authentication(AUTH auth since=4.0.7 display=password | AUTH2 auth2{username, password} since=6.0.0)]
            [KEYS keys:key@1... since=3.0.6 display=key]
            """,
        History = """
            3.0.0 Added the `COPY` and `REPLACE` options.
            3.0.6 Added the `KEYS` option.
            4.0.7 Added the `AUTH` option.
            6.0.0 Added the `AUTH2` option.
            """)]
    public static void Migrate(scoped ref CommandContext ctx)
    {
        if (TryOptions(ref ctx, out MigrateOptions options))
            Migration.Run(ref ctx, ((Client)ctx.Session).Loop.Server, options);
    }

    /// <summary>The keys behind KEYS, which may itself be a password, or the one key.</summary>
    internal static bool RefineKeys(ReadOnlySpan<Argument> arguments, ref KeyList keys)
    {
        const KeyFlags flags = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete;
        keys.Truncate(0);
        for (int i = OptionsAt; i < arguments.Length; i++)
        {
            ReadOnlySpan<byte> word = arguments[i].Span;
            if (Ascii.EqualsIgnoreCase(word, "auth"u8))
            {
                i++;
            }
            else if (Ascii.EqualsIgnoreCase(word, "auth2"u8))
            {
                i += 2;
            }
            else if (Ascii.EqualsIgnoreCase(word, "keys"u8))
            {
                // A key besides is an error, so that there are none; but the word is looked for neither at the end nor in the place of the host.
                if (arguments[KeyAt].Length != 0)
                {
                    if (HasWordKeys(arguments[2..^1]))
                        return false;
                    break;
                }
                for (i++; i < arguments.Length; i++)
                    keys.Add(i, flags);
                return true;
            }
        }
        keys.Add(KeyAt, flags);
        return true;
    }

    private static bool HasWordKeys(ReadOnlySpan<Argument> arguments)
    {
        foreach (Argument argument in arguments)
        {
            if (Ascii.EqualsIgnoreCase(argument.Span, "keys"u8))
                return true;
        }
        return false;
    }

    private static bool TryOptions(scoped ref CommandContext ctx, out MigrateOptions options)
    {
        options = new MigrateOptions { FirstKey = KeyAt, KeyCount = 1 };
        for (int i = OptionsAt; i < ctx.ArgCount; i++)
        {
            int left = ctx.ArgCount - 1 - i;
            if (ctx.ArgIs(i, "copy"u8))
            {
                options.Copies = true;
            }
            else if (ctx.ArgIs(i, "replace"u8))
            {
                options.Replaces = true;
            }
            else if (ctx.ArgIs(i, "auth"u8) && left > 0)
            {
                options.Password = ++i;
            }
            else if (ctx.ArgIs(i, "auth2"u8) && left > 1)
            {
                options.User = ++i;
                options.Password = ++i;
            }
            else if (ctx.ArgIs(i, "keys"u8))
            {
                if (ctx.Arg(KeyAt).Length != 0)
                {
                    ctx.Reply.Error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"u8);
                    return false;
                }
                options.FirstKey = i + 1;
                options.KeyCount = left;
                break;
            }
            else
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        if (!ctx.TryInteger(5, out long timeout) || !ctx.TryInteger(4, out long database))
            return false;
        options.Timeout = timeout <= 0 ? DefaultTimeout : (int)Math.Min(timeout, int.MaxValue);
        options.Database = database;
        options.Host = Encoding.UTF8.GetString(ctx.Arg(1));
        options.Port = AsciiNumber.TryParseInt64(ctx.Arg(2), out long port) && port is >= 0 and <= ushort.MaxValue ? (int)port : 0;
        return true;
    }
}
