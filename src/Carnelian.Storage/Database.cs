using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage.Snapshots;
using Carnelian.Storage.Waits;
using Carnelian.Text;

namespace Carnelian.Storage;

/// <summary>
/// One numbered database: a table and an expiry index in every shard.
/// </summary>
/// <remarks>
/// Every method that takes a key expects the lock of the key's shard; those on the whole say what they expect. An
/// <see cref="Entry"/> that a method returned is valid until the next change of the same key or the release of the lock.
/// </remarks>
public sealed unsafe class Database : IDisposable
{
    /// <summary>A collection of more allocations is freed in the background where that is asked for.</summary>
    private const long LeastLazyEffort = 64;

    /// <summary>A collection of more allocations is freed in the background, asked for or not: no unit is held up by it.</summary>
    private const long LeastBackgroundEffort = 4096;

    private readonly Keyspace _keyspace;
    private readonly ulong _shardMask;
    private DatabasePart* _parts;

    internal Database(Keyspace keyspace, int index)
    {
        _keyspace = keyspace;
        _shardMask = (ulong)keyspace.ShardCount - 1;
        Waits = new DatabaseWaits(this);
        Index = index;
    }

    /// <summary>The number of the database. SWAPDB changes it.</summary>
    public int Index { get; internal set; }

    /// <summary>The number that the database had at the cut of the last snapshot.</summary>
    internal int SnapshotIndex { get; set; }

    /// <summary>The keyspace that it belongs to.</summary>
    public Keyspace Keyspace => _keyspace;

    /// <summary>Whether anybody watches keys in the key's part.</summary>
    public bool HasWatchedKeys(in Key key) => _parts != null && _parts[key.Hash & _shardMask].WatchedKeys != 0;

    /// <summary>Those who wait for keys of the database.</summary>
    public DatabaseWaits Waits { get; }

    /// <summary>The number of keys, expired ones that are still there included. Without a lock: may be a moment old.</summary>
    public long Count => Sum(static part => part->Table.Count);

    /// <summary>The number of keys with a deadline.</summary>
    public long VolatileCount => Sum(static part => part->Expiry.Count);

    /// <summary>The number of hashes with fields that have a deadline.</summary>
    public long VolatileHashCount => Sum(static part => part->FieldExpiry.Count);

    /// <summary>The bytes of the tables, without the entries.</summary>
    public long TableBytes => Sum(static part => part->Table.Bytes);

    /// <summary>The bytes of the expiry indexes.</summary>
    public long ExpiryBytes => Sum(static part => part->Expiry.Bytes + part->FieldExpiry.Bytes);

    /// <summary>Lookups that found their key.</summary>
    public long Hits => Sum(static part => part->Hits);

    /// <summary>Lookups that did not.</summary>
    public long Misses => Sum(static part => part->Misses);

    /// <summary>Whether the database was ever written to.</summary>
    public bool HasParts => _parts != null;

    /// <summary>The part of a shard, for walks and statistics; null while the database was never written to.</summary>
    public DatabasePart* PartAt(int shard) => _parts == null ? null : _parts + shard;

    /// <summary>Whether anybody watches keys in the key's part, or waits for some.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasObservedKeys(in Key key)
    {
        DatabasePart* parts = _parts;
        return parts != null && parts[key.Hash & _shardMask].HasObservedKeys;
    }

    /// <summary>Changes the number of watched keys of a part. Under the lock of the key's shard.</summary>
    /// <param name="hash">The hash of the key that is watched, or not any more.</param>
    /// <param name="change">1 or -1.</param>
    public void AddWatchedKeys(ulong hash, int change) => PartOf(hash)->WatchedKeys += change;

    /// <summary>Exchanges the numbers of watched keys with another database. Under all locks.</summary>
    public void SwapWatchedKeys(Database other)
    {
        if (_parts == null && other._parts == null)
            return;
        DatabasePart* mine = PartOf(0);
        DatabasePart* theirs = other.PartOf(0);
        for (int i = 0; i < _keyspace.ShardCount; i++)
            (mine[i].WatchedKeys, theirs[i].WatchedKeys) = (theirs[i].WatchedKeys, mine[i].WatchedKeys);
    }

    // --- prefetch -------------------------------------------------------------------------------------------------

    /// <summary>Starts to load what tells where the bucket of a key is. Needs no lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchSlot(ulong hash)
    {
        DatabasePart* parts = _parts;
        if (parts != null)
            parts[hash & _shardMask].Table.PrefetchSlot(hash);
    }

    /// <summary>Starts to load the bucket of a key. Needs no lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(ulong hash)
    {
        DatabasePart* parts = _parts;
        if (parts != null)
            parts[hash & _shardMask].Table.PrefetchBucket(hash);
    }

    /// <summary>Starts to load the entries that a lookup of a key will compare. Needs no lock.</summary>
    /// <returns>Whether <see cref="PrefetchStashed"/> is worth while.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool PrefetchEntry(ulong hash)
    {
        DatabasePart* parts = _parts;
        return parts != null && parts[hash & _shardMask].Table.PrefetchRecords(hash);
    }

    /// <summary>Starts to load what <see cref="PrefetchEntry"/> could not yet. Needs no lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchStashed(ulong hash)
    {
        DatabasePart* parts = _parts;
        if (parts != null)
            parts[hash & _shardMask].Table.PrefetchStashed(hash);
    }

    // --- lookup ---------------------------------------------------------------------------------------------------

    /// <summary>Looks a key up. An expired one is removed and counts as absent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Entry Find(in Key key, long now, LookupFlags flags = LookupFlags.None)
    {
        DatabasePart* part = _parts;
        if (part == null)
            part = CreateParts();
        part += key.Hash & _shardMask;
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        if (slot == null)
        {
            if ((flags & LookupFlags.NoStatistics) == 0)
                part->Misses++;
            return default;
        }
        var entry = new Entry(*slot);
        if (entry.HasDeadline && entry.Deadline < now && !Outlives(part, slot, key, flags))
        {
            if ((flags & LookupFlags.NoStatistics) == 0)
                part->Misses++;
            return default;
        }
        if ((flags & LookupFlags.NoTouch) == 0)
            _keyspace.Access.Touch(entry, now);
        if ((flags & LookupFlags.NoStatistics) == 0)
            part->Hits++;
        return entry;
    }

    /// <summary>Looks a key up for a change: no statistics, but an access.</summary>
    public Entry FindForWrite(in Key key, long now) => Find(key, now, LookupFlags.NoStatistics);

    /// <summary>Looks a key up without any effect; an expired one counts as absent and stays.</summary>
    public Entry Peek(in Key key, long now)
    {
        if (_parts == null)
            return default;
        byte** slot = PartOf(key.Hash)->Table.Find(key.Data, key.Length, key.Hash);
        if (slot == null)
            return default;
        var entry = new Entry(*slot);
        return entry.HasDeadline && entry.Deadline < now ? default : entry;
    }

    // --- strings --------------------------------------------------------------------------------------------------

    /// <summary>Sets a key to a string, whatever it held.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The string; one that is the canonical form of a 64-bit integer is kept as such.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for a key that does not expire.</param>
    /// <param name="now">The time of the unit.</param>
    public void SetString(in Key key, ReadOnlySpan<byte> value, long deadline, long now)
    {
        if (value.Length <= 20 && AsciiNumber.TryParseInt64(value, out long integer))
        {
            SetInteger(key, integer, deadline, now);
            return;
        }
        SetBytes(key, value, deadline, now);
    }

    /// <summary>As <see cref="SetString"/>, but digits stay text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetBytes(in Key key, ReadOnlySpan<byte> value, long deadline, long now)
    {
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        if (slot == null)
        {
            AddEntry(part, key, Entry.CreateString(key, value, deadline), now);
            return;
        }
        var old = new Entry(*slot);
        if (value.Length <= Entry.InlineLimit && OwnsNothing(old) && old.HasDeadline == deadline >= 0 && old.FitsInPlace(value.Length))
        {
            DueKeys.NoteOverwritten(this, old, key, now);
            UpdateDeadline(part, key, old, deadline);
            old.SetInPlace(ValueType.String, ValueEncoding.Inline, value.Length, isRaw: false);
            fixed (byte* bytes = value)
                Entry.Copy(bytes, old.ValueData, value.Length);
            old.AccessBits = _keyspace.Access.Renewed(old, now);
            return;
        }
        Entry entry = Entry.CreateString(key, value, deadline);
        if (old.HasDeadline)
            entry.ReplacesDeadline();
        ReplaceEntry(part, slot, key, entry, now);
    }

    /// <summary>Sets a key to a long string, whatever it held, without a copy.</summary>
    /// <param name="key">The key.</param>
    /// <param name="block">The string; its reference is taken over. No one changes it while there are others.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for a key that does not expire.</param>
    /// <param name="now">The time of the unit.</param>
    public void SetBlock(in Key key, StringBlock block, long deadline, long now)
    {
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        Entry entry = Entry.CreateBlock(key, block, deadline);
        if (slot == null)
        {
            AddEntry(part, key, entry, now);
            return;
        }
        if (new Entry(*slot).HasDeadline)
            entry.ReplacesDeadline();
        ReplaceEntry(part, slot, key, entry, now);
    }

    /// <summary>Sets a key to an integer, whatever it held.</summary>
    public void SetInteger(in Key key, long value, long deadline, long now)
    {
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        if (slot == null)
        {
            AddEntry(part, key, Entry.CreateInteger(key, value, deadline), now);
            return;
        }
        var old = new Entry(*slot);
        if (OwnsNothing(old) && old.HasDeadline == deadline >= 0 && old.FitsInPlace(sizeof(long)))
        {
            DueKeys.NoteOverwritten(this, old, key, now);
            UpdateDeadline(part, key, old, deadline);
            old.SetInPlace(ValueType.String, ValueEncoding.Integer, sizeof(long), isRaw: false);
            old.Integer = value;
            old.AccessBits = _keyspace.Access.Renewed(old, now);
            return;
        }
        ReplaceEntry(part, slot, key, Entry.CreateInteger(key, value, deadline), now);
    }

    /// <summary>Changes the integer of an entry that holds one, in place.</summary>
    public static void UpdateInteger(Entry entry, long value) => entry.Integer = value;

    /// <summary>
    /// Makes a string writable at a new length, keeping its deadline: integers become digits, shared bytes are copied, new
    /// bytes are zero. The encoding is raw from then on.
    /// </summary>
    /// <param name="key">The key, which exists and holds a string.</param>
    /// <param name="length">The new length.</param>
    /// <param name="changed">Which of its bytes will change: no others may.</param>
    /// <param name="now">The time of the unit.</param>
    /// <returns>The bytes, until the next change of the key.</returns>
    public Span<byte> ResizeString(in Key key, int length, Range changed, long now)
    {
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        var entry = new Entry(*slot);
        if (entry.Encoding == ValueEncoding.Block)
            return SharedBlocks.Resize(entry, length, changed);

        Span<byte> digits = stackalloc byte[20];
        ReadOnlySpan<byte> old = entry.Encoding == ValueEncoding.Integer ? digits[..FormatInteger(entry.Integer, digits)] : entry.StringBytes;
        if (length > Entry.InlineLimit)
        {
            // A string that was there and grows tends to grow on.
            StringBlock block = StringBlock.Create(length, old.IsEmpty || length >= 1 << 20 ? length : (long)length * 2);
            var bytes = new Span<byte>(block.Data, length);
            old[..Math.Min(old.Length, length)].CopyTo(bytes);
            bytes[Math.Min(old.Length, length)..].Clear();
            Entry outer = Entry.Create(key, ValueType.String, ValueEncoding.Block, sizeof(long), entry.Deadline, EntryFlags.Raw);
            outer.Block = block;
            SwapEntry(slot, entry, outer);
            return bytes;
        }
        if (entry.Encoding == ValueEncoding.Inline && entry.FitsInPlace(length))
        {
            int before = entry.InlineLength;
            entry.SetInPlace(ValueType.String, ValueEncoding.Inline, length, isRaw: true);
            var bytes = new Span<byte>(entry.ValueData, length);
            if (length > before)
                bytes[before..].Clear();
            return bytes;
        }
        Entry resized = Entry.Create(key, ValueType.String, ValueEncoding.Inline, length, entry.Deadline, EntryFlags.Raw);
        var target = new Span<byte>(resized.ValueData, length);
        old[..Math.Min(old.Length, length)].CopyTo(target);
        target[Math.Min(old.Length, length)..].Clear();
        SwapEntry(slot, entry, resized);
        return target;
    }

    // --- collections ----------------------------------------------------------------------------------------------

    /// <summary>Adds a key that does not exist, with a collection, which the entry takes over.</summary>
    /// <param name="key">The key.</param>
    /// <param name="type">What the value is.</param>
    /// <param name="encoding">How it is held.</param>
    /// <param name="collection">Where it lies.</param>
    /// <param name="now">The time of the unit.</param>
    public Entry AddCollection(in Key key, ValueType type, ValueEncoding encoding, byte* collection, long now)
    {
        Entry entry = Entry.CreateCollection(key, type, encoding, collection, -1);
        AddEntry(PartOf(key.Hash), key, entry, now);
        return entry;
    }

    /// <summary>Sets a key to a collection without a deadline, whatever it held.</summary>
    public Entry SetCollection(in Key key, ValueType type, ValueEncoding encoding, byte* collection, long now)
    {
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        Entry entry = Entry.CreateCollection(key, type, encoding, collection, -1);
        if (slot == null)
            AddEntry(part, key, entry, now);
        else
            ReplaceEntry(part, slot, key, entry, now);
        return entry;
    }

    // --- deadlines ------------------------------------------------------------------------------------------------

    /// <summary>Sets or removes the deadline of a key that exists.</summary>
    /// <param name="key">The key.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for none.</param>
    public void SetDeadline(in Key key, long deadline)
    {
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        var entry = new Entry(*slot);
        if (entry.HasDeadline == deadline >= 0)
        {
            UpdateDeadline(part, key, entry, deadline);
            return;
        }
        if (entry.HasDeadline)
            part->Expiry.Remove(entry.Deadline, key.Hash);
        else
            AddDeadline(part, deadline, key.Hash);
        int valueLength = entry.InlineLength;
        Entry changed = Entry.Create(key, entry.Type, entry.Encoding, valueLength, deadline, entry.InheritedFlags);
        Buffer.MemoryCopy(entry.ValueData, changed.ValueData, valueLength, valueLength);
        SwapEntry(slot, entry, changed);
    }

    // --- whole keys -----------------------------------------------------------------------------------------------

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="now">The time of the unit; a key that has expired counts as absent.</param>
    /// <param name="isLazy">Whether a big value is freed in the background.</param>
    /// <returns>Whether the key was there.</returns>
    public bool Delete(in Key key, long now, bool isLazy)
    {
        if (_parts == null)
            return false;
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        if (slot == null)
            return false;
        var entry = new Entry(*slot);
        if (entry.HasDeadline && entry.Deadline < now && !_keyspace.KeepsExpired)
        {
            Expire(part, slot, key);
            return false;
        }
        Remove(part, slot, key, isLazy);
        return true;
    }

    /// <summary>
    /// Takes a key's entry out of the database without freeing it: for <see cref="Insert"/> under another name or into another
    /// database. The caller owns it.
    /// </summary>
    public Entry Detach(in Key key)
    {
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        var entry = new Entry(*slot);
        if (entry.HasDeadline)
            part->Expiry.Remove(entry.Deadline, key.Hash);
        DueFields.Unregister(part, entry, key.Hash);
        part->Table.RemoveAt(slot, key.Hash);
        return entry;
    }

    /// <summary>Puts a detached entry's value in under a key that does not exist; the entry's own memory is used or freed.</summary>
    public void Insert(in Key key, Entry detached, long now)
    {
        Entry entry = Entry.Create(key, detached.Type, detached.Encoding, detached.InlineLength, detached.Deadline, detached.InheritedFlags);
        Buffer.MemoryCopy(detached.ValueData, entry.ValueData, detached.InlineLength, detached.InlineLength);
        detached.FreeShell();
        AddEntry(PartOf(key.Hash), key, entry, now);
        if (ValueGuards.Any && entry.IsCollection)
            ValueGuards.Move(entry.Collection, _keyspace.ShardOf(key.Hash));
    }

    /// <summary>Copies an entry of any database under a key that does not exist here; long strings share their bytes.</summary>
    public void InsertCopy(in Key key, Entry source, long now)
    {
        Entry entry = Entry.Create(key, source.Type, source.Encoding, source.InlineLength, source.Deadline, source.InheritedFlags);
        Buffer.MemoryCopy(source.ValueData, entry.ValueData, source.InlineLength, source.InlineLength);
        if (source.Encoding == ValueEncoding.Block)
            source.Block.AddReference();
        else if (source.IsCollection)
            entry.Collection = CollectionType.Of(source.Type).Copy(source.Encoding, source.Collection);
        AddEntry(PartOf(key.Hash), key, entry, now);
    }

    /// <summary>Removes all keys. Under all locks.</summary>
    /// <param name="isLazy">Whether the memory is freed in the background.</param>
    public void Clear(bool isLazy)
    {
        DatabasePart* old = _parts;
        if (old == null)
            return;
        int shards = _keyspace.ShardCount;
        DatabasePart* detached = DatabasePart.Allocate(shards);
        long count = Count;
        for (int i = 0; i < shards; i++)
        {
            // The parts stay where they are, with their counters and watches; what they point to goes.
            detached[i].Table = old[i].Table;
            detached[i].Expiry = old[i].Expiry;
            detached[i].FieldExpiry = old[i].FieldExpiry;
        }
        bool isTakenOver = _keyspace.Snapshot is { } snapshot && snapshot.TryTakeOver(this, detached, shards);
        for (int i = 0; i < shards; i++)
        {
            old[i].Table = default;
            old[i].Expiry = default;
            old[i].FieldExpiry = default;
        }
        if (isTakenOver)
            return;
        if (isLazy && count > 0)
            _keyspace.Reclaimer.Enqueue(() => DatabasePart.Free(detached, shards), count);
        else
            DatabasePart.Free(detached, shards);
    }

    /// <summary>
    /// About how long the keys with a deadline have left on average, in milliseconds. Takes the locks of shards one by one where they are
    /// free; parts that are locked, be it by the caller, are left out.
    /// </summary>
    public long AverageTimeToLive(long now)
    {
        const int blocksPerShard = 8;
        if (_parts == null)
            return 0;
        double sum = 0;
        long count = 0;
        for (int shard = 0; shard < _keyspace.ShardCount; shard++)
        {
            if (_parts[shard].Expiry.Count == 0 || !_keyspace.Locks.TryAcquire(shard))
                continue;
            (long partSum, int partCount) = _parts[shard].Expiry.SampleDeadlines(blocksPerShard);
            _keyspace.Locks.Release(shard);
            sum += partSum - (double)partCount * now;
            count += partCount;
        }
        return count == 0 ? 0 : Math.Max((long)(sum / count), 0);
    }

    /// <summary>
    /// Gives back the tables of parts without keys. They stay for a moment when the last key goes, since the next one may come soon.
    /// </summary>
    internal void ReleaseEmptyTables()
    {
        if (_parts == null)
            return;
        for (int shard = 0; shard < _keyspace.ShardCount; shard++)
        {
            DatabasePart* part = _parts + shard;
            bool isUnused = part->Table.Count == 0 && part->Table.Bytes != 0;
            if ((!isUnused && (part->Waits == null || part->AwaitedKeys != 0)) || !_keyspace.Locks.TryAcquire(shard))
                continue;
            if (part->Table.Count == 0)
                part->Table.Clear();
            if (part->Waits != null)
                part->Waits->ReleaseIfEmpty();
            _keyspace.Locks.Release(shard);
        }
    }

    // --- expiry, sampling, walks ----------------------------------------------------------------------------------

    /// <summary>The earliest deadline in a shard, or <see cref="long.MaxValue"/>. May be read without the lock.</summary>
    public long EarliestDeadline(int shard) => _parts == null ? long.MaxValue : _parts[shard].Expiry.Earliest;

    /// <summary>Removes some of the keys of a shard that have expired, the earliest first. Under the shard's lock.</summary>
    /// <returns>How many deadlines were due; only 0 means that none is left. About <paramref name="most"/> at most: it may be a whole segment of the table.</returns>
    public int ExpireDue(int shard, long now, int most) => _parts == null ? 0 : DueKeys.Expire(this, _parts + shard, now, most);

    /// <summary>The earliest time at which a field of a hash in a shard may expire, or <see cref="long.MaxValue"/>. May be read without the lock.</summary>
    public long EarliestFieldDeadline(int shard) => _parts == null ? long.MaxValue : _parts[shard].FieldExpiry.Earliest;

    /// <summary>Removes some of the fields of a hash in a shard that have expired. Under the shard's lock.</summary>
    public void ExpireFieldsDue(int shard, long now, int most)
    {
        if (_parts != null)
            DueFields.Expire(this, _parts + shard, now, most);
    }

    /// <summary>Tells the shard of a change of a hash's field deadlines. After every command that may have changed them.</summary>
    public void NoteFieldDeadlines(in Key key, Entry entry)
    {
        if (entry.Encoding == ValueEncoding.HashTable && DueFields.Register(PartOf(key.Hash), entry, key.Hash))
            _keyspace.NoteEarlierDeadline();
    }

    /// <summary>Takes a key by chance out of a shard's part; null if it has none.</summary>
    public Entry Sample(int shard, ref FastRandom random) => _parts == null ? default : new Entry(_parts[shard].Table.Sample(ref random));

    /// <summary>Collects the entries of one bucket of a shard. Under its lock.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="position">Where to read; moved behind the bucket, -1 at the shard's end.</param>
    /// <param name="into">Takes the entries, expired ones too.</param>
    public void Collect(int shard, ref long position, ref RecordList into)
    {
        if (_parts == null)
            position = -1;
        else
            _parts[shard].Table.Collect(ref position, ref into);
    }

    /// <summary>Removes a key that has expired, as a lookup would: not while expired keys are kept.</summary>
    public void ExpireKey(in Key key)
    {
        if (_keyspace.KeepsExpired)
            return;
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        if (slot != null)
            Expire(part, slot, key);
    }

    /// <summary>Removes a key to make room, telling the observer.</summary>
    public void Evict(in Key key, bool isLazy)
    {
        DatabasePart* part = PartOf(key.Hash);
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        if (slot == null)
            return;
        _keyspace.Observer?.OnEvicted(this, key);
        Remove(part, slot, key, isLazy);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear(isLazy: false);
        Waits.Dispose();
        NativeHeap.Free((byte*)_parts);
        _parts = null;
    }

    // --- snapshots ------------------------------------------------------------------------------------------------

    /// <summary>
    /// Has a snapshot that is being taken save a key as it is. Before a unit changes the key in any way; what the database does by itself, and the
    /// removal of keys, see to that themselves.
    /// </summary>
    public void SaveBeforeChange(in Key key)
    {
        if (_keyspace.Snapshot == null || _parts == null)
            return;
        byte** slot = PartOf(key.Hash)->Table.Find(key.Data, key.Length, key.Hash);
        if (slot != null)
            SaveBeforeChange(new Entry(*slot), key.Hash);
    }

    /// <summary>As above, for an entry that was found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SaveBeforeChange(Entry entry, ulong hash)
    {
        if (_keyspace.Snapshot is { } snapshot)
            snapshot.SaveEarly(this, entry, _keyspace.ShardOf(hash));
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    /// <summary>The part of a key's shard; made if there is none.</summary>
    internal DatabasePart* PartOf(ulong hash)
    {
        DatabasePart* parts = _parts;
        if (parts == null)
            parts = CreateParts();
        return parts + (hash & _shardMask);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private DatabasePart* CreateParts()
    {
        DatabasePart* made = DatabasePart.Allocate(_keyspace.ShardCount);
        fixed (DatabasePart** field = &_parts)
        {
            nint seen = Interlocked.CompareExchange(ref *(nint*)field, (nint)made, 0);
            if (seen == 0)
                return made;
            NativeHeap.Free((byte*)made);
            return (DatabasePart*)seen;
        }
    }

    private delegate long PartValue(DatabasePart* part);

    private long Sum(PartValue value)
    {
        DatabasePart* parts = _parts;
        if (parts == null)
            return 0;
        long sum = 0;
        for (int i = 0; i <= (int)_shardMask; i++)
            sum += value(parts + i);
        return sum;
    }

    private static bool OwnsNothing(Entry entry) => entry.Type == ValueType.String && entry.Encoding != ValueEncoding.Block;

    private void AddDeadline(DatabasePart* part, long deadline, ulong hash)
    {
        bool isEarliest = deadline < part->Expiry.Earliest;
        part->Expiry.Add(deadline, hash);
        if (isEarliest)
            _keyspace.NoteEarlierDeadline();
    }

    private void UpdateDeadline(DatabasePart* part, in Key key, Entry entry, long deadline)
    {
        if (deadline < 0 || entry.Deadline == deadline)
            return;
        part->Expiry.Remove(entry.Deadline, key.Hash);
        AddDeadline(part, deadline, key.Hash);
        entry.SetDeadlineInPlace(deadline);
    }

    private void AddEntry(DatabasePart* part, in Key key, Entry entry, long now)
    {
        entry.SetAccess(_keyspace.Access.Fresh(now), _keyspace.Epoch);
        Link(part, key, entry);
    }

    internal void Link(DatabasePart* part, in Key key, Entry entry)
    {
        if (_keyspace.KeepsExpired)
            DueKeys.RemoveHidden(this, part, key);
        part->Table.Add(entry.Address, key.Hash);
        if (entry.HasDeadline)
            AddDeadline(part, entry.Deadline, key.Hash);
        if (entry.Encoding == ValueEncoding.HashTable && DueFields.Register(part, entry, key.Hash))
            _keyspace.NoteEarlierDeadline();
    }

    private void ReplaceEntry(DatabasePart* part, byte** slot, in Key key, Entry entry, long now)
    {
        var old = new Entry(*slot);
        DueKeys.NoteOverwritten(this, old, key, now);
        if (old.HasDeadline)
            part->Expiry.Remove(old.Deadline, key.Hash);
        if (entry.HasDeadline)
            AddDeadline(part, entry.Deadline, key.Hash);
        DueFields.Unregister(part, old, key.Hash);
        if (entry.Encoding == ValueEncoding.HashTable && DueFields.Register(part, entry, key.Hash))
            _keyspace.NoteEarlierDeadline();
        entry.SetAccess(_keyspace.Access.Renewed(old, now), _keyspace.Epoch);
        *slot = entry.Address;
        Free(old, _keyspace.LazyOverwrite);
    }

    /// <summary>Puts an entry in the place of another that is the same key; what the old one pointed to has been taken over.</summary>
    private static void SwapEntry(byte** slot, Entry old, Entry entry)
    {
        entry.InheritAccess(old);
        *slot = entry.Address;
        old.FreeShell();
    }

    private static int FormatInteger(long value, Span<byte> digits)
    {
        value.TryFormat(digits, out int written, default, System.Globalization.CultureInfo.InvariantCulture);
        return written;
    }

    /// <summary>Removes a key that has expired, unless expired keys are kept.</summary>
    /// <returns>Whether the lookup finds it all the same.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Outlives(DatabasePart* part, byte** slot, in Key key, LookupFlags flags)
    {
        if (_keyspace.KeepsExpired)
            return (flags & LookupFlags.ShowExpired) != 0;
        Expire(part, slot, key);
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Expire(DatabasePart* part, byte** slot, in Key key)
    {
        _keyspace.Observer?.OnExpired(this, key);
        _keyspace.Observer?.CountExpired(1);
        Remove(part, slot, key, _keyspace.LazyExpire);
    }

    /// <summary>Removes a hash whose last field has expired.</summary>
    internal void RemoveEmptyHash(DatabasePart* part, in Key key) =>
        Remove(part, part->Table.Find(key.Data, key.Length, key.Hash), key, isLazy: false);

    internal void Remove(DatabasePart* part, byte** slot, in Key key, bool isLazy)
    {
        var entry = new Entry(*slot);
        SaveBeforeChange(entry, key.Hash);
        if (entry.HasDeadline)
            part->Expiry.Remove(entry.Deadline, key.Hash);
        DueFields.Unregister(part, entry, key.Hash);
        part->Table.RemoveAt(slot, key.Hash);
        Free(entry, isLazy);
    }

    internal void Free(Entry entry, bool isLazy)
    {
        if (entry.Encoding == ValueEncoding.Block)
        {
            StringBlock block = entry.Block;
            SharedBlocks.NoteLeft(block);
            if (isLazy && block.Length > 1 << 20)
                _keyspace.Reclaimer.Enqueue(block.Release, 1, block.IsUnshared ? block.AllocatedBytes : 0);
            else
                block.Release();
        }
        else if (entry.IsCollection)
        {
            FreeCollection(entry.Type, entry.Encoding, entry.Collection, isLazy);
        }
        entry.FreeShell();
    }

    /// <summary>Frees a collection that no entry holds any more: a small one at once, one that would take long behind the back of the loops.</summary>
    public void FreeCollection(ValueType type, ValueEncoding encoding, byte* collection, bool isLazy = false)
    {
        var collectionType = CollectionType.Of(type);
        long effort = collectionType.FreeEffort(encoding, collection);
        if (effort > (isLazy ? LeastLazyEffort : LeastBackgroundEffort))
            EnqueueFree(collectionType, encoding, collection);
        else
            collectionType.Free(encoding, collection);
    }

    /// <summary>Apart, so that only a value that is freed in the background costs a closure.</summary>
    private void EnqueueFree(CollectionType type, ValueEncoding encoding, byte* collection) =>
        _keyspace.Reclaimer.Enqueue(() => type.Free(encoding, collection), 1);
}
