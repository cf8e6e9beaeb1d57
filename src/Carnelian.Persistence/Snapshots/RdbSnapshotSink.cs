using System.Text;
using Carnelian.Persistence.Rdb;
using Carnelian.Storage;
using Carnelian.Storage.Snapshots;

namespace Carnelian.Persistence.Snapshots;

/// <summary>
/// Turns the keys of a snapshot into the records of an RDB file: what the walk saves, and what units save early, which waits here until it is
/// written.
/// </summary>
/// <remarks>
/// Keys come in under the locks of their shards, on any thread; the thread that walks takes them out without locks (<see cref="MoveTo"/>). Early
/// ones go to one of several lists, so that units on different shards seldom meet.
/// </remarks>
public sealed class RdbSnapshotSink : ISnapshotSink, IDisposable
{
    private const int Lists = 16;

    private readonly RdbProfile _profile;
    private readonly AccessNote _note;
    private readonly bool _compresses;
    private readonly AccessClock _access;
    private readonly long _now;
    private readonly SnapshotRecords _walked;
    private readonly EarlyList[] _early = new EarlyList[Lists];
    private readonly Stack<SnapshotRecords> _spare = new();
    private long _earlyBytes;
    private string? _obstacle;

    /// <summary>Makes a sink.</summary>
    /// <param name="profile">Whom the file is for.</param>
    /// <param name="note">What it says on the use of keys.</param>
    /// <param name="compresses">Whether strings are compressed.</param>
    /// <param name="access">What the access bits of keys mean.</param>
    /// <param name="now">The time of the cut, in milliseconds of Unix time.</param>
    public RdbSnapshotSink(RdbProfile profile, AccessNote note, bool compresses, AccessClock access, long now)
    {
        _profile = profile;
        _note = note;
        _compresses = compresses;
        _access = access;
        _now = now;
        _walked = NewRecords();
        for (int i = 0; i < Lists; i++)
            _early[i] = new EarlyList();
    }

    /// <summary>What the walk has saved and is not written, in bytes. On the walking thread.</summary>
    public long WalkedBytes => _walked.Bytes;

    /// <inheritdoc/>
    public long EarlyBytes => Volatile.Read(ref _earlyBytes);

    /// <summary>What keeps the data set from being written in the format, or null. Any thread.</summary>
    public string? Obstacle => Volatile.Read(ref _obstacle);

    /// <inheritdoc/>
    public void Save(int database, int shard, Entry entry, bool isEarly)
    {
        RdbObstacle obstacle;
        if (!isEarly)
        {
            obstacle = _walked.Add(database, entry, _access, _now);
        }
        else
        {
            EarlyList list = _early[shard % Lists];
            lock (list)
            {
                SnapshotRecords records = list.Records ??= NewRecords();
                long before = records.Bytes;
                obstacle = records.Add(database, entry, _access, _now);
                Interlocked.Add(ref _earlyBytes, records.Bytes - before);
            }
        }
        if (obstacle != RdbObstacle.None && _obstacle == null)
            NoteObstacle(database, entry, obstacle);
    }

    /// <summary>Writes all that has come in so far. On the walking thread, without locks.</summary>
    public void MoveTo(RdbBuffer target)
    {
        _walked.MoveTo(target);
        if (EarlyBytes == 0)
            return;
        foreach (EarlyList list in _early)
        {
            SnapshotRecords? records;
            lock (list)
            {
                records = list.Records;
                list.Records = _spare.TryPop(out SnapshotRecords? spare) ? spare : null;
            }
            if (records == null)
                continue;
            // They count until they are written: whoever writes faster than this must see that.
            long bytes = records.Bytes;
            records.MoveTo(target);
            Interlocked.Add(ref _earlyBytes, -bytes);
            _spare.Push(records);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _walked.Dispose();
        foreach (EarlyList list in _early)
            list.Records?.Dispose();
        foreach (SnapshotRecords records in _spare)
            records.Dispose();
    }

    private SnapshotRecords NewRecords() => new(_profile, _note, _compresses);

    private void NoteObstacle(int database, Entry entry, RdbObstacle obstacle)
    {
        string key = Encoding.UTF8.GetString(Text.Quoting.Represent(entry.KeyBytes));
        string text = $"key {key} of database {database}: {RdbObstacleText.Describe(obstacle, _profile)}";
        Interlocked.CompareExchange(ref _obstacle, text, null);
    }

    private sealed class EarlyList
    {
        public SnapshotRecords? Records;
    }
}
