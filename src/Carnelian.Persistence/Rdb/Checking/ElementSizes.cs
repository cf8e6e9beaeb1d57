using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;
using Carnelian.Storage.Streams;
using Carnelian.Text;

namespace Carnelian.Persistence.Rdb.Checking;

/// <summary>Measures the elements of values.</summary>
internal static unsafe class ElementSizes
{
    /// <summary>Counts the bytes of every element of a value.</summary>
    public static void Collect(in LoadedValue value, TypeStatistics statistics)
    {
        switch (value.Encoding)
        {
            case ValueEncoding.Integer:
                statistics.AddElement(new PackedValue(value.Number).StringLength);
                break;
            case ValueEncoding.Inline:
                statistics.AddElement(value.Number);
                break;
            case ValueEncoding.Block:
                statistics.AddElement(new StringBlock(value.Data).Length);
                break;
            case ValueEncoding.ListPack:
                CollectPack(new ListPack(value.Data), value.Type is Storage.ValueType.Hash or Storage.ValueType.SortedSet ? 2 : 1, statistics);
                break;
            case ValueEncoding.IntSet:
                var integers = new IntSet(value.Data);
                for (int i = 0; i < integers.Count; i++)
                    statistics.AddElement(new PackedValue(integers[i]).StringLength);
                break;
            case ValueEncoding.QuickList:
                CollectList(new QuickList(value.Data), statistics);
                break;
            case ValueEncoding.HashTable when value.Type == Storage.ValueType.Set:
                CollectSet((SetTable*)value.Data, statistics);
                break;
            case ValueEncoding.HashTable:
                CollectHash((FieldTable*)value.Data, statistics);
                break;
            case ValueEncoding.SkipList:
                CollectSortedSet(new SortedSet(value.Encoding, value.Data), statistics);
                break;
            case ValueEncoding.Stream:
                CollectStream(new StreamValue(value.Data), statistics);
                break;
        }
    }

    private static void CollectPack(ListPack pack, int step, TypeStatistics statistics)
    {
        for (byte* at = pack.First; at != null;)
        {
            long bytes = 0;
            for (int i = 0; i < step && at != null; i++, at = ListPack.Next(at))
                bytes += ListPack.Read(at).StringLength;
            statistics.AddElement(bytes);
        }
    }

    private static void CollectList(QuickList list, TypeStatistics statistics)
    {
        for (QuickListNode* node = list.Head; node != null; node = node->Next)
        {
            if (node->IsPlain)
                statistics.AddElement((long)node->Text.Length);
            else
                CollectPack(node->Pack, 1, statistics);
        }
    }

    private static void CollectSet(SetTable* set, TypeStatistics statistics)
    {
        var records = new RecordList();
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            SetTable.TableOf(set).CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
            {
                _ = SetMember.Data(records[i], out int length);
                statistics.AddElement(length);
            }
        }
        records.Dispose();
    }

    private static void CollectHash(FieldTable* table, TypeStatistics statistics)
    {
        var records = new RecordList();
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            table->CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
            {
                var field = new HashField(records[i]);
                statistics.AddElement(field.Name.Length + field.Value.Length);
            }
        }
        records.Dispose();
    }

    private static void CollectSortedSet(SortedSet set, TypeStatistics statistics)
    {
        byte* digits = stackalloc byte[NumberFormat.MaxDoubleLength];
        Span<byte> member = stackalloc byte[SortedSetCursor.MostDigits];
        for (var cursor = new SortedSetCursor(set, set.Count - 1); cursor.IsAtMember; cursor.MovePrevious())
            statistics.AddElement(cursor.Member(member).Length + NumberFormat.WriteDouble(digits, cursor.Score));
    }

    private static void CollectStream(StreamValue stream, TypeStatistics statistics)
    {
        StreamCursor cursor = stream.Range(default, StreamId.Max);
        while (cursor.MoveNext())
        {
            for (int i = 0; i < cursor.FieldCount; i++)
            {
                cursor.ReadField(out PackedValue field, out PackedValue value);
                statistics.AddElement(field.StringLength + value.StringLength);
            }
        }
    }
}
