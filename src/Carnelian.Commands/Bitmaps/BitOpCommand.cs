using System.Runtime.CompilerServices;
using Carnelian.Commands.Strings;
using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Bitmaps;

/// <summary>BITOP: strings combined bit by bit into another key.</summary>
public static unsafe class BitOpCommand
{
    private const int SourcesOnStack = 16;

    [Command("BITOP", Arity = -4, Group = CommandGroup.Bitmap, Since = "2.6.0", Complexity = "O(N)",
        Summary = "Combines strings bit by bit and stores the result.",
        Flags = Write | DenyOom,
        Keys = """
            OW update @2
            RO access @3..-1
            """,
        Arguments = "operation(AND | OR | XOR | NOT), destkey:key, key:key@1...")]
    public static void BitOp(scoped ref CommandContext ctx)
    {
        if (!TryReadOperation(ref ctx, out BitOperation operation))
            return;
        int count = ctx.ArgCount - 3;
        BitSource* sources = stackalloc BitSource[SourcesOnStack];
        if (count <= SourcesOnStack)
        {
            Combine(ref ctx, operation, new Span<BitSource>(sources, count));
            return;
        }
        sources = (BitSource*)NativeHeap.Allocate((nuint)count * (nuint)sizeof(BitSource));
        Combine(ref ctx, operation, new Span<BitSource>(sources, count));
        NativeHeap.Free((byte*)sources);
    }

    private static bool TryReadOperation(scoped ref CommandContext ctx, out BitOperation operation)
    {
        if (ctx.ArgIs(1, "and"u8))
            operation = BitOperation.And;
        else if (ctx.ArgIs(1, "or"u8))
            operation = BitOperation.Or;
        else if (ctx.ArgIs(1, "xor"u8))
            operation = BitOperation.Xor;
        else if (ctx.ArgIs(1, "not"u8))
            operation = BitOperation.Not;
        else if (ctx.ArgIs(1, "diff"u8))
            operation = BitOperation.Diff;
        else if (ctx.ArgIs(1, "diff1"u8))
            operation = BitOperation.Diff1;
        else if (ctx.ArgIs(1, "andor"u8))
            operation = BitOperation.AndOr;
        else if (ctx.ArgIs(1, "one"u8))
            operation = BitOperation.One;
        else
        {
            operation = default;
            ctx.WriteSyntaxError();
            return false;
        }
        if (operation == BitOperation.Not && ctx.ArgCount != 4)
        {
            ctx.Reply.Error("ERR BITOP NOT must be called with a single source key."u8);
            return false;
        }
        if (operation is BitOperation.Diff or BitOperation.Diff1 or BitOperation.AndOr && ctx.ArgCount < 5)
        {
            ReadOnlySpan<byte> name = operation == BitOperation.Diff ? "DIFF"u8 : operation == BitOperation.Diff1 ? "DIFF1"u8 : "ANDOR"u8;
            ctx.Reply.Error("ERR BITOP "u8, name, " must be called with at least two source keys."u8);
            return false;
        }
        return true;
    }

    private static void Combine(scoped ref CommandContext ctx, BitOperation operation, Span<BitSource> sources)
    {
        int longest = 0;
        for (int i = 0; i < sources.Length; i++)
        {
            Entry entry = ctx.Find(ctx.Key(i + 3));
            if (!ctx.HasType(entry, Storage.ValueType.String))
                return;
            ref BitSource source = ref sources[i];
            ReadOnlySpan<byte> bytes = StringValue.Bytes(entry, source.DigitRoom);
            source.Data = (byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in System.Runtime.InteropServices.MemoryMarshal.GetReference(bytes)));
            source.Length = bytes.Length;
            longest = Math.Max(longest, bytes.Length);
        }
        Key target = ctx.Key(2);
        if (longest == 0)
        {
            if (ctx.Database.Delete(target, ctx.Now, ctx.Services.LazyServerDelete))
                ctx.Modified(target, NotificationClass.Generic, "del"u8);
        }
        else
        {
            Store(ref ctx, target, operation, sources, longest);
        }
        ctx.Reply.Integer(longest);
    }

    private static void Store(scoped ref CommandContext ctx, in Key key, BitOperation operation, ReadOnlySpan<BitSource> sources, int length)
    {
        Entry old = ctx.FindForOverwrite(key);
        bool isNew = !old.Exists;
        ctx.Replacing(key, Storage.ValueType.String);
        if (CanWriteInPlace(old, length))
        {
            BitCombination.Combine(operation, sources, ctx.Database.ResizeString(key, length, .., ctx.Now));
            if (old.HasDeadline)
                ctx.Database.SetDeadline(key, -1);
        }
        else if (length > Entry.InlineLimit)
        {
            StringBlock block = StringBlock.Create(length, length);
            BitCombination.Combine(operation, sources, new Span<byte>(block.Data, length));
            ctx.Database.SetBlock(key, block, -1, ctx.Now);
        }
        else
        {
            // The target may be one of the sources.
            Span<byte> result = stackalloc byte[length];
            BitCombination.Combine(operation, sources, result);
            ctx.Database.SetBytes(key, result, -1, ctx.Now);
            ctx.Database.ResizeString(key, length, .., ctx.Now);
        }
        StringValue.Created(ref ctx, key, isNew);
        ctx.Modified(key, NotificationClass.String, "set"u8);
    }

    /// <summary>Whether the memory of the value that is overwritten serves the new one. Nothing moves then, so the target may be a source.</summary>
    private static bool CanWriteInPlace(Entry old, int length)
    {
        if (!old.Exists || old.Type != Storage.ValueType.String || old.Encoding != ValueEncoding.Block)
            return false;
        StringBlock block = old.Block;
        return block.IsUnshared && length <= block.Capacity && length >= block.Capacity / 2 && length > Entry.InlineLimit;
    }
}
