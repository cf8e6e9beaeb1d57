using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>
/// Changes of several registers of a sparse HyperLogLog: made on a copy with room to grow and written back once. When the registers
/// become too many or too high for it, the HyperLogLog becomes dense and the rest is the caller's.
/// </summary>
internal static unsafe class SparseEdit
{
    private const int StackBytes = 4096;

    /// <summary>Adds elements.</summary>
    /// <param name="ctx">The command, whose arguments the elements are.</param>
    /// <param name="key">The key, which holds a sparse HyperLogLog.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="argument">The first element.</param>
    /// <returns>Where it ended, and how many registers have changed.</returns>
    public static Result Add(scoped ref CommandContext ctx, scoped in Key key, ReadOnlySpan<byte> bytes, int argument) =>
        Run(ref ctx, key, bytes, argument, ctx.ArgCount, default);

    /// <summary>Raises registers to raw ones.</summary>
    public static Result Merge(scoped ref CommandContext ctx, scoped in Key key, ReadOnlySpan<byte> bytes, scoped ReadOnlySpan<byte> raw) =>
        Run(ref ctx, key, bytes, 0, raw.Length, raw);

    [SkipLocalsInit]
    private static Result Run(scoped ref CommandContext ctx, scoped in Key key, ReadOnlySpan<byte> bytes, int from, int to, scoped ReadOnlySpan<byte> raw)
    {
        int length = bytes.Length;
        long most = Math.Max(length, ctx.Services.Limits.SparseHyperLogLogBytes);
        long capacity = Math.Min(most, length + ((long)(to - from) * SparseRegisters.MostGrowth)) + 1;
        if (capacity <= StackBytes)
        {
            Span<byte> room = stackalloc byte[StackBytes];
            return Run(ref ctx, key, bytes, from, to, raw, room);
        }
        byte* memory = NativeHeap.Allocate((nuint)capacity);
        Result result = Run(ref ctx, key, bytes, from, to, raw, new Span<byte>(memory, (int)capacity));
        NativeHeap.Free(memory);
        return result;
    }

    private static Result Run(scoped ref CommandContext ctx, scoped in Key key, ReadOnlySpan<byte> bytes, int from, int to, scoped ReadOnlySpan<byte> raw, scoped Span<byte> room)
    {
        bytes.CopyTo(room);
        var registers = new SparseRegisters(room[HyperLogLogFormat.HeaderSize..], bytes.Length - HyperLogLogFormat.HeaderSize);
        long most = ctx.Services.Limits.SparseHyperLogLogBytes - HyperLogLogFormat.HeaderSize;
        var outcome = SparseRegisters.Outcome.Unchanged;
        int changes = 0;
        int next = from;
        for (; next < to; next++)
        {
            int rank, register = next;
            if (!raw.IsEmpty)
                rank = raw[next];
            else
                register = ElementHash.RegisterOf(ctx.Arg(next), out rank);
            if (rank == 0)
                continue;
            outcome = registers.Raise(register, rank, most);
            if (outcome > SparseRegisters.Outcome.Changed)
                break;
            if (outcome == SparseRegisters.Outcome.Changed)
                changes++;
        }
        if (changes > 0)
        {
            HyperLogLogFormat.InvalidateEstimate(room);
            int length = HyperLogLogFormat.HeaderSize + registers.Length;
            room[..length].CopyTo(HyperLogLogKey.Write(ref ctx, key, length));
        }
        bool isCorrupt = outcome == SparseRegisters.Outcome.Corrupt
            || (outcome == SparseRegisters.Outcome.TooLarge && !HyperLogLogKey.TryMakeDense(ref ctx, key));
        return new Result(next, changes, isCorrupt);
    }

    /// <summary>What a change of registers came to.</summary>
    /// <param name="Next">The first element or register that is not in yet; if there is one, the HyperLogLog is dense now.</param>
    /// <param name="Changes">How many registers have changed.</param>
    /// <param name="IsCorrupt">Whether the runs could not be read.</param>
    public readonly record struct Result(int Next, int Changes, bool IsCorrupt);
}
