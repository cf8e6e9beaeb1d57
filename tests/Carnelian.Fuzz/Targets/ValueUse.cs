using Carnelian.Persistence.Rdb;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;
using Carnelian.Storage.Streams;

namespace Carnelian.Fuzz.Targets;

/// <summary>Does with a value that was read whatever relies on its being sound: walks, looks everything up, changes and converts it, writes it again.</summary>
internal static unsafe class ValueUse
{
    /// <summary>The limits that values are read with: small, so that conversions happen.</summary>
    public static readonly ValueLimits Limits = new(new HashLimits(8, 16), new ListLimits(-2, 1 << 30), new SetLimits(8, 8, 16), new SortedSetLimits(8, 16));

    /// <summary>Uses a key up.</summary>
    public static void Consume(Database database, in Key key, RdbEntryWriter writer)
    {
        Entry entry = database.Peek(key, 0);
        WriteAgain(entry, writer);
        switch (entry.Type)
        {
            case Storage.ValueType.List:
                UseList(new ListValue(entry));
                break;
            case Storage.ValueType.Set:
                UseSet(entry);
                break;
            case Storage.ValueType.Hash:
                UseHash(database, key, entry);
                break;
            case Storage.ValueType.SortedSet:
                UseSortedSet(entry);
                break;
            case Storage.ValueType.Stream:
                UseStream(new StreamValue(entry.Collection));
                break;
        }
        database.Delete(key, 0, isLazy: false);
    }

    /// <summary>What is written of a value can be read again, and is as long when that is written.</summary>
    private static void WriteAgain(Entry entry, RdbEntryWriter writer)
    {
        writer.Buffer.Clear();
        byte type = writer.TypeOf(entry);
        writer.WriteValue(entry);
        byte[] written = writer.Buffer.Bytes.ToArray();
        fixed (byte* data = written)
        {
            var input = new RdbInput(data, written.Length);
            if (!RdbValueReader.TryRead(ref input, type, new LoadRules(RdbDialect.Valkey, Limits, 0, DropsExpired: false), out LoadedValue value)
                && !(input.Failure == RdbFailure.Empty))
            {
                throw new FuzzFailure($"what was written of a {entry.Type} ({type}) cannot be read: {input.Failure} {input.Detail}");
            }
            if (input.Failure == RdbFailure.None && input.Remaining != 0)
                throw new FuzzFailure($"what was written of a {entry.Type} is longer than what is read of it");
            value.Free();
            input.Dispose();
        }
    }

    private static void UseList(ListValue list)
    {
        long count = 0;
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        for (long i = 0; i < Math.Min(list.Count, 100); i++)
            count += list.At(i).Value.Bytes(digits).Length;
        list.Grow(100, 1, Limits.List);
        list.Push(new ListElement("x"u8), atTail: false, Limits.List);
        list.Push(new ListElement("y"u8), atTail: true, Limits.List);
        while (list.Count > 1)
        {
            list.RemoveEnd(last: list.Count % 2 == 0);
            list.Shrink(Limits.List);
        }
    }

    private static void UseSet(Entry entry)
    {
        SetValue set = SetValue.Of(entry);
        SetValue copy = set.Copy();
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        var walk = new SetWalk(set);
        long seen = 0;
        for (; walk.Next(out PackedValue member); seen++)
        {
            if (!copy.Contains(member) || !copy.Remove(member.Bytes(digits)))
                throw new FuzzFailure("a set does not have its member");
        }
        walk.Dispose();
        if (seen != set.Count || copy.Count != 0)
            throw new FuzzFailure("a set has other members than it has");
        copy.Free();
        set.Add("a string"u8, 0, Limits.Set);
        set.Expect(long.MaxValue, Limits.Set);
        set.StoreIn(entry);
    }

    private static void UseHash(Database database, in Key key, Entry entry)
    {
        var hash = new Hash(entry);
        long before = hash.Count;
        hash.Set("field"u8, new byte[100], -1, 0, Limits.Hash);
        if (hash.IsPacked)
            hash.MakeTable();
        if (hash.Count < before)
            throw new FuzzFailure("a hash has lost fields");
        database.NoteFieldDeadlines(key, entry);
        FieldTable* table = hash.Table;
        RecordList records = default;
        for (long position = 0; position >= 0;)
            table->CollectSegment(ref position, ref records);
        if (records.Count != table->Count)
            throw new FuzzFailure("a hash has other fields than it has");
        for (int i = 0; i < records.Count; i++)
        {
            byte** slot = table->Find(new HashField(records[i]).Name, out ulong found);
            if (slot == null)
                throw new FuzzFailure("a hash does not have its field");
            table->Remove(slot, found);
        }
        records.Dispose();
        database.NoteFieldDeadlines(key, entry);
    }

    private static void UseSortedSet(Entry entry)
    {
        var set = new SortedSet(entry);
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        set.Expect(long.MaxValue, 0, Limits.SortedSet);
        SortedSetCursor cursor = set.At(0);
        double before = double.NegativeInfinity;
        for (long i = 0; i < set.Count; i++, cursor.MoveNext())
        {
            if (set.Rank(cursor.Member(digits), out double score) != i || score < before)
                throw new FuzzFailure("a sorted set is not in order");
            before = score;
        }
        set.Put("member"u8, 3, SortedSetConditions.None, Limits.SortedSet, out _);
        while (set.Count > 1)
            set.Remove(set.At(set.Count / 2).Member(digits));
        set.StoreTo(entry);
    }

    private static void UseStream(StreamValue stream)
    {
        StreamValue copy = stream.Copy();
        for (GroupWalk walk = copy.Groups; walk.MoveNext();)
        {
            for (ConsumerWalk consumers = walk.Group.Consumers; consumers.MoveNext();)
            {
                _ = consumers.Consumer.PendingCount;
            }
            DeliveryKey position = default;
            while (walk.Group.TryNextByDelivery(ref position, long.MaxValue, out StreamId id, out _))
            {
                walk.Group.RemovePending(id);
                position = default;
            }
        }
        StreamCursor cursor = copy.Range(default, StreamId.Max);
        while (cursor.MoveNext() && copy.Remove(cursor.Id))
            cursor = copy.Range(default, StreamId.Max);
        if (copy.Length != 0)
            throw new FuzzFailure("a stream has entries that cannot be removed");
        copy.Free();
        while (stream.GroupCount > 0)
        {
            GroupWalk walk = stream.Groups;
            walk.MoveNext();
            stream.RemoveGroup(walk.Group);
        }
        StreamTrimmer.Trim(stream, new StreamTrim { IsWanted = true });
    }
}
