using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;
using Carnelian.Storage.Streams;

namespace Carnelian.Persistence.Rdb;

/// <summary>
/// Writes keys and values as RDB files and dumps hold them: what is in memory as it lies there, tables element by element.
/// </summary>
/// <remarks>
/// One thread at a time, with the lock of the entry's shard. The bytes are those that Valkey writes for the same value, but for the order of
/// elements in tables.
/// </remarks>
public sealed unsafe class RdbEntryWriter : IDisposable
{
    private const int PrefetchDistance = 8;
    private const byte PlainNode = 1;
    private const byte PackedNode = 2;

    private readonly RdbBuffer _buffer;
    private RecordList _records;

    /// <summary>Makes a writer.</summary>
    /// <param name="buffer">Where it writes to; stays the caller's.</param>
    /// <param name="profile">Whom it writes for.</param>
    public RdbEntryWriter(RdbBuffer buffer, RdbProfile profile)
    {
        _buffer = buffer;
        Profile = profile;
    }

    /// <summary>Where it writes to.</summary>
    public RdbBuffer Buffer => _buffer;

    /// <summary>Whom the entries are written for.</summary>
    public RdbProfile Profile { get; set; }

    /// <summary>What is written on the use of keys.</summary>
    public AccessNote Note { get; set; }

    /// <summary>Whether fields of hashes lose their deadlines where the format cannot hold them; else that is an obstacle.</summary>
    public bool DropsFieldDeadlines { get; set; }

    /// <summary>What is written on the use of keys under an eviction policy.</summary>
    public static AccessNote NoteFor(EvictionPolicy policy) => policy switch
    {
        EvictionPolicy.AllKeysLru or EvictionPolicy.VolatileLru or EvictionPolicy.AllKeysLrm or EvictionPolicy.VolatileLrm => AccessNote.Idle,
        EvictionPolicy.AllKeysLfu or EvictionPolicy.VolatileLfu => AccessNote.Frequency,
        _ => AccessNote.None,
    };

    /// <summary>Whether a value can be written, and if not, why.</summary>
    public RdbObstacle ObstacleFor(Entry entry) => DropsFieldDeadlines ? RdbObstacle.None : ObstacleFor(entry, Profile);

    /// <summary>Whether a value can be written for somebody, and if not, why.</summary>
    public static RdbObstacle ObstacleFor(Entry entry, RdbProfile profile) =>
        profile.FieldDeadlines == FieldDeadlineForm.None && HasFieldDeadlines(entry) ? RdbObstacle.FieldDeadlines : RdbObstacle.None;

    /// <summary>Whether a value has deadlines of fields that the format cannot hold.</summary>
    public bool LosesFieldDeadlines(Entry entry) => ObstacleFor(entry, Profile) == RdbObstacle.FieldDeadlines;

    /// <summary>Writes all on a key: deadline, use, type, key and value; nothing if there is an obstacle.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="access">What its access bits mean.</param>
    /// <param name="now">The time, in milliseconds of Unix time.</param>
    public RdbObstacle WriteEntry(Entry entry, AccessClock access, long now)
    {
        RdbObstacle obstacle = WriteHead(entry, access, now);
        if (obstacle == RdbObstacle.None)
            WriteValue(entry);
        return obstacle;
    }

    /// <summary>Writes what comes before the value: deadline, use, type and key; nothing if there is an obstacle.</summary>
    public RdbObstacle WriteHead(Entry entry, AccessClock access, long now)
    {
        RdbObstacle obstacle = ObstacleFor(entry);
        if (obstacle != RdbObstacle.None)
            return obstacle;
        if (entry.HasDeadline)
        {
            _buffer.WriteByte(RdbOpcode.ExpireMilliseconds);
            _buffer.WriteInt64(entry.Deadline);
        }
        if (Note == AccessNote.Idle)
        {
            _buffer.WriteByte(RdbOpcode.Idle);
            _buffer.WriteLength((ulong)AccessClock.IdleSeconds(entry, now));
        }
        else if (Note == AccessNote.Frequency)
        {
            _buffer.WriteByte(RdbOpcode.Frequency);
            _buffer.WriteByte((byte)access.Frequency(entry, now));
        }
        _buffer.WriteByte(TypeOf(entry));
        _buffer.WriteString(entry.KeyBytes);
        return RdbObstacle.None;
    }

    /// <summary>Writes the payload of DUMP behind what is in the buffer, which has no output: type, value, version and a checksum over all that.</summary>
    /// <param name="entry">The entry, for which there is no obstacle.</param>
    public void WriteDump(Entry entry)
    {
        long start = _buffer.Length;
        _buffer.WriteByte(TypeOf(entry));
        WriteValue(entry);
        _buffer.WriteByte((byte)Profile.Version);
        _buffer.WriteByte((byte)(Profile.Version >> 8));
        ulong checksum = 0;
        for (long at = start; at < _buffer.Length;)
        {
            var part = (int)Math.Min(_buffer.Length - at, 1 << 30);
            checksum = Crc64.Append(checksum, new ReadOnlySpan<byte>(_buffer.Data + at, part));
            at += part;
        }
        _buffer.WriteInt64((long)checksum);
    }

    /// <summary>The <see cref="RdbType"/> that a value, for which there is no obstacle, is written as.</summary>
    public byte TypeOf(Entry entry) => entry.Type switch
    {
        Storage.ValueType.String => RdbType.String,
        Storage.ValueType.List => RdbType.ListQuickList2,
        Storage.ValueType.Set => entry.Encoding switch
        {
            ValueEncoding.IntSet => RdbType.SetIntSet,
            ValueEncoding.ListPack when Profile.HasVersion11Types => RdbType.SetListPack,
            _ => RdbType.Set,
        },
        Storage.ValueType.SortedSet => entry.Encoding == ValueEncoding.ListPack ? RdbType.SortedSetListPack : RdbType.SortedSet2,
        Storage.ValueType.Hash => entry.Encoding == ValueEncoding.ListPack ? RdbType.HashListPack
            : !HasFieldDeadlines(entry) || LosesFieldDeadlines(entry) ? RdbType.Hash
            : Profile.FieldDeadlines == FieldDeadlineForm.Valkey ? RdbType.ValkeyHash2 : RdbType.RedisHashMetadata,
        _ => Profile.HasVersion11Types ? RdbType.StreamListPacks3 : RdbType.StreamListPacks2,
    };

    /// <summary>Writes a value, for which there is no obstacle, without its type.</summary>
    public void WriteValue(Entry entry)
    {
        switch (entry.Encoding)
        {
            case ValueEncoding.Integer:
                _buffer.WriteString(entry.Integer);
                break;
            case ValueEncoding.Inline or ValueEncoding.Block:
                _buffer.WriteString(entry.StringBytes);
                break;
            case ValueEncoding.ListPack when entry.Type == Storage.ValueType.Set && !Profile.HasVersion11Types:
                WriteSmallSet(new ListPack(entry.Collection));
                break;
            case ValueEncoding.ListPack:
                if (entry.Type == Storage.ValueType.List)
                {
                    _buffer.WriteLength(1);
                    _buffer.WriteLength(PackedNode);
                }
                _buffer.WriteString(new ListPack(entry.Collection).AsSpan());
                break;
            case ValueEncoding.IntSet:
                _buffer.WriteString(new ReadOnlySpan<byte>(entry.Collection, (int)new IntSet(entry.Collection).Bytes));
                break;
            case ValueEncoding.QuickList:
                WriteList(new QuickList(entry.Collection));
                break;
            case ValueEncoding.HashTable when entry.Type == Storage.ValueType.Set:
                WriteSet((SetTable*)entry.Collection);
                break;
            case ValueEncoding.HashTable:
                WriteHash((FieldTable*)entry.Collection);
                break;
            case ValueEncoding.SkipList:
                WriteSortedSet(new SortedSet(entry));
                break;
            case ValueEncoding.Stream:
                RdbStreamWriter.Write(_buffer, new StreamValue(entry.Collection), hasActiveTimes: Profile.HasVersion11Types);
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _records.Dispose();

    private static bool HasFieldDeadlines(Entry entry) =>
        entry.Type == Storage.ValueType.Hash && entry.Encoding == ValueEncoding.HashTable && ((FieldTable*)entry.Collection)->VolatileCount != 0;

    private void WriteList(QuickList list)
    {
        _buffer.WriteLength((ulong)list.Nodes);
        for (QuickListNode* node = list.Head; node != null; node = node->Next)
        {
            if (node->IsPlain)
                WriteNode(_buffer, new ReadOnlySpan<byte>(node->Text.Data, checked((int)node->Text.Length)), isPlain: true);
            else
                WriteNode(_buffer, node->Pack.AsSpan(), isPlain: false);
        }
    }

    /// <summary>Writes a node of a list.</summary>
    internal static void WriteNode(RdbBuffer buffer, ReadOnlySpan<byte> content, bool isPlain)
    {
        buffer.WriteLength(isPlain ? PlainNode : PackedNode);
        buffer.WriteString(content);
    }

    private void WriteSmallSet(ListPack pack)
    {
        _buffer.WriteLength((ulong)pack.Count);
        for (byte* at = pack.First; at != null; at = ListPack.Next(at))
            _buffer.WriteString(ListPack.Read(at));
    }

    private void WriteSet(SetTable* set)
    {
        _buffer.WriteLength((ulong)set->Count);
        for (long position = 0; position >= 0;)
        {
            _records.Clear();
            SetTable.TableOf(set).CollectSegment(ref position, ref _records);
            for (int i = 0; i < _records.Count; i++)
            {
                Prefetch(i);
                byte* data = SetMember.Data(_records[i], out int length);
                _buffer.WriteString(new ReadOnlySpan<byte>(data, length));
            }
        }
    }

    private void WriteHash(FieldTable* table)
    {
        FieldDeadlineForm form = table->VolatileCount == 0 ? FieldDeadlineForm.None : Profile.FieldDeadlines;
        if (form == FieldDeadlineForm.Redis)
            _buffer.WriteInt64(table->Earliest);
        _buffer.WriteLength((ulong)table->Count);
        for (long position = 0; position >= 0;)
        {
            _records.Clear();
            table->CollectSegment(ref position, ref _records);
            for (int i = 0; i < _records.Count; i++)
            {
                Prefetch(i);
                var field = new HashField(_records[i]);
                if (form == FieldDeadlineForm.Redis)
                    _buffer.WriteLength(field.HasDeadline ? (ulong)(field.Deadline - table->Earliest + 1) : 0);
                _buffer.WriteString(field.Name);
                _buffer.WriteString(field.Value);
                if (form == FieldDeadlineForm.Valkey)
                    _buffer.WriteInt64(field.Deadline);
            }
        }
    }

    private void WriteSortedSet(SortedSet set)
    {
        // From the greatest on: whoever loads it so inserts each at the beginning.
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        _buffer.WriteLength((ulong)set.Count);
        for (var cursor = new SortedSetCursor(set, set.Count - 1); cursor.IsAtMember; cursor.MovePrevious())
        {
            _buffer.WriteString(cursor.Member(digits));
            _buffer.WriteDouble(cursor.Score);
        }
    }

    private void Prefetch(int index)
    {
        if (index + PrefetchDistance < _records.Count)
            CacheLine.Prefetch(_records[index + PrefetchDistance]);
    }
}
