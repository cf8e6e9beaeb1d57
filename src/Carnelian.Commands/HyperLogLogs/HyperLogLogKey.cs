using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Storage;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>What the commands share on keys that hold a HyperLogLog.</summary>
internal static class HyperLogLogKey
{
    /// <summary>Whether an entry, if it exists, holds a HyperLogLog; if not, the error is written.</summary>
    public static bool IsHyperLogLog(scoped ref CommandContext ctx, Entry entry)
    {
        if (!entry.Exists)
            return true;
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return false;
        if (entry.Encoding != ValueEncoding.Integer && HyperLogLogFormat.IsValid(entry.StringBytes))
            return true;
        ctx.Reply.Error("WRONGTYPE Key is not a valid HyperLogLog string value."u8);
        return false;
    }

    /// <summary>Writes the error for registers that cannot be read.</summary>
    public static void WriteCorrupt(scoped ref CommandContext ctx) => ctx.Reply.Error("INVALIDOBJ Corrupted HLL object detected"u8);

    /// <summary>The bytes of a HyperLogLog that may be changed; a key that does not exist is made.</summary>
    /// <remarks>The string gets the encoding that a changed one has, as in Valkey before it looks whether there is something to change.</remarks>
    public static ReadOnlySpan<byte> Open(scoped ref CommandContext ctx, scoped in Key key, Entry entry)
    {
        if (!entry.Exists)
        {
            ctx.Database.SetString(key, default, -1, ctx.Now);
            Span<byte> bytes = Write(ref ctx, key, HyperLogLogFormat.EmptySize);
            HyperLogLogFormat.WriteEmpty(bytes);
            HyperLogLogFormat.InvalidateEstimate(bytes);
            ctx.Created(key);
            return bytes;
        }
        return entry.IsEmbeddedString ? Write(ref ctx, key, entry.StringBytes.Length) : entry.StringBytes;
    }

    /// <summary>The bytes of a key that holds a HyperLogLog.</summary>
    public static ReadOnlySpan<byte> Read(scoped ref CommandContext ctx, scoped in Key key) => ctx.FindForOverwrite(key).StringBytes;

    /// <summary>The bytes of a key that holds a HyperLogLog, to be changed.</summary>
    public static unsafe Span<byte> Write(scoped ref CommandContext ctx, scoped in Key key, int length)
    {
        Span<byte> bytes = ctx.Database.ResizeString(key, length, .., ctx.Now);
        // The bytes lie in native memory: they do not end with the key that they were found by.
        return new Span<byte>(Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)), length);
    }

    /// <summary>Gives a HyperLogLog six bits for each register.</summary>
    /// <returns>False if its sparse registers are corrupt; then nothing has changed.</returns>
    [SkipLocalsInit]
    public static bool TryMakeDense(scoped ref CommandContext ctx, scoped in Key key)
    {
        ReadOnlySpan<byte> bytes = Read(ref ctx, key);
        if (HyperLogLogFormat.IsDense(bytes))
            return true;
        Span<byte> raw = stackalloc byte[HyperLogLogFormat.Registers];
        raw.Clear();
        if (!SparseRegisters.TryMergeInto(bytes[HyperLogLogFormat.HeaderSize..], raw))
            return false;
        WriteDense(ref ctx, key, raw);
        return true;
    }

    /// <summary>Replaces all registers by dense ones.</summary>
    public static void WriteDense(scoped ref CommandContext ctx, scoped in Key key, scoped ReadOnlySpan<byte> raw)
    {
        Span<byte> bytes = Write(ref ctx, key, HyperLogLogFormat.DenseSize);
        HyperLogLogFormat.SetDense(bytes);
        DenseRegisters.Pack(raw, bytes[HyperLogLogFormat.HeaderSize..]);
    }
}
