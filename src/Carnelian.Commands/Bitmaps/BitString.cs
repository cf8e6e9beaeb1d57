using Carnelian.Commands.Strings;
using Carnelian.Storage;

namespace Carnelian.Commands.Bitmaps;

/// <summary>Strings whose bits are about to be written.</summary>
internal static class BitString
{
    /// <summary>Makes the string of a key writable from a bit up to another; one that is shorter grows, and a key that does not exist is made.</summary>
    /// <returns>False if the key holds something else: the error is written.</returns>
    public static bool TryMakeWritable(scoped ref CommandContext ctx, in Key key, long firstBit, long lastBit, out Writable target)
    {
        target = default;
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return false;
        int before = StringValue.Bytes(entry, stackalloc byte[20]).Length;
        int needed = (int)(lastBit >> 3) + 1;
        bool isNew = !entry.Exists;
        if (isNew)
            ctx.Database.SetString(key, default, -1, ctx.Now);
        target = new Writable { Bytes = ctx.Database.ResizeString(key, Math.Max(before, needed), (int)(firstBit >> 3)..needed, ctx.Now), HasGrown = needed > before };
        StringValue.Created(ref ctx, key, isNew);
        return true;
    }

    /// <summary>A string to write to, until the next change of the key.</summary>
    public ref struct Writable
    {
        /// <summary>All bytes.</summary>
        public Span<byte> Bytes;

        /// <summary>Whether the string was shorter before.</summary>
        public bool HasGrown;
    }
}
