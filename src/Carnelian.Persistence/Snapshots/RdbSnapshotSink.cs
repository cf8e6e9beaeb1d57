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
    private readonly List<SnapshotValueRecords> _values = [];
    private readonly List<SnapshotValueRecords> _ended = [];
    private SnapshotValueRecords? _open;
    private SnapshotValueRecords? _partial;
    private long _valueBytes;
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
    public long WalkedBytes => _walked.Bytes + Volatile.Read(ref _valueBytes);

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

    /// <inheritdoc/>
    public ISnapshotValue? BeginValue(int database, Entry entry)
    {
        if (RdbEntryWriter.ObstacleFor(entry, _profile) != RdbObstacle.None)
            return null;
        var value = new SnapshotValueRecords(this, database, entry, _profile, _note, _compresses, _access, _now);
        lock (_values)
            _values.Add(value);
        return value;
    }

    /// <inheritdoc/>
    public void StartValue(ISnapshotValue value) => _open = (SnapshotValueRecords)value;

    /// <inheritdoc/>
    public void EndValue(ISnapshotValue value)
    {
        _open = null;
        var records = (SnapshotValueRecords)value;
        records.End();
        _ended.Add(records);
    }

    /// <summary>Writes all that has come in so far, but for values that the walk has not come to. On the walking thread, without locks.</summary>
    public void MoveTo(RdbBuffer target)
    {
        Volatile.Write(ref _valueBytes, 0);
        // Nothing comes between the beginning of a value, once that is written, and its end.
        if (_partial != null)
        {
            _partial.MoveTo(target);
            if (_partial == _open)
                return;
            _ended.Remove(_partial);
            Forget(_partial);
            _partial = null;
        }
        _walked.MoveTo(target);
        foreach (SnapshotValueRecords value in _ended)
        {
            value.MoveTo(target);
            Forget(value);
        }
        _ended.Clear();
        MoveEarly(target);
        if (_open == null)
            return;
        _open.MoveTo(target);
        _partial = _open;
    }

    /// <summary>Counts bytes of values: those that came early while they wait, or all that the walk should soon write.</summary>
    internal void CountValue(long bytes, bool isEarly)
    {
        if (isEarly)
            Interlocked.Add(ref _earlyBytes, bytes);
        else
            Interlocked.Add(ref _valueBytes, bytes);
    }

    private void Forget(SnapshotValueRecords value)
    {
        lock (_values)
            _values.Remove(value);
        value.Dispose();
    }

    private void MoveEarly(RdbBuffer target)
    {
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
        foreach (SnapshotValueRecords value in _values)
            value.Dispose();
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
