using Carnelian.Memory;
using Carnelian.Persistence.Rdb;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Sets;
using Carnelian.Storage.Snapshots;
using Carnelian.Storage.SortedSets;
using Carnelian.Storage.Streams;

namespace Carnelian.Persistence.Snapshots;

/// <summary>The record of one big value, as far as it is not written yet: key and number of elements, then elements in any order; or nodes and blocks in theirs; or a string.</summary>
/// <remarks>
/// Elements of tables come in under the lock of the value's key, nodes and blocks on the walking thread without it; the bytes are taken out without it.
/// </remarks>
internal sealed unsafe class SnapshotValueRecords : ISnapshotValue, IDisposable
{
    private readonly RdbSnapshotSink _sink;
    private readonly Lock _lock = new();
    private readonly Storage.ValueType _type;
    private readonly FieldDeadlineForm _deadlines;
    private readonly long _earliest;
    private RdbBuffer _buffer;
    private RdbBuffer _other;
    private long _earlyBytes;
    private RdbBuffer? _rest;
    private StringBlock _string;

    /// <summary>Begins the record of a value for which there is no obstacle. Under the lock of its key.</summary>
    public SnapshotValueRecords(RdbSnapshotSink sink, int database, Entry entry, RdbProfile profile, AccessNote note, bool compresses, AccessClock access, long now)
    {
        _sink = sink;
        _type = entry.Type;
        _buffer = new RdbBuffer { Compresses = compresses };
        _other = new RdbBuffer { Compresses = compresses };
        _buffer.WriteByte(RdbOpcode.SelectDatabase);
        _buffer.WriteLength((ulong)database);
        using var writer = new RdbEntryWriter(_buffer, profile) { Note = note };
        _ = writer.WriteHead(entry, access, now);
        if (entry.Type == Storage.ValueType.Hash && ((FieldTable*)entry.Collection)->VolatileCount != 0)
        {
            _deadlines = profile.FieldDeadlines;
            _earliest = ((FieldTable*)entry.Collection)->Earliest;
            if (_deadlines == FieldDeadlineForm.Redis)
                _buffer.WriteInt64(_earliest);
        }
        if (entry.Type == Storage.ValueType.String)
            return;
        _buffer.WriteLength((ulong)CountOf(entry));
        if (entry.Type != Storage.ValueType.Stream)
            return;
        _rest = new RdbBuffer { Compresses = compresses };
        RdbStreamWriter.WriteRest(_rest, new StreamValue(entry.Collection), hasActiveTimes: profile.HasVersion11Types);
        sink.CountValue(_rest.Length, isEarly: true);
    }

    /// <inheritdoc/>
    public void Add(byte* element, bool isEarly)
    {
        lock (_lock)
        {
            long before = _buffer.Length;
            Write(element);
            if (isEarly)
                _earlyBytes += _buffer.Length - before;
            _sink.CountValue(_buffer.Length - before, isEarly);
        }
    }

    /// <inheritdoc/>
    public void AddNode(ReadOnlySpan<byte> content, bool isPlain)
    {
        long before = _buffer.Length;
        RdbEntryWriter.WriteNode(_buffer, content, isPlain);
        _sink.CountValue(_buffer.Length - before, isEarly: false);
    }

    /// <inheritdoc/>
    public void AddBlock(StreamId id, ReadOnlySpan<byte> block)
    {
        long before = _buffer.Length;
        RdbStreamWriter.WriteBlock(_buffer, id, block);
        _sink.CountValue(_buffer.Length - before, isEarly: false);
    }

    /// <inheritdoc/>
    public void AddString(StringBlock content)
    {
        content.AddReference();
        _string = content;
        _sink.CountValue(content.Length, isEarly: false);
    }

    /// <inheritdoc/>
    public void CountEarly(long bytes) => _sink.CountValue(bytes, isEarly: true);

    /// <summary>All elements have come. On the walking thread.</summary>
    public void End()
    {
        if (_rest == null)
            return;
        _buffer.WriteRaw(_rest.Bytes);
        _sink.CountValue(-_rest.Length, isEarly: true);
        _rest.Dispose();
        _rest = null;
    }

    /// <summary>Writes what there is. On the walking thread.</summary>
    public void MoveTo(RdbBuffer target)
    {
        RdbBuffer full;
        long early;
        lock (_lock)
        {
            full = _buffer;
            _buffer = _other;
            _other = full;
            early = _earlyBytes;
            _earlyBytes = 0;
        }
        target.WriteRaw(full.Bytes);
        full.Clear();
        _sink.CountValue(-early, isEarly: true);
        if (_string.Address == null)
            return;
        target.WriteString(new ReadOnlySpan<byte>(_string.Data, checked((int)_string.Length)));
        ReleaseString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rest?.Dispose();
        _buffer.Dispose();
        _other.Dispose();
        ReleaseString();
    }

    private void ReleaseString()
    {
        if (_string.Address != null)
            _string.Release();
        _string = default;
    }

    private static long CountOf(Entry entry) => entry.Encoding switch
    {
        ValueEncoding.QuickList => new QuickList(entry.Collection).Nodes,
        ValueEncoding.Stream => new StreamValue(entry.Collection).BlockCount,
        _ => CollectionType.Of(entry.Type).Count(entry.Encoding, entry.Collection),
    };

    private void Write(byte* element)
    {
        switch (_type)
        {
            case Storage.ValueType.Hash:
                var field = new HashField(element);
                if (_deadlines == FieldDeadlineForm.Redis)
                    _buffer.WriteLength(field.HasDeadline ? (ulong)(field.Deadline - _earliest + 1) : 0);
                _buffer.WriteString(field.Name);
                _buffer.WriteString(field.Value);
                if (_deadlines == FieldDeadlineForm.Valkey)
                    _buffer.WriteInt64(field.Deadline);
                break;
            case Storage.ValueType.Set:
                byte* data = SetMember.Data(element, out int length);
                _buffer.WriteString(new ReadOnlySpan<byte>(data, length));
                break;
            default:
                var member = new MemberRecord(element);
                _buffer.WriteString(member.Member);
                _buffer.WriteDouble(member.Score);
                break;
        }
    }
}
