using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Snapshots;

namespace Carnelian.Storage.Streams;

/// <summary>
/// A stream: entries ordered by id in blocks, and the groups that read it. Refers to native memory, which an entry of the keyspace owns.
/// </summary>
/// <remarks>
/// Invariants: the key of a block in the index is the id of the entry that it was made for; entries have ids greater than all in blocks before; only
/// the last block's memory may be larger than its pack; a block of which all entries were deleted by <see cref="Delete(StreamId)"/> is gone.
/// </remarks>
public readonly unsafe struct StreamValue
{
    /// <summary>No entry and no block is larger, in bytes.</summary>
    public const long MostBlockBytes = ListPack.MostBytes;

    private readonly Fields* _fields;

    /// <summary>Refers to a stream by its address.</summary>
    public StreamValue(byte* address) => _fields = (Fields*)address;

    /// <summary>Whether this refers to anything.</summary>
    public bool Exists => _fields != null;

    /// <summary>Where the stream lies.</summary>
    public byte* Address => (byte*)_fields;

    /// <summary>The number of entries.</summary>
    public long Length => _fields->Length;

    /// <summary>The number of blocks.</summary>
    public long BlockCount => _fields->Blocks.Count;

    /// <summary>The greatest id that an entry ever had.</summary>
    public StreamId LastId
    {
        get => _fields->LastId;
        set => _fields->LastId = value;
    }

    /// <summary>The id of the first entry; 0-0 if there is none.</summary>
    public StreamId FirstId => _fields->FirstId;

    /// <summary>The id of the first entry of the first block, be it one that was deleted; the greatest id there is if there is no block.</summary>
    public StreamId FirstRecordedId => Blocks.AtOrAfter(default) is { Exists: true } at ? StreamCursor.EdgeOf(at, isLast: false) : StreamId.Max;

    /// <summary>The greatest id of an entry that was deleted one by one.</summary>
    public StreamId MaxDeletedId
    {
        get => _fields->MaxDeletedId;
        set => _fields->MaxDeletedId = value;
    }

    /// <summary>How many entries were ever added.</summary>
    public ulong EntriesAdded
    {
        get => _fields->EntriesAdded;
        set => _fields->EntriesAdded = value;
    }

    internal ref OrderedTree<StreamId> Blocks => ref Unsafe.AsRef<OrderedTree<StreamId>>(&_fields->Blocks);

    // --- entries --------------------------------------------------------------------------------------------------

    /// <summary>Adds an entry.</summary>
    /// <param name="id">Its id, greater than <see cref="LastId"/>.</param>
    /// <param name="fields">Its fields.</param>
    /// <param name="mostBytes">A block gets no further entry that would make it larger; 0 = <see cref="MostBlockBytes"/>.</param>
    /// <param name="mostEntries">A block gets no further entry if it has so many; 0 = no limit.</param>
    /// <returns>False if the entry is too large.</returns>
    public bool TryAdd<TFields>(StreamId id, in TFields fields, long mostBytes, long mostEntries) where TFields : IFieldSource, allows ref struct
    {
        long total = 0;
        for (int i = 0; i < 2 * fields.Count; i++)
            total += fields[i].Length;
        if (total + 20L * fields.Count > MostBlockBytes - 128)
            return false;
        if (mostBytes <= 0 || mostBytes > MostBlockBytes)
            mostBytes = MostBlockBytes;

        OrderedTree<StreamId>.Position last = _fields->Blocks.Last;
        StreamBlock block = default;
        if (last.Exists)
        {
            block = new StreamBlock(last.Value);
            if (block.Bytes + total >= mostBytes || (mostEntries > 0 && block.Live + block.Deleted >= mostEntries))
            {
                long before = block.AllocatedBytes;
                StreamBlock trimmed = block.Trim();
                last.Set(trimmed.Address);
                _fields->BlockBytes += trimmed.AllocatedBytes - before;
                // The next block will probably become as large as this one.
                block = StreamBlock.Create(fields, Math.Min(trimmed.AllocatedBytes, mostBytes));
                last = default;
            }
        }
        else
        {
            block = StreamBlock.Create(fields, 0);
        }
        if (last.Exists)
            BeforeChange(last.Key, block);
        long old = last.Exists ? block.AllocatedBytes : 0;
        block = block.Append(last.Exists ? last.Key : id, id, fields, mostBytes);
        _fields->BlockBytes += block.AllocatedBytes - old;
        if (last.Exists)
            last.Set(block.Address);
        else
            AddNewBlock(id, block);

        _fields->EntriesAdded++;
        _fields->LastId = id;
        if (++_fields->Length == 1)
            _fields->FirstId = id;
        return true;
    }

    /// <summary>A walk over the entries between two ids, both included.</summary>
    public StreamCursor Range(StreamId low, StreamId high, bool isReversed = false) => new(_fields->Blocks, low, high, isReversed);

    /// <summary>Whether there is an entry with an id.</summary>
    public bool Contains(StreamId id) => StreamCursor.TryFind(_fields->Blocks, id, out _);

    /// <summary>Deletes an entry.</summary>
    /// <returns>False if there is none.</returns>
    public bool Delete(StreamId id)
    {
        if (!StreamCursor.TryFind(_fields->Blocks, id, out StreamCursor cursor))
            return false;
        StreamBlock block = cursor.Block;
        long before = block.AllocatedBytes;
        if (block.Live == 1)
        {
            RemoveBlock(cursor.Position.Key, block);
        }
        else
        {
            BeforeChange(cursor.Position.Key, block);
            block = block.Delete(cursor.Entry);
            cursor.Position.Set(block.Address);
            _fields->BlockBytes += block.AllocatedBytes - before;
        }
        _fields->Length--;
        return true;
    }

    /// <summary>Deletes an entry for good: notes the id, and the first one that is left.</summary>
    /// <returns>False if there is none.</returns>
    public bool Remove(StreamId id)
    {
        bool isFirst = id == _fields->FirstId;
        if (!Delete(id))
            return false;
        if (id > _fields->MaxDeletedId)
            _fields->MaxDeletedId = id;
        if (isFirst)
            FindFirst();
        return true;
    }

    /// <summary>Finds the first entry anew.</summary>
    internal void FindFirst()
    {
        StreamCursor cursor = Range(default, StreamId.Max);
        _fields->FirstId = cursor.MoveNext() ? cursor.Id : default;
    }

    /// <summary>The id of the last entry that is there; 0-0 if there is none.</summary>
    public StreamId LastExistingId
    {
        get
        {
            StreamCursor cursor = Range(default, StreamId.Max, isReversed: true);
            return cursor.MoveNext() ? cursor.Id : default;
        }
    }

    /// <summary>Removes a block with its entries, which are to be subtracted from the length by the caller.</summary>
    internal void RemoveBlock(StreamId key, StreamBlock block)
    {
        _fields->Blocks.Remove(key);
        _fields->BlockBytes -= block.AllocatedBytes;
        if (ValueGuards.OfStream(Address)?.TryTakeOver(key, block) != true)
            block.Free();
    }

    /// <summary>Has a snapshot copy a block that is about to change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void BeforeChange(StreamId id, StreamBlock block)
    {
        if (ValueGuards.Any)
            ValueGuards.OfStream(Address)?.BeforeChange(id, block);
    }

    private void AddNewBlock(StreamId id, StreamBlock block)
    {
        ValueGuards.OfStream(Address)?.NoteNew(id);
        _fields->Blocks.Add(id, block.Address);
    }

    /// <summary>Subtracts entries that are gone.</summary>
    internal void Shorten(long entries) => _fields->Length -= entries;

    internal void AddBlockBytes(long change) => _fields->BlockBytes += change;

    /// <summary>Adds a block that was made elsewhere and is valid: its bytes are copied. Blocks come in the order of their keys.</summary>
    /// <param name="key">The block's id.</param>
    /// <param name="pack">The block.</param>
    /// <param name="entries">The entries in it.</param>
    public void AddBlock(StreamId key, ReadOnlySpan<byte> pack, long entries)
    {
        var block = new StreamBlock(ListPack.From(pack).Address);
        _fields->Blocks.Add(key, block.Address);
        _fields->BlockBytes += block.AllocatedBytes;
        _fields->Length += entries;
        if (_fields->FirstId.IsZero)
            FindFirst();
    }

    // --- groups ---------------------------------------------------------------------------------------------------

    /// <summary>The number of groups.</summary>
    public long GroupCount => _fields->Groups.Count;

    /// <summary>A walk over the groups, in the order of their names.</summary>
    public GroupWalk Groups => new(_fields->Groups.First);

    /// <summary>Finds a group.</summary>
    public StreamGroup FindGroup(ReadOnlySpan<byte> name)
    {
        fixed (byte* data = name)
            return new StreamGroup(_fields->Groups.Find(new NameKey(data, name.Length)));
    }

    /// <summary>Adds a group, whose name is new.</summary>
    /// <param name="name">The name.</param>
    /// <param name="lastId">What it is to have read.</param>
    /// <param name="entriesRead">How many entries that were, or <see cref="StreamGroup.Unknown"/>.</param>
    public StreamGroup AddGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        StreamGroup group = StreamGroup.Create(name, lastId, entriesRead);
        _fields->Groups.Add(group.Key, group.Address);
        return group;
    }

    /// <summary>Removes a group.</summary>
    public void RemoveGroup(StreamGroup group)
    {
        _fields->Groups.Remove(group.Key);
        group.Free();
    }

    /// <summary>Whether a group has an entry still to read, or pending.</summary>
    public bool IsReferenced(StreamId id)
    {
        for (GroupWalk walk = Groups; walk.MoveNext();)
        {
            if (walk.Group.LastId < id || walk.Group.FindPending(id).Exists)
                return true;
        }
        return false;
    }

    /// <summary>Removes an entry from the pending entries of all groups.</summary>
    /// <returns>Whether it was in any.</returns>
    public bool RemoveReferences(StreamId id)
    {
        bool found = false;
        for (GroupWalk walk = Groups; walk.MoveNext();)
            found |= walk.Group.RemovePending(id);
        return found;
    }

    // --- how far one has read -------------------------------------------------------------------------------------

    /// <summary>How many entries were added up to an id in the stream's life; <see cref="StreamGroup.Unknown"/> where deleted entries make that uncertain.</summary>
    public long CountAddedUpTo(StreamId id)
    {
        if (_fields->EntriesAdded == 0)
            return 0;
        if (_fields->Length == 0 && id <= _fields->LastId)
            return (long)_fields->EntriesAdded;
        if (!id.IsZero && id < _fields->MaxDeletedId)
            return StreamGroup.Unknown;
        if (id == _fields->LastId)
            return (long)_fields->EntriesAdded;
        if (id > _fields->LastId)
            return StreamGroup.Unknown;
        if (_fields->MaxDeletedId.IsZero || _fields->MaxDeletedId < _fields->FirstId)
        {
            if (id < _fields->FirstId)
                return (long)_fields->EntriesAdded - _fields->Length;
            if (id == _fields->FirstId)
                return (long)_fields->EntriesAdded - _fields->Length + 1;
        }
        return StreamGroup.Unknown;
    }

    /// <summary>Whether entries between two ids may have been deleted.</summary>
    public bool MayHaveGaps(StreamId low, StreamId high) =>
        _fields->Length != 0 && !_fields->MaxDeletedId.IsZero && low <= _fields->MaxDeletedId && _fields->MaxDeletedId <= high;

    /// <summary>How many entries a group has not read yet, if that is known.</summary>
    public bool TryLag(StreamGroup group, out long lag)
    {
        lag = 0;
        if (_fields->EntriesAdded == 0)
            return true;
        long read = group.EntriesRead;
        if (read == StreamGroup.Unknown || MayHaveGaps(group.LastId, StreamId.Max))
            read = CountAddedUpTo(group.LastId);
        lag = (long)_fields->EntriesAdded - read;
        return read != StreamGroup.Unknown;
    }

    // --- idempotent production ------------------------------------------------------------------------------------

    /// <summary>The ids by which producers mark their entries; none before the first is used.</summary>
    public IdempotencyMap Idempotency => new(_fields->Idempotency);

    /// <summary>As <see cref="Idempotency"/>, and made if there is none.</summary>
    public IdempotencyMap GetIdempotency(long seconds, long mostIds)
    {
        if (_fields->Idempotency == null)
            _fields->Idempotency = IdempotencyMap.Create(seconds, mostIds).Address;
        return new IdempotencyMap(_fields->Idempotency);
    }

    // --- memory ---------------------------------------------------------------------------------------------------

    /// <summary>Makes a stream without entries.</summary>
    public static StreamValue Create()
    {
        var fields = (Fields*)NativeHeap.Allocate((nuint)sizeof(Fields));
        *fields = default;
        return new StreamValue((byte*)fields);
    }

    /// <summary>Makes a copy that shares nothing with the original.</summary>
    public StreamValue Copy()
    {
        StreamValue copy = Create();
        *copy._fields = *_fields;
        copy._fields->Blocks = default;
        copy._fields->Groups = default;
        copy._fields->Idempotency = null;
        copy._fields->BlockBytes = 0;
        for (OrderedTree<StreamId>.Position at = _fields->Blocks.First; at.Exists; at.MoveNext())
        {
            var block = new StreamBlock(new ListPack(at.Value).Copy().Address);
            copy._fields->Blocks.Add(at.Key, block.Address);
            copy._fields->BlockBytes += block.AllocatedBytes;
        }
        for (GroupWalk walk = Groups; walk.MoveNext();)
        {
            StreamGroup group = walk.Group.Copy();
            copy._fields->Groups.Add(group.Key, group.Address);
        }
        if (_fields->Idempotency != null)
            copy._fields->Idempotency = Idempotency.Copy().Address;
        return copy;
    }

    /// <summary>The memory that all of it occupies, in bytes.</summary>
    /// <param name="samples">How many groups to look at; 0 means all.</param>
    public long CountBytes(long samples)
    {
        long bytes = (long)NativeHeap.UsableSize(Address) + _fields->Blocks.Bytes + _fields->BlockBytes + _fields->Groups.Bytes;
        long groups = 0, groupBytes = 0;
        for (GroupWalk walk = Groups; (samples == 0 || groups < samples) && walk.MoveNext(); groups++)
            groupBytes += walk.Group.AllocatedBytes;
        if (groups != 0)
            bytes += (long)((double)groupBytes / groups * GroupCount);
        return bytes + (_fields->Idempotency == null ? 0 : Idempotency.AllocatedBytes);
    }

    /// <summary>Moves some blocks of entries out of spans that are nearly empty. The index and what belongs to groups stays.</summary>
    /// <param name="next">The id from which on to look at blocks; on return that of the next.</param>
    /// <param name="relocator">Moves blocks.</param>
    /// <returns>Whether the last block is done.</returns>
    internal bool Relocate(ref StreamId next, Relocator relocator)
    {
        OrderedTree<StreamId>.Position at = _fields->Blocks.AtOrAfter(next);
        for (long end = relocator.Looked + Relocator.StepBlocks; at.Exists && relocator.Looked < end; at.MoveNext())
            at.Set(relocator.Move(at.Value));
        if (at.Exists)
            next = at.Key;
        return !at.Exists;
    }

    /// <summary>How many allocations there are, about.</summary>
    public long FreeEffort
    {
        get
        {
            long effort = BlockCount;
            OrderedTree<NameKey>.Position first = _fields->Groups.First;
            if (first.Exists)
                effort += GroupCount * (1 + new StreamGroup(first.Value).PendingCount);
            return effort;
        }
    }

    /// <summary>Frees all of it; a stream that a snapshot still saves is left to that.</summary>
    public void Free()
    {
        if (ValueGuards.TryLeave(Address))
            return;
        for (OrderedTree<StreamId>.Position at = _fields->Blocks.First; at.Exists; at.MoveNext())
            NativeHeap.Free(at.Value);
        _fields->Blocks.Clear();
        for (GroupWalk walk = Groups; walk.MoveNext();)
            walk.Group.Free();
        _fields->Groups.Clear();
        if (_fields->Idempotency != null)
            Idempotency.Free();
        NativeHeap.Free(Address);
    }

    /// <summary>How many nodes a compressed radix tree with the blocks' ids has, big-endian and byte by byte: what XINFO tells.</summary>
    public long CountRadixNodes()
    {
        OrderedTree<StreamId>.Position at = _fields->Blocks.First;
        if (!at.Exists)
            return 1;
        // Branch points on the way to the present key, by their depth in bytes.
        Span<int> branches = stackalloc int[sizeof(StreamId)];
        int open = 0;
        long nodes = 0;
        StreamId previous = at.Key;
        for (at.MoveNext(); at.Exists; at.MoveNext())
        {
            StreamId id = at.Key;
            ulong difference = previous.Milliseconds ^ id.Milliseconds;
            int depth = difference != 0 ? BitOperations.LeadingZeroCount(difference) / 8 : 8 + BitOperations.LeadingZeroCount(previous.Sequence ^ id.Sequence) / 8;
            nodes += Nodes(Math.Max(open == 0 ? -1 : branches[open - 1], depth), sizeof(StreamId));
            while (open > 0 && branches[open - 1] > depth)
            {
                open--;
                nodes += Nodes(Math.Max(open == 0 ? -1 : branches[open - 1], depth), branches[open]);
            }
            if (open == 0 || branches[open - 1] < depth)
                branches[open++] = depth;
            previous = id;
        }
        nodes += Nodes(open == 0 ? -1 : branches[open - 1], sizeof(StreamId));
        for (; open > 0; open--)
            nodes += Nodes(open == 1 ? -1 : branches[open - 2], branches[open - 1]);
        return nodes;

        // A node, and one for the bytes between it and the branch above that have no branch of their own.
        static long Nodes(int parent, int depth) => depth > parent + 1 ? 2 : 1;
    }

    /// <summary>Checks the invariants. For tests.</summary>
    /// <exception cref="InvalidOperationException">One does not hold.</exception>
    internal void Verify()
    {
        _fields->Blocks.Verify();
        _fields->Groups.Verify();
        long bytes = 0, length = 0, live = 0;
        for (OrderedTree<StreamId>.Position at = _fields->Blocks.First; at.Exists; at.MoveNext())
        {
            var block = new StreamBlock(at.Value);
            bytes += block.AllocatedBytes;
            live += block.Live;
            if (!StreamBlockCheck.IsValid(block.Pack.AsSpan(), isDeep: true))
                throw new InvalidOperationException("A block is not valid.");
        }
        StreamId previous = default;
        for (StreamCursor cursor = Range(default, StreamId.Max); cursor.MoveNext(); length++)
        {
            if (cursor.Id <= previous || (length == 0 && cursor.Id != FirstId))
                throw new InvalidOperationException("Entries are not in order.");
            previous = cursor.Id;
        }
        if (bytes != _fields->BlockBytes || length != Length || live != Length || previous > LastId || (length == 0 && !FirstId.IsZero))
            throw new InvalidOperationException("The stream's totals are wrong.");
        for (GroupWalk walk = Groups; walk.MoveNext();)
            walk.Group.Verify();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Fields
    {
        public OrderedTree<StreamId> Blocks;
        public OrderedTree<NameKey> Groups;
        public long Length;
        public long BlockBytes;
        public StreamId LastId;
        public StreamId FirstId;
        public StreamId MaxDeletedId;
        public ulong EntriesAdded;
        public byte* Idempotency;
    }
}
