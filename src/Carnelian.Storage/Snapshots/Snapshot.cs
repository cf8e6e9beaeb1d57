using System.Collections.Concurrent;
using Carnelian.Memory;
using Carnelian.Threading;

namespace Carnelian.Storage.Snapshots;

/// <summary>
/// One consistent view of all databases, taken while they go on changing: for any key, the sink gets its value at the cut, exactly once.
/// </summary>
/// <remarks>
/// The cut is made under all locks and gives the keyspace a new epoch. An entry with another epoch is not saved yet; whoever saves it, or makes a new
/// one, gives it that of the keyspace. One thread walks over the databases in short critical sections (<see cref="Step"/>); a unit that is about to
/// change a key, or to remove it, saves it first (<see cref="Database.SaveBeforeChange(in Key)"/>). A database that loses all its keys hands its
/// tables over. See <c>docs/design/snapshots.md</c>.
/// </remarks>
public sealed unsafe class Snapshot
{
    /// <summary>About how many keys are saved under one hold of a lock.</summary>
    private const int MostRecords = 64;

    private const long MostNanoseconds = 50_000;
    private const int RecordsBetweenClockReads = 8;
    private const int PrefetchDistance = 8;

    private readonly Keyspace _keyspace;
    private readonly ISnapshotSink _sink;
    private readonly byte _epoch;
    private readonly Database[] _databases;
    private readonly HashSet<Database> _unemptied;
    private readonly ConcurrentQueue<EmptiedTables> _emptied = new();
    private readonly ConcurrentQueue<ValueGuard> _values = new();
    private EmptiedTables? _current;
    private ValueGuard? _value;
    private RecordList _records;
    private int _walked;
    private int _shard;
    private long _position;
    private long _savedEarly;
    private volatile bool _isAborted;
    private bool _isComplete;

    private Snapshot(Keyspace keyspace, ISnapshotSink sink, byte epoch)
    {
        _keyspace = keyspace;
        _sink = sink;
        _epoch = epoch;
        var databases = new List<Database>();
        var sizes = new List<SnapshotSize>();
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            Database database = keyspace[i];
            database.SnapshotIndex = i;
            if (database.Count == 0)
                continue;
            databases.Add(database);
            sizes.Add(new SnapshotSize(i, database.Count, database.VolatileCount));
        }
        _databases = [.. databases];
        _unemptied = [.. databases];
        Sizes = sizes;
    }

    /// <summary>The databases that had keys at the cut, in the order of their numbers.</summary>
    public IReadOnlyList<SnapshotSize> Sizes { get; }

    /// <summary>Whether it was given up. Any thread.</summary>
    public bool IsAborted => _isAborted;

    /// <summary>Keys that were saved by units that were about to change them. Any thread.</summary>
    public long SavedEarly => Volatile.Read(ref _savedEarly);

    /// <summary>Keys that the walk has saved.</summary>
    public long Walked { get; private set; }

    /// <summary>Makes a cut. Under all locks; the keyspace has no other snapshot that is not ended.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="sink">Takes the keys.</param>
    /// <returns>The snapshot, whose owner calls <see cref="Step"/> until all is done, and then <see cref="End"/>.</returns>
    public static Snapshot Cut(Keyspace keyspace, ISnapshotSink sink)
    {
        var snapshot = new Snapshot(keyspace, sink, keyspace.Epochs.Next());
        keyspace.Snapshot = snapshot;
        return snapshot;
    }

    /// <summary>Saves some keys, under the lock of one shard. On the walking thread, without locks.</summary>
    /// <returns>False when all keys are saved, or when the snapshot was given up.</returns>
    public bool Step()
    {
        if (_isAborted || _isComplete)
            return false;
        // First of all, what lies in memory for the snapshot's sake only.
        if (TryStepValue() || TryStepEmptied())
            return true;
        while (_walked < _databases.Length)
        {
            Database database = _databases[_walked];
            HashTable<Entry>* table = &database.PartAt(_shard)->Table;
            if (table->Count == 0)
            {
                // No key of the cut can come into being here. A table that was handed over is in the queue before it is missing here.
                NextShard();
                continue;
            }
            _keyspace.Locks.AcquireLast(_shard);
            if (!_isAborted)
                SaveSome(table, database.SnapshotIndex, _shard, ref _position);
            _keyspace.Locks.Release(_shard);
            if (_position < 0)
                NextShard();
            return true;
        }
        return !TryComplete();
    }

    /// <summary>Gives the snapshot up: from now on nobody saves early. Under all locks.</summary>
    public void Abort()
    {
        if (_isComplete)
            return;
        _isAborted = true;
        if (_keyspace.Snapshot == this)
            _keyspace.Snapshot = null;
    }

    /// <summary>Ends the snapshot, complete or not. On the walking thread, without locks; after it nobody calls the sink.</summary>
    public void End()
    {
        if (!_isComplete)
        {
            _keyspace.Locks.AcquireAll();
            Abort();
            _keyspace.Locks.ReleaseAll();
            _keyspace.Epochs.NoteGivenUp();
        }
        _value?.End();
        _value = null;
        while (_values.TryDequeue(out ValueGuard? value))
            value.End();
        _current?.Free();
        _current = null;
        while (_emptied.TryDequeue(out EmptiedTables? emptied))
            emptied.Free();
        _records.Dispose();
    }

    /// <summary>Saves a key that is about to change, unless it is saved. Under its shard's lock.</summary>
    internal void SaveEarly(Database database, Entry entry, int shard)
    {
        if (entry.Epoch == _epoch)
            return;
        Save(database.SnapshotIndex, shard, entry, isEarly: true);
        Interlocked.Increment(ref _savedEarly);
    }

    /// <summary>
    /// Takes over the tables of a database that loses all its keys. Under all locks. Once for each database: whatever it gets after that was not there at the cut.
    /// </summary>
    /// <returns>False if the snapshot does not need them.</returns>
    internal bool TryTakeOver(Database database, DatabasePart* parts, int shards)
    {
        if (!_unemptied.Remove(database))
            return false;
        _emptied.Enqueue(new EmptiedTables(database.SnapshotIndex, parts, shards));
        return true;
    }

    /// <summary>Saves a key, or begins to: that of a big value.</summary>
    private void Save(int database, int shard, Entry entry, bool isEarly)
    {
        entry.Epoch = _epoch;
        if (!ValueGuard.IsBig(entry) || _sink.BeginValue(database, entry) is not { } value)
        {
            _sink.Save(database, shard, entry, isEarly);
            return;
        }
        var guard = ValueGuard.Of(this, entry, shard, value);
        ValueGuards.Add(guard);
        _values.Enqueue(guard);
    }

    /// <summary>Saves some elements of a big value.</summary>
    private bool TryStepValue()
    {
        if (_value == null)
        {
            if (!_values.TryDequeue(out _value))
                return false;
            _sink.StartValue(_value.Value);
        }
        int shard = _value.Shard;
        _keyspace.Locks.AcquireLast(shard);
        // Its key may just have got another name.
        bool isDone = shard == _value.Shard && !_isAborted && _value.Step();
        _keyspace.Locks.Release(shard);
        _value.Deliver();
        if (!isDone)
            return true;
        _value.End();
        _sink.EndValue(_value.Value);
        _value = null;
        return true;
    }

    private void NextShard()
    {
        _position = 0;
        if (++_shard < _keyspace.ShardCount)
            return;
        _shard = 0;
        _walked++;
    }

    private bool TryComplete()
    {
        _keyspace.Locks.AcquireAll();
        if (_emptied.IsEmpty && _values.IsEmpty && !_isAborted)
        {
            _isComplete = true;
            _keyspace.Snapshot = null;
            _keyspace.Epochs.NoteComplete();
        }
        _keyspace.Locks.ReleaseAll();
        return _isComplete || _isAborted;
    }

    private bool TryStepEmptied()
    {
        if (_current == null && !_emptied.TryDequeue(out _current))
            return false;
        // Nobody else knows these tables: no lock.
        if (_current.Table->Count == 0)
            _current.Position = -1;
        else
            SaveSome(_current.Table, _current.Database, _current.Shard, ref _current.Position);
        if (_current.Position >= 0)
            return true;
        _current.Position = 0;
        _current.Shard++;
        if (!_current.IsDone)
            return true;
        _current.Free();
        _current = null;
        return true;
    }

    /// <summary>Saves what some buckets of a table hold, from a position on.</summary>
    private void SaveSome(HashTable<Entry>* table, int database, int shard, ref long position)
    {
        long begin = Clock.Nanoseconds;
        long start = position;
        _records.Clear();
        while (position >= 0 && _records.Count < MostRecords)
            table->Collect(ref position, ref _records);
        for (int i = 0; i < _records.Count && i < PrefetchDistance; i++)
            CacheLine.Prefetch(_records[i]);
        for (int i = 0; i < _records.Count; i++)
        {
            if (i + PrefetchDistance < _records.Count)
                CacheLine.Prefetch(_records[i + PrefetchDistance]);
            var entry = new Entry(_records[i]);
            if (entry.Epoch == _epoch)
                continue;
            Save(database, shard, entry, isEarly: false);
            Walked++;
            if (i % RecordsBetweenClockReads == RecordsBetweenClockReads - 1 && Clock.Nanoseconds - begin > MostNanoseconds)
            {
                // What was saved is passed over next time.
                position = start;
                return;
            }
        }
    }
}
