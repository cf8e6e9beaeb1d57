using System.Globalization;
using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>Commands that look into HyperLogLogs and check the arithmetic behind them.</summary>
public static class HyperLogLogDebugCommands
{
    [Command("PFDEBUG", Arity = 3, Group = CommandGroup.HyperLogLog, Since = "2.8.9", Complexity = "N/A",
        Summary = "Looks into a HyperLogLog.",
        Flags = CommandFlags.Write | DenyOom | Admin,
        SystemCommand = true,
        Keys = "RW access @2",
        Arguments = "subcommand, key:key")]
    public static void PfDebug(scoped ref CommandContext ctx)
    {
        if (ctx.ArgIs(1, "simd"u8))
        {
            SwitchVectors(ref ctx);
            return;
        }
        Key key = ctx.Key(2);
        Entry entry = ctx.FindForWrite(key);
        if (!entry.Exists)
        {
            ctx.Reply.Error("ERR The specified key does not exist"u8);
            return;
        }
        if (!HyperLogLogKey.IsHyperLogLog(ref ctx, entry))
            return;
        HyperLogLogKey.Open(ref ctx, key, entry);
        if (ctx.ArgIs(1, "getreg"u8))
            WriteRegisters(ref ctx, key);
        else if (ctx.ArgIs(1, "decode"u8))
            WriteRuns(ref ctx, key);
        else if (ctx.ArgIs(1, "encoding"u8))
            ctx.Reply.SimpleString(HyperLogLogFormat.IsDense(HyperLogLogKey.Read(ref ctx, key)) ? "dense"u8 : "sparse"u8);
        else if (ctx.ArgIs(1, "todense"u8))
            MakeDense(ref ctx, key);
        else
            ctx.Reply.Error("ERR Unknown PFDEBUG subcommand '"u8, ctx.ArgAsText(1), "'"u8);
    }

    [Command("PFSELFTEST", Arity = 1, Group = CommandGroup.HyperLogLog, Since = "2.8.9", Complexity = "N/A",
        Summary = "Checks registers and estimates of HyperLogLogs.",
        Flags = Admin,
        SystemCommand = true)]
    public static void PfSelfTest(scoped ref CommandContext ctx)
    {
        string? finding = HyperLogLogSelfTest.Run();
        if (finding == null)
            ctx.Reply.Ok();
        else
            ctx.Reply.Error(Encoding.ASCII.GetBytes("TESTFAILED " + finding));
    }

    // Which instructions are used is decided when the program starts; there is nothing to switch.
    private static void SwitchVectors(scoped ref CommandContext ctx)
    {
        if (ctx.ArgIs(2, "on"u8))
            ctx.Reply.SimpleString("enabled"u8);
        else if (ctx.ArgIs(2, "off"u8))
            ctx.Reply.SimpleString("disabled"u8);
        else
            ctx.Reply.Error("ERR Argument must be ON or OFF"u8);
    }

    private static void WriteRegisters(scoped ref CommandContext ctx, scoped in Key key)
    {
        if (!HyperLogLogFormat.IsDense(HyperLogLogKey.Read(ref ctx, key)))
        {
            if (!HyperLogLogKey.TryMakeDense(ref ctx, key))
            {
                HyperLogLogKey.WriteCorrupt(ref ctx);
                return;
            }
            ctx.Dirty++;
        }
        ReadOnlySpan<byte> registers = HyperLogLogKey.Read(ref ctx, key)[HyperLogLogFormat.HeaderSize..];
        ctx.Reply.Array(HyperLogLogFormat.Registers);
        for (int i = 0; i < HyperLogLogFormat.Registers; i++)
            ctx.Reply.Integer(DenseRegisters.Get(registers, i));
    }

    private static void WriteRuns(scoped ref CommandContext ctx, scoped in Key key)
    {
        ReadOnlySpan<byte> bytes = HyperLogLogKey.Read(ref ctx, key);
        if (HyperLogLogFormat.IsDense(bytes))
        {
            ctx.Reply.Error("ERR HLL encoding is not sparse"u8);
            return;
        }
        ReadOnlySpan<byte> registers = bytes[HyperLogLogFormat.HeaderSize..];
        var text = new StringBuilder();
        SparseRegisters.Run run;
        for (int at = 0; SparseRegisters.TryRead(registers, at, out run); at += run.Size)
        {
            if (text.Length > 0)
                text.Append(' ');
            if (run.Value != 0)
                text.Append(CultureInfo.InvariantCulture, $"v:{run.Value},{run.Count}");
            else
                text.Append(CultureInfo.InvariantCulture, $"{(run.Size == 1 ? 'z' : 'Z')}:{run.Count}");
        }
        ctx.Reply.Bulk(Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static void MakeDense(scoped ref CommandContext ctx, scoped in Key key)
    {
        bool isDense = HyperLogLogFormat.IsDense(HyperLogLogKey.Read(ref ctx, key));
        if (!isDense)
        {
            if (!HyperLogLogKey.TryMakeDense(ref ctx, key))
            {
                HyperLogLogKey.WriteCorrupt(ref ctx);
                return;
            }
            ctx.Dirty++;
        }
        ctx.Reply.Integer(isDense ? 0 : 1);
    }
}
