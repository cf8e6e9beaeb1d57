using Carnelian.Storage.Snapshots;

namespace Carnelian.Storage.Defragmentation;

/// <summary>
/// Walks over the part that a shard has of a database and moves entries and what they point to out of spans that are nearly empty, in bounded steps. Only the
/// table points to an entry, so it moves by being copied whole, with access bits and snapshot epoch, and its slot being written.
/// </summary>
/// <remarks>
/// One for each event loop, on its thread; each step under the lock of the shard. Between two steps anything may happen to the part: a position in hash
/// order stays good, and a big value that is continued is looked up by its key.
/// </remarks>
public sealed unsafe class Defragmenter
{
    // Values of more blocks are continued in steps of their own, whatever the configuration says.
    private const long MostAtOnce = 2 * Relocator.StepBlocks;

    private readonly Relocator _relocator;
    private readonly Queue<Unfinished> _unfinished = new();
    private long _position;

    /// <summary>Makes one.</summary>
    /// <param name="movesAll">Whether blocks move from full spans, too: for tests.</param>
    public Defragmenter(bool movesAll = false) => _relocator = new Relocator(movesAll);

    /// <summary>Blocks that were moved.</summary>
    public long Hits => _relocator.Hits;

    /// <summary>Blocks that were looked at and stayed.</summary>
    public long Misses => _relocator.Misses;

    /// <summary>Keys of which at least one block was moved.</summary>
    public long KeyHits { get; private set; }

    /// <summary>Keys of which nothing was moved.</summary>
    public long KeyMisses { get; private set; }

    /// <summary>Forgets how far the walk has come: the next step begins a part anew.</summary>
    public void Restart()
    {
        _position = 0;
        _unfinished.Clear();
    }

    /// <summary>Makes a step in a part. The same part is to be passed until it is finished. Under the lock of the shard.</summary>
    /// <param name="database">The database.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="mostFields">Values of more blocks than this are done in several steps.</param>
    /// <returns>Whether the part is finished.</returns>
    public bool Step(Database database, int shard, long mostFields)
    {
        DatabasePart* part = database.PartAt(shard);
        if (part == null)
        {
            Restart();
            return true;
        }
        if (_unfinished.Count != 0)
        {
            Continue(part);
        }
        else if (_position >= 0)
        {
            var mover = new EntryMover(this, Math.Min(mostFields, MostAtOnce));
            TableRelocation.Step(part->Table.Directory, ref _position, _relocator, ref mover);
        }
        if (_position >= 0 || _unfinished.Count != 0)
            return false;
        _position = 0;
        return true;
    }

    private byte* MoveEntry(byte* record, long mostFields)
    {
        long hits = _relocator.Hits;
        var entry = new Entry(_relocator.Move(record));
        if (entry.Encoding == ValueEncoding.Block)
            entry.Block = _relocator.Move(entry.Block);
        else if (entry.IsCollection && !ValueGuards.Guards(entry.Collection) && !BeginCollection(entry, mostFields, hits))
            return entry.Address;
        CountKey(_relocator.Hits != hits);
        return entry.Address;
    }

    /// <summary>Moves the blocks of a value, or begins to.</summary>
    /// <returns>Whether all is done.</returns>
    private bool BeginCollection(Entry entry, long mostFields, long hits)
    {
        var type = CollectionType.Of(entry.Type);
        byte* value = entry.Collection;
        RelocationCursor cursor = default;
        long end = _relocator.Looked + mostFields;
        bool isDone;
        do
            isDone = type.Relocate(entry.Encoding, ref value, ref cursor, _relocator);
        while (!isDone && _relocator.Looked < end);
        entry.Collection = value;
        if (!isDone)
            _unfinished.Enqueue(new Unfinished(entry.KeyBytes.ToArray(), entry.Type, entry.Encoding, cursor, _relocator.Hits != hits));
        return isDone;
    }

    /// <summary>Makes a step in the first of the values that are not finished.</summary>
    private void Continue(DatabasePart* part)
    {
        Unfinished unfinished = _unfinished.Peek();
        long hits = _relocator.Hits;
        fixed (byte* data = unfinished.Key)
        {
            var key = new Key(data, unfinished.Key.Length);
            byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
            var entry = new Entry(slot == null ? null : *slot);
            if (entry.Exists && entry.Type == unfinished.Type && entry.Encoding == unfinished.Encoding && !ValueGuards.Guards(entry.Collection))
            {
                byte* value = entry.Collection;
                bool isDone = CollectionType.Of(entry.Type).Relocate(entry.Encoding, ref value, ref unfinished.Cursor, _relocator);
                entry.Collection = value;
                unfinished.IsHit |= _relocator.Hits != hits;
                if (!isDone)
                    return;
            }
        }
        CountKey(unfinished.IsHit);
        _unfinished.Dequeue();
    }

    private void CountKey(bool isHit)
    {
        if (isHit)
            KeyHits++;
        else
            KeyMisses++;
    }

    /// <summary>A value that takes more than one step.</summary>
    private sealed class Unfinished(byte[] key, ValueType type, ValueEncoding encoding, RelocationCursor cursor, bool isHit)
    {
        public readonly byte[] Key = key;
        public readonly ValueType Type = type;
        public readonly ValueEncoding Encoding = encoding;
        public RelocationCursor Cursor = cursor;
        public bool IsHit = isHit;
    }

    private readonly struct EntryMover(Defragmenter owner, long mostFields) : IRecordMover
    {
        public byte* Move(byte* record) => owner.MoveEntry(record, mostFields);
    }
}
