using Carnelian.Storage.Snapshots;

namespace Carnelian.Storage;

/// <summary>Long strings to which others may refer as well as their key: replies, copies, snapshots. Under the lock of the key.</summary>
internal static unsafe class SharedBlocks
{
    /// <summary>Makes a string that lies in a block writable at a new length.</summary>
    /// <param name="entry">Its entry.</param>
    /// <param name="length">The new length.</param>
    /// <param name="changed">Which of its bytes will change.</param>
    /// <returns>The bytes, which nobody else sees change.</returns>
    public static Span<byte> Resize(Entry entry, int length, Range changed)
    {
        StringBlock block = entry.Block;
        if (!block.IsUnshared && ValueGuards.OfString(block.Address) is { } guard)
        {
            (int from, int count) = changed.GetOffsetAndLength(length);
            if (guard.TryResize(ref block, length, from, count))
            {
                entry.Block = block;
                return new Span<byte>(block.Data, length);
            }
        }
        if (!block.IsUnshared)
        {
            NoteLeft(block);
            StringBlock copy = StringBlock.Create(block.Length, length);
            Buffer.MemoryCopy(block.Data, copy.Data, block.Length, block.Length);
            block.Release();
            block = copy;
        }
        entry.Block = block = block.Resize(length);
        return new Span<byte>(block.Data, length);
    }

    /// <summary>A key is about to give its reference back: if a snapshot has the only other one, it has to count the bytes.</summary>
    public static void NoteLeft(StringBlock block)
    {
        if (ValueGuards.Any && block.References == 2)
            ValueGuards.OfString(block.Address)?.NoteLeft();
    }
}
