using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Storage;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Administration;

/// <summary>
/// DEBUG: what tests need to bring a server into a state or to look into it. Off unless <c>enable-debug-command</c> allows it.
/// </summary>
/// <remarks>
/// All locks are held throughout, so nobody gets at data meanwhile, and this is one of the places where a thread sleeps or logs under
/// locks.
/// </remarks>
public static class DebugCommands
{
    private const long MostPackedBytes = 4L << 30;

    [Command("DEBUG", Arity = -2, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "Depends on subcommand.",
        Summary = "Helps to test the server.",
        Flags = Admin | NoScript | Loading | Stale | Protected,
        Locks = Locks.All,
        SystemCommand = true)]
    public static void Debug(scoped ref CommandContext ctx)
    {
        if (!Run(ref ctx, Encoding.Latin1.GetString(ctx.Arg(1)).ToLowerInvariant()) && !DebugCrash.TryRun(ref ctx))
        {
            ctx.Reply.Error(
                "ERR unknown subcommand or wrong number of arguments for '"u8, ctx.Arg(1)[..Math.Min(ctx.Arg(1).Length, 128)], "'. Try DEBUG HELP."u8);
        }
    }

    private static bool Run(scoped ref CommandContext ctx, string subcommand)
    {
        switch (subcommand, ctx.ArgCount)
        {
            case ("help", 2):
                SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), Encoding.ASCII.GetBytes(DebugHelp.Lines));
                break;
            case ("sleep", 3):
                Sleep(ref ctx);
                break;
            case ("log", 3):
                ServerOf(ref ctx).Log.Write(LogLevel.Warning, $"DEBUG LOG: {Encoding.Latin1.GetString(ctx.Arg(2))}");
                ctx.Reply.Ok();
                break;
            case ("error", 3):
                WriteError(ref ctx);
                break;
            case ("protocol", 3):
                DebugProtocol.Write(ref ctx);
                break;
            case ("object", >= 3):
                DebugData.DescribeObject(ref ctx);
                break;
            case ("populate", >= 3 and <= 5):
                DebugData.Populate(ref ctx);
                break;
            case ("digest", 2):
                ctx.Reply.SimpleString(Encoding.ASCII.GetBytes(DatasetDigest.OfAll(ctx.Keyspace, ctx.Now).ToString()));
                break;
            case ("digest-value", >= 2):
                DebugData.DigestValues(ref ctx);
                break;
            case ("htstats", >= 3):
                DebugData.DescribeTables(ref ctx);
                break;
            case ("htstats-key", >= 3):
                DebugData.DescribeTableOfKey(ref ctx);
                break;
            case ("quicklist", 3 or 4):
                DebugLists.PrintQuickList(ref ctx);
                break;
            case ("listpack", 3):
                DebugLists.PrintListPack(ref ctx);
                break;
            case ("set-active-expire", 3):
                ServerOf(ref ctx).ExpiresActively = IsOn(ref ctx, 2);
                ctx.Reply.Ok();
                break;
            case ("pause-cron", 3):
                ServerOf(ref ctx).IsCronPaused = IsOn(ref ctx, 2);
                ctx.Reply.Ok();
                break;
            case ("set-skip-checksum-validation", 3):
                ServerOf(ref ctx).SkipsChecksums = IsOn(ref ctx, 2);
                ctx.Reply.Ok();
                break;
            case ("dict-resizing", 3):
                ctx.Keyspace.AllowsShrinking = IsOn(ref ctx, 2);
                ctx.Reply.Ok();
                break;
            case ("quicklist-packed-threshold", 3):
                SetPackedThreshold(ref ctx);
                break;
            case ("replybuffer", 4):
                return CheckReplyBuffer(ref ctx);
            case ("client-enforce-reply-list", 3):
                // Replies are lists of chunks here at all times.
                ctx.Reply.Ok();
                break;
            case ("change-repl-id", 2):
                ServerOf(ref ctx).Log.Write(LogLevel.Notice, "Changing replication IDs after receiving change-repl-id");
                ServerOf(ref ctx).ChangeReplicationId();
                ctx.Reply.Ok();
                break;
            case ("replicate", >= 3):
                ServerOf(ref ctx).Replication.Append(ctx.Arguments[2..]);
                ctx.Reply.Ok();
                break;
            case ("config-rewrite-force-all", 2):
                RewriteConfiguration(ref ctx);
                break;
            case ("reload", >= 2):
                DebugReload.Run(ref ctx);
                break;
            case ("loadaof", 2):
                DebugPersistence.LoadAof(ref ctx);
                break;
            case ("aof-flush-sleep", 3):
                DebugPersistence.SetFlushSleep(ref ctx);
                break;
            case ("journal", 3):
                return DebugJournal.TryRun(ref ctx);
            case ("leak", 3):
                // Nobody keeps the block: what looks for leaks has to find it.
                _ = StringBlock.Create(ctx.Arg(2).Length, 0);
                ctx.Reply.Ok();
                break;
            case ("stringmatch-test", 2):
                DebugData.MatchRandomPatterns();
                ctx.Reply.SimpleString("Apparently the server did not crash: test passed"u8);
                break;
            default:
                return DebugCrash.TryRun(ref ctx);
        }
        return true;
    }

    private static void Sleep(scoped ref CommandContext ctx)
    {
        if (AsciiNumber.TryParseDouble(ctx.Arg(2), out double seconds) && seconds > 0)
            Thread.Sleep(TimeSpan.FromSeconds(Math.Min(seconds, 1_000_000)));
        ctx.Reply.Ok();
    }

    /// <summary>An error that the statistics of errors do not count.</summary>
    private static void WriteError(scoped ref CommandContext ctx)
    {
        byte[] text = ctx.Arg(2).ToArray();
        text.AsSpan().Replace((byte)'\r', (byte)' ');
        text.AsSpan().Replace((byte)'\n', (byte)' ');
        ctx.Reply.Raw([(byte)'-', .. text, (byte)'\r', (byte)'\n']);
    }

    private static void SetPackedThreshold(scoped ref CommandContext ctx)
    {
        if (!MemoryUnits.TryParse(ctx.Arg(2), out ulong bytes) || bytes > MostPackedBytes)
        {
            ctx.Reply.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb"u8);
            return;
        }
        ctx.Services.QuicklistPackedThreshold = bytes == 0 ? CommandServices.DefaultQuicklistPackedThreshold : (long)bytes;
        ctx.Reply.Ok();
    }

    /// <summary>Replies need no buffer that is resized in the course of time: there is nothing to switch, and no peak to forget.</summary>
    private static bool CheckReplyBuffer(scoped ref CommandContext ctx)
    {
        if (!ctx.ArgIs(2, "resizing"u8) && !ctx.ArgIs(2, "peak-reset-time"u8))
            return false;
        ctx.Reply.Ok();
        return true;
    }

    private static void RewriteConfiguration(scoped ref CommandContext ctx)
    {
        if (ServerOf(ref ctx).Configuration.Rewrite(out string? error, withDefaults: true))
            ctx.Reply.Ok();
        else
            ctx.Reply.Error(Encoding.Latin1.GetBytes(error!));
    }

    private static bool IsOn(scoped ref CommandContext ctx, int index) => AsciiNumber.TryParseInt64(ctx.Arg(index), out long value) && value != 0;

    private static ServerInstance ServerOf(scoped ref CommandContext ctx) => ((Client)ctx.Session).Loop.Server;
}
