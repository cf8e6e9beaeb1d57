using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>HRANDFIELD: fields by chance.</summary>
public static unsafe class HashRandomCommand
{
    /// <summary>So often a field is drawn again that has expired; then all are looked at.</summary>
    private const int MostExpired = 64;

    [ThreadStatic]
    private static FastRandom t_random;

    [Command("HRANDFIELD", Arity = -2, Group = CommandGroup.Hash, Since = "6.2.0", Complexity = "O(N) where N is the number of fields returned",
        Summary = "Returns fields chosen by chance.",
        Flags = ReadOnly, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key, [options{count:integer, [WITHVALUES]}]")]
    public static void HRandField(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount == 2)
        {
            WriteOne(ref ctx);
            return;
        }
        if (!TryArguments(ref ctx, out long count, out bool withValues))
            return;
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        if (!entry.Exists || count == 0)
        {
            ctx.Reply.Array(0);
            return;
        }
        Seed();
        var draw = new Draw { Hash = new Hash(entry), WithValues = withValues, Now = HashAccess.VisibleTime(ref ctx) };
        if (count < 0)
            WriteRepeated(ref ctx, draw, (int)-count);
        else if (count >= draw.Hash.Count)
            WriteSome(ref ctx, draw, long.MaxValue);
        else if (draw.Hash.IsPacked || count > draw.Hash.Count / 3)
            WriteSome(ref ctx, draw, count);
        else
            WriteDistinct(ref ctx, draw, (int)count);
    }

    private ref struct Draw
    {
        public Hash Hash;
        public bool WithValues;
        public long Now;
    }

    private static bool TryArguments(scoped ref CommandContext ctx, out long count, out bool withValues)
    {
        withValues = false;
        if (!ctx.TryInteger(2, out count))
            return false;
        if (count == long.MinValue)
        {
            ctx.Reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8);
            return false;
        }
        if (ctx.ArgCount > 3)
        {
            if (ctx.ArgCount > 4 || !ctx.ArgIs(3, "withvalues"u8))
            {
                ctx.WriteSyntaxError();
                return false;
            }
            withValues = true;
        }
        // No reply has more elements than a 32-bit number can tell.
        if (count >= -(withValues ? int.MaxValue / 2 : int.MaxValue) && (!withValues || count <= long.MaxValue / 2))
            return true;
        ctx.Reply.Error("ERR value is out of range"u8);
        return false;
    }

    private static void Seed()
    {
        if (t_random.Equals(default(FastRandom)))
            t_random = new FastRandom((ulong)Random.Shared.NextInt64());
    }

    private static void WriteOne(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        Seed();
        if (!entry.Exists)
        {
            ctx.Reply.Null();
            return;
        }
        var draw = new Draw { Hash = new Hash(entry), Now = HashAccess.VisibleTime(ref ctx) };
        RecordList fields = default;
        byte* field = DrawOne(draw, ref fields);
        if (field == null)
            ctx.Reply.Null();
        else
            Write(ref ctx, draw, field);
        fields.Dispose();
    }

    /// <summary>Draws count fields, each from all.</summary>
    private static void WriteRepeated(scoped ref CommandContext ctx, scoped in Draw draw, int count)
    {
        RecordList fields = default;
        byte* field = DrawOne(draw, ref fields);
        WriteHeader(ref ctx, draw, field == null ? 0 : count);
        for (int i = 0; field != null && i < count; i++)
        {
            Write(ref ctx, draw, field);
            field = DrawOne(draw, ref fields);
        }
        fields.Dispose();
    }

    /// <summary>A field by chance: from the table, or from a list of all that has been made since it is a pack or most fields have expired.</summary>
    /// <returns>The listpack element or record; null if no field is left.</returns>
    private static byte* DrawOne(scoped in Draw draw, ref RecordList fields)
    {
        if (fields.Count == 0 && !draw.Hash.IsPacked)
        {
            for (int tries = 0; tries < MostExpired; tries++)
            {
                byte* record = draw.Hash.Table->Sample(ref t_random);
                if (record == null)
                    return null;
                if (IsVisible(draw, record))
                    return record;
            }
        }
        if (fields.Count == 0)
            Collect(draw, ref fields);
        return fields.Count == 0 ? null : fields[t_random.Next(fields.Count)];
    }

    /// <summary>Goes through all fields once and takes each with the chance that leaves the right number in the end.</summary>
    private static void WriteSome(scoped ref CommandContext ctx, scoped in Draw draw, long count)
    {
        RecordList fields = default;
        Collect(draw, ref fields);
        int wanted = (int)Math.Min(count, fields.Count);
        WriteHeader(ref ctx, draw, wanted);
        for (int i = 0; wanted > 0; i++)
        {
            if (t_random.Next(fields.Count - i) >= wanted)
                continue;
            Write(ref ctx, draw, fields[i]);
            wanted--;
        }
        fields.Dispose();
    }

    /// <summary>Draws until enough different fields have come: they are few of many.</summary>
    private static void WriteDistinct(scoped ref CommandContext ctx, scoped in Draw draw, int count)
    {
        var drawn = new RecordSet(count);
        RecordList fields = default;
        for (long tries = 0; fields.Count < count && tries < 8L * count + MostExpired; tries++)
        {
            byte* record = draw.Hash.Table->Sample(ref t_random);
            if (IsVisible(draw, record) && drawn.Add(record))
                fields.Add(record);
        }
        drawn.Dispose();
        if (fields.Count < count)
        {
            fields.Dispose();
            WriteSome(ref ctx, draw, count);
            return;
        }
        WriteHeader(ref ctx, draw, count);
        for (int i = 0; i < count; i++)
            Write(ref ctx, draw, fields[i]);
        fields.Dispose();
    }

    private static void Collect(scoped in Draw draw, ref RecordList fields)
    {
        if (draw.Hash.IsPacked)
        {
            for (byte* element = draw.Hash.Pack.First; element != null; element = ListPack.Next(ListPack.Next(element)))
                fields.Add(element);
            return;
        }
        RecordList records = default;
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            draw.Hash.Table->CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
            {
                if (IsVisible(draw, records[i]))
                    fields.Add(records[i]);
            }
        }
        records.Dispose();
    }

    private static bool IsVisible(scoped in Draw draw, byte* record)
    {
        var field = new HashField(record);
        return !field.HasDeadline || field.Deadline >= draw.Now;
    }

    private static void WriteHeader(scoped ref CommandContext ctx, scoped in Draw draw, int count) =>
        ctx.Reply.Array(draw.WithValues && ctx.Reply.Resp < 3 ? count * 2 : count);

    private static void Write(scoped ref CommandContext ctx, scoped in Draw draw, byte* field)
    {
        if (draw.WithValues && ctx.Reply.Resp >= 3)
            ctx.Reply.Array(2);
        if (draw.Hash.IsPacked)
        {
            HashAccess.WriteName(ref ctx, ListPack.Read(field));
            if (draw.WithValues)
                HashAccess.Write(ref ctx, draw.Hash, ListPack.Read(ListPack.Next(field)));
            return;
        }
        var record = new HashField(field);
        ctx.Reply.Bulk(record.NameData, record.NameLength);
        if (draw.WithValues)
            HashAccess.Write(ref ctx, draw.Hash, record.Value);
    }

    /// <summary>Record addresses that have been met, in open addressing.</summary>
    private ref struct RecordSet
    {
        private readonly ulong* _slots;
        private readonly uint _mask;

        public RecordSet(int most)
        {
            uint slots = System.Numerics.BitOperations.RoundUpToPowerOf2((uint)most * 2);
            _mask = slots - 1;
            _slots = (ulong*)NativeHeap.Allocate((nuint)slots * sizeof(ulong));
            System.Runtime.InteropServices.NativeMemory.Clear(_slots, (nuint)slots * sizeof(ulong));
        }

        /// <summary>Adds an address; false if it is there already.</summary>
        public readonly bool Add(byte* record)
        {
            var address = (ulong)record;
            for (uint at = (uint)(address * 0x9E3779B97F4A7C15 >> 32) & _mask; ; at = (at + 1) & _mask)
            {
                if (_slots[at] == address)
                    return false;
                if (_slots[at] != 0)
                    continue;
                _slots[at] = address;
                return true;
            }
        }

        public readonly void Dispose() => NativeHeap.Free((byte*)_slots);
    }
}
