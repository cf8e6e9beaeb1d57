namespace Carnelian.Storage.Streams;

/// <summary>
/// Shortens a stream from its beginning: whole blocks as long as nothing in them is to be kept, then, unless approximately will do, single entries.
/// Which blocks may go, and when to stop, is as in Valkey, so that replies and lengths agree with it.
/// </summary>
public static unsafe class StreamTrimmer
{
    /// <summary>Shortens a stream.</summary>
    /// <returns>The number of entries that are gone.</returns>
    public static long Trim(StreamValue stream, in StreamTrim trim)
    {
        if (!trim.IsById && stream.Length <= trim.MostEntries)
            return 0;
        bool keepsReferences = trim.References == ReferencePolicy.Keep || stream.GroupCount == 0;
        long removed = 0;
        StreamId from = default;
        while (true)
        {
            OrderedTree<StreamId>.Position at = stream.Blocks.AtOrAfter(from);
            if (!at.Exists || (!trim.IsById && stream.Length <= trim.MostEntries))
                break;
            StreamId key = at.Key;
            var block = new StreamBlock(at.Value);
            long live = block.Live;
            if (trim.Limit != 0 && removed + live > trim.Limit)
                break;
            bool isWhole = trim.IsById ? StreamCursor.EdgeOf(at, isLast: true) < trim.LeastId : stream.Length - live >= trim.MostEntries;
            if (isWhole && (keepsReferences || MayGo(stream, at, trim.References)))
            {
                stream.RemoveBlock(key, block);
                stream.Shorten(live);
                removed += live;
                continue;
            }
            if (!trim.IsApproximate)
                removed += RemoveSome(stream, at, trim, keepsReferences);
            // A block with entries that groups still need stays, and those behind it may go.
            bool goesOn = !keepsReferences && (isWhole || (!trim.IsById && !trim.IsApproximate));
            if (!goesOn || !key.TryNext(out from))
                break;
        }
        if (removed != 0)
            stream.FindFirst();
        return removed;
    }

    /// <summary>Whether no group needs any entry of a block; references that are to go with it are removed.</summary>
    private static bool MayGo(StreamValue stream, OrderedTree<StreamId>.Position at, ReferencePolicy policy)
    {
        var cursor = StreamCursor.OfBlock(at);
        while (cursor.MoveNext())
        {
            if (policy == ReferencePolicy.Delete)
                stream.RemoveReferences(cursor.Id);
            else if (stream.IsReferenced(cursor.Id))
                return false;
        }
        return true;
    }

    private static long RemoveSome(StreamValue stream, OrderedTree<StreamId>.Position at, in StreamTrim trim, bool keepsReferences)
    {
        long removed = 0;
        var cursor = StreamCursor.OfBlock(at);
        while (cursor.MoveNext())
        {
            if (trim.IsById ? cursor.Id >= trim.LeastId : stream.Length <= trim.MostEntries)
                break;
            if (!keepsReferences)
            {
                if (trim.References == ReferencePolicy.Delete)
                    stream.RemoveReferences(cursor.Id);
                else if (stream.IsReferenced(cursor.Id))
                    continue;
            }
            if (removed == 0)
                stream.BeforeChange(at.Key, cursor.Block);
            StreamBlock.MarkDeleted(cursor.Entry);
            stream.Shorten(1);
            removed++;
        }
        if (removed == 0)
            return 0;
        StreamBlock block = cursor.Block;
        if (block.Live == removed && !keepsReferences)
        {
            stream.RemoveBlock(at.Key, block);
            return removed;
        }
        long before = block.AllocatedBytes;
        block = block.Count(-removed, removed);
        at.Set(block.Address);
        stream.AddBlockBytes(block.AllocatedBytes - before);
        return removed;
    }
}
