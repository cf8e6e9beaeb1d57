using Carnelian.Memory;
using Carnelian.Persistence.Rdb;
using Carnelian.Storage;

namespace Carnelian.Persistence.Snapshots;

/// <summary>
/// Keys of a snapshot in the form of an RDB file, on their way to it: bytes, and long strings, to which it holds references.
/// </summary>
/// <remarks>One thread at a time. The bytes stand for themselves: a SELECTDB comes before the first key.</remarks>
internal sealed unsafe class SnapshotRecords : IDisposable
{
    /// <summary>A string from this length on is encoded when it is written, and not under the lock of its key.</summary>
    private const long LeastDeferred = 16 * 1024;

    /// <summary>Before each copy of an entry: its database and the bytes to the next one.</summary>
    private const int RawHeader = 2 * sizeof(int);

    /// <summary>A buffer that has become larger is freed, in bytes.</summary>
    private const long MostKept = 1 << 20;

    private readonly RdbBuffer _buffer = new();
    private readonly RdbEntryWriter _writer;
    private readonly List<Deferred> _deferred = [];
    private int _database = -1;
    private AccessClock? _access;
    private long _now;
    private byte* _raw;
    private long _rawLength;
    private long _rawCapacity;

    public SnapshotRecords(RdbProfile profile, AccessNote note, bool compresses)
    {
        _buffer.Compresses = compresses;
        _writer = new RdbEntryWriter(_buffer, profile) { Note = note };
    }

    private readonly record struct Deferred(long Offset, nint Block);

    /// <summary>The memory that the records keep occupied, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _buffer.Length == 0;

    /// <summary>Adds a key. Under its lock.</summary>
    public RdbObstacle Add(int database, Entry entry, AccessClock access, long now)
    {
        _access = access;
        _now = now;
        if (entry.Encoding is ValueEncoding.Inline or ValueEncoding.Integer)
        {
            AddRaw(database, entry);
            return RdbObstacle.None;
        }
        long before = _buffer.Length;
        Select(database);
        RdbObstacle obstacle;
        if (entry.Encoding == ValueEncoding.Block && entry.Block.Length >= LeastDeferred)
        {
            obstacle = _writer.WriteHead(entry, access, now);
            StringBlock block = entry.Block;
            block.AddReference();
            _deferred.Add(new Deferred(_buffer.Length, (nint)block.Address));
            Bytes += block.AllocatedBytes;
        }
        else
        {
            obstacle = _writer.WriteEntry(entry, access, now);
        }
        Bytes += _buffer.Length - before;
        return obstacle;
    }

    /// <summary>Writes the records and forgets them.</summary>
    public void MoveTo(RdbBuffer target)
    {
        EncodeRaw();
        long written = 0;
        foreach ((long offset, nint address) in _deferred)
        {
            WriteBytes(target, written, offset);
            written = offset;
            var block = new StringBlock((byte*)address);
            target.WriteString(new ReadOnlySpan<byte>(block.Data, checked((int)block.Length)));
            block.Release();
        }
        _deferred.Clear();
        WriteBytes(target, written, _buffer.Length);
        Clear();
    }

    /// <summary>Forgets the records.</summary>
    public void Clear()
    {
        foreach (Deferred deferred in _deferred)
            new StringBlock((byte*)deferred.Block).Release();
        _deferred.Clear();
        _buffer.Clear();
        if (_buffer.Capacity > MostKept)
            NativeHeap.Free(_buffer.Detach());
        _rawLength = 0;
        if (_rawCapacity > MostKept)
            FreeRaw();
        Bytes = 0;
        _database = -1;
    }

    private void Select(int database)
    {
        if (database == _database)
            return;
        _buffer.WriteByte(RdbOpcode.SelectDatabase);
        _buffer.WriteLength((ulong)database);
        _database = database;
    }

    /// <summary>Copies an entry as it lies in memory: that is quick, and it is encoded when nobody waits for its lock.</summary>
    private void AddRaw(int database, Entry entry)
    {
        long length = entry.ValueData - entry.Address + entry.InlineLength;
        long size = RawHeader + ((length + 7) & ~7L);
        if (_rawLength + size > _rawCapacity)
        {
            _rawCapacity = Math.Max(_rawLength + size, _rawCapacity * 2);
            _raw = NativeHeap.Reallocate(_raw, (nuint)_rawCapacity);
        }
        byte* at = _raw + _rawLength;
        *(int*)at = database;
        *(int*)(at + sizeof(int)) = (int)size;
        Buffer.MemoryCopy(entry.Address, at + RawHeader, length, length);
        _rawLength += size;
        Bytes += size;
    }

    private void EncodeRaw()
    {
        for (long at = 0; at < _rawLength; at += *(int*)(_raw + at + sizeof(int)))
        {
            Select(*(int*)(_raw + at));
            _ = _writer.WriteEntry(new Entry(_raw + at + RawHeader), _access!, _now);
        }
    }

    private void FreeRaw()
    {
        NativeHeap.Free(_raw);
        _raw = null;
        _rawCapacity = _rawLength = 0;
    }

    private void WriteBytes(RdbBuffer target, long from, long to)
    {
        while (from < to)
        {
            var part = (int)Math.Min(to - from, 1 << 30);
            target.WriteRaw(new ReadOnlySpan<byte>(_buffer.Data + from, part));
            from += part;
        }
    }

    public void Dispose()
    {
        Clear();
        FreeRaw();
        _writer.Dispose();
        _buffer.Dispose();
    }
}
