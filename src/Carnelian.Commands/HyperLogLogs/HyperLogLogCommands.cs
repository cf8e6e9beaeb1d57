using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>Commands that count different elements without keeping them.</summary>
public static class HyperLogLogCommands
{
    [Command("PFADD", Arity = -2, Group = CommandGroup.HyperLogLog, Since = "2.8.9", Complexity = "O(1) to add every element.",
        Summary = "Adds elements to a HyperLogLog; a key that does not exist is made.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        Arguments = "key:key, [element...]")]
    public static void PfAdd(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!HyperLogLogKey.IsHyperLogLog(ref ctx, entry))
            return;
        ReadOnlySpan<byte> bytes = HyperLogLogKey.Open(ref ctx, key, entry);
        int changes = entry.Exists ? 0 : 1;
        int next = 2;
        if (!HyperLogLogFormat.IsDense(bytes))
        {
            SparseEdit.Result result = SparseEdit.Add(ref ctx, key, bytes, next);
            if (result.IsCorrupt)
            {
                HyperLogLogKey.WriteCorrupt(ref ctx);
                return;
            }
            changes += result.Changes;
            next = result.Next;
            if (next < ctx.ArgCount)
                bytes = HyperLogLogKey.Read(ref ctx, key);
        }
        if (next < ctx.ArgCount)
            changes += AddDense(ref ctx, key, bytes, next);
        if (changes > 0)
        {
            ctx.Modified(key, NotificationClass.String, "pfadd"u8);
            ctx.Dirty += changes - 1;
        }
        ctx.Reply.Integer(changes > 0 ? 1 : 0);
    }

    [Command("PFCOUNT", Arity = -2, Group = CommandGroup.HyperLogLog, Since = "2.8.9", Complexity = "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.",
        Summary = "Estimates how many different elements HyperLogLogs have seen together.",
        Flags = ReadOnly | MayReplicate,
        Keys = "RW access @1..-1 -- RW because it may change the internal representation of the key, and propagate to replicas",
        Arguments = "key:key...")]
    public static void PfCount(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 2)
        {
            CountSeveral(ref ctx);
            return;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.Find(key);
        if (!HyperLogLogKey.IsHyperLogLog(ref ctx, entry))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        ReadOnlySpan<byte> bytes = HyperLogLogKey.Open(ref ctx, key, entry);
        if (!HyperLogLogFormat.TryGetEstimate(bytes, out long estimate))
        {
            if (!TryEstimate(bytes, out estimate))
            {
                HyperLogLogKey.WriteCorrupt(ref ctx);
                return;
            }
            HyperLogLogFormat.SetEstimate(HyperLogLogKey.Write(ref ctx, key, bytes.Length), estimate);
            ctx.Touch(key);
            ctx.Dirty++;
        }
        ctx.Reply.Integer(estimate);
    }

    [Command("PFMERGE", Arity = -2, Group = CommandGroup.HyperLogLog, Since = "2.8.9", Complexity = "O(N) to merge N HyperLogLogs, but with high constant times.",
        Summary = "Adds what HyperLogLogs have seen to another one.",
        Flags = Write | DenyOom,
        Keys = """
            RW access insert @1
            RO access @2..-1
            """,
        Arguments = "destkey:key, [sourcekey:key@1...]")]
    [SkipLocalsInit]
    public static unsafe void PfMerge(scoped ref CommandContext ctx)
    {
        nint* dense = stackalloc nint[FoundRegisters.MostDense];
        byte* raw = stackalloc byte[HyperLogLogFormat.Registers];
        var found = new FoundRegisters(dense, raw);
        if (!TryFind(ref ctx, ref found))
            return;
        Key key = ctx.Key(1);
        Entry target = ctx.FindForWrite(key);
        if (DenseRegisters.MergesInPlace && found.AreInDense && target.Exists)
        {
            MergeInPlace(ref ctx, key, found.Dense);
        }
        else
        {
            ReadOnlySpan<byte> bytes = HyperLogLogKey.Open(ref ctx, key, target);
            bool anyDense = found.HasDense;
            found.MergeDense();
            // Sparse registers that become too many are dense from then on: the raw ones have all that they hold.
            if (anyDense || SparseEdit.Merge(ref ctx, key, bytes, found.Raw).Next < HyperLogLogFormat.Registers)
                HyperLogLogKey.WriteDense(ref ctx, key, found.Raw);
        }
        HyperLogLogFormat.InvalidateEstimate(HyperLogLogKey.Write(ref ctx, key, HyperLogLogKey.Read(ref ctx, key).Length));
        ctx.Modified(key, NotificationClass.String, "pfadd"u8);
        ctx.Reply.Ok();
    }

    /// <summary>Merges dense registers into those of a key, the first of them.</summary>
    private static unsafe void MergeInPlace(scoped ref CommandContext ctx, scoped in Key key, scoped Span<nint> sources)
    {
        Span<byte> registers = HyperLogLogKey.Write(ref ctx, key, HyperLogLogFormat.DenseSize)[HyperLogLogFormat.HeaderSize..];
        // What may be changed can lie elsewhere than what was found.
        sources.Replace(sources[0], (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(registers)));
        DenseRegisters.Merge(sources, registers);
    }

    [SkipLocalsInit]
    private static unsafe void CountSeveral(scoped ref CommandContext ctx)
    {
        nint* dense = stackalloc nint[FoundRegisters.MostDense];
        byte* raw = stackalloc byte[HyperLogLogFormat.Registers];
        var found = new FoundRegisters(dense, raw);
        if (!TryFind(ref ctx, ref found))
            return;
        found.MergeDense();
        Span<int> histogram = stackalloc int[64];
        histogram.Clear();
        DenseRegisters.AddToHistogram(found.Raw, histogram);
        ctx.Reply.Integer(Estimator.Estimate(histogram));
    }

    /// <summary>Finds the registers of all keys, or writes the error.</summary>
    private static bool TryFind(scoped ref CommandContext ctx, scoped ref FoundRegisters found)
    {
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            Entry entry = ctx.Find(ctx.Key(i));
            if (!HyperLogLogKey.IsHyperLogLog(ref ctx, entry))
                return false;
            if (entry.Exists && !found.TryAdd(entry.StringBytes))
            {
                HyperLogLogKey.WriteCorrupt(ref ctx);
                return false;
            }
        }
        return true;
    }

    private static int AddDense(scoped ref CommandContext ctx, scoped in Key key, ReadOnlySpan<byte> bytes, int argument)
    {
        Span<byte> writable = default;
        int changes = 0;
        for (; argument < ctx.ArgCount; argument++)
        {
            int register = ElementHash.RegisterOf(ctx.Arg(argument), out int rank);
            if (DenseRegisters.Get(bytes[HyperLogLogFormat.HeaderSize..], register) >= rank)
                continue;
            if (changes++ == 0)
            {
                bytes = writable = HyperLogLogKey.Write(ref ctx, key, HyperLogLogFormat.DenseSize);
                HyperLogLogFormat.InvalidateEstimate(writable);
            }
            DenseRegisters.Set(writable[HyperLogLogFormat.HeaderSize..], register, rank);
        }
        return changes;
    }

    [SkipLocalsInit]
    private static bool TryEstimate(ReadOnlySpan<byte> bytes, out long estimate)
    {
        Span<int> histogram = stackalloc int[64];
        histogram.Clear();
        estimate = 0;
        ReadOnlySpan<byte> registers = bytes[HyperLogLogFormat.HeaderSize..];
        if (HyperLogLogFormat.IsDense(bytes))
        {
            Span<byte> raw = stackalloc byte[HyperLogLogFormat.Registers];
            raw.Clear();
            DenseRegisters.MergeInto(registers, raw);
            DenseRegisters.AddToHistogram(raw, histogram);
        }
        else if (!SparseRegisters.TryAddToHistogram(registers, histogram))
        {
            return false;
        }
        estimate = Estimator.Estimate(histogram);
        return true;
    }
}
