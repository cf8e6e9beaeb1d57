using System.Numerics;
using System.Runtime.CompilerServices;
using Carnelian.Storage.Snapshots;
using Carnelian.Threading;

namespace Carnelian.Storage;

/// <summary>
/// All databases, divided into shards by key hash. <see cref="ShardOf"/> is the one place that knows how.
/// </summary>
/// <remarks>
/// Any thread, with the locks of <see cref="Locks"/>: a key's shard for whatever concerns the key, all of them for whatever
/// concerns whole databases. Counters may be read without.
/// </remarks>
public sealed class Keyspace : IDisposable
{
    private readonly Database[] _databases;
    private readonly ulong _shardMask;
    private long _deadlineChanges;

    /// <summary>Makes an empty keyspace.</summary>
    /// <param name="databases">The number of databases.</param>
    /// <param name="mostLoops">The largest number of loops that will ever work on it; it decides the number of shards.</param>
    public Keyspace(int databases, int mostLoops)
    {
        int shards = Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)mostLoops * 16), 64, 1024);
        _shardMask = (ulong)shards - 1;
        Locks = new ShardLocks(shards);
        Epochs = new SnapshotEpochs(this);
        _databases = new Database[databases];
        for (int i = 0; i < databases; i++)
            _databases[i] = new Database(this, i);
    }

    /// <summary>The locks of the shards.</summary>
    public ShardLocks Locks { get; }

    /// <summary>How accesses are noted in entries.</summary>
    public AccessClock Access { get; } = new();

    /// <summary><c>lazyfree-lazy-expire</c>: big values of expired keys are freed in the background.</summary>
    public bool LazyExpire { get; set; } = true;

    /// <summary><c>lazyfree-lazy-server-del</c>: big values that are overwritten are freed in the background.</summary>
    public bool LazyOverwrite { get; set; } = true;

    /// <summary><c>import-mode</c> and CLIENT PAUSE: expired keys stay, though most lookups do not find them.</summary>
    public bool KeepsExpired { get; set; }

    /// <summary>The thread that frees what is too big to be freed under a lock.</summary>
    public Reclaimer Reclaimer { get; } = new();

    /// <summary>Hears of expired and evicted keys.</summary>
    public IKeyspaceObserver? Observer { get; set; }

    /// <summary>The snapshot that is being taken, or null. Changes under all locks: whoever holds one may rely on it.</summary>
    public Snapshot? Snapshot { get; internal set; }

    /// <summary>The number of the last snapshot, which new entries get. Changes under all locks.</summary>
    internal byte Epoch { get; set; }

    /// <summary>Keeps the numbers of snapshots apart.</summary>
    internal SnapshotEpochs Epochs { get; }

    /// <summary>DEBUG DICT-RESIZING: whether tables become smaller when keys go. Set under all locks; holds for all keyspaces of the process.</summary>
    public bool AllowsShrinking
    {
        get => HashTable<Entry>.AllowsShrinking;
        set => HashTable<Entry>.AllowsShrinking = value;
    }

    /// <summary>The number of shards.</summary>
    public int ShardCount => Locks.Count;

    /// <summary>The number of databases.</summary>
    public int DatabaseCount => _databases.Length;

    /// <summary>A database by its number.</summary>
    public Database this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _databases[index];
    }

    /// <summary>How often some shard has got a deadline earlier than all it had. Any thread; changes a moment after the deadline is there.</summary>
    public long DeadlineChanges => Volatile.Read(ref _deadlineChanges);

    /// <summary>The shard of a key hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ShardOf(ulong hash) => (int)(hash & _shardMask);

    /// <summary>Exchanges two databases. Under all locks.</summary>
    public void Swap(int first, int second)
    {
        (_databases[first], _databases[second]) = (_databases[second], _databases[first]);
        _databases[first].Index = first;
        _databases[second].Index = second;
    }

    /// <summary>Gives back the tables of parts without keys. Takes the locks of shards one by one where they are free.</summary>
    public void ReleaseEmptyTables()
    {
        foreach (Database database in _databases)
            database.ReleaseEmptyTables();
    }

    internal void NoteEarlierDeadline() => Interlocked.Increment(ref _deadlineChanges);

    /// <summary>Sums a value over all databases.</summary>
    public long Sum(Func<Database, long> value)
    {
        long sum = 0;
        foreach (Database database in _databases)
            sum += value(database);
        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Reclaimer.Dispose();
        foreach (Database database in _databases)
            database.Dispose();
        Locks.Dispose();
    }
}
