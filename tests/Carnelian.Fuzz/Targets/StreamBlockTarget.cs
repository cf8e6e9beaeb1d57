using System.Buffers.Binary;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;

namespace Carnelian.Fuzz.Targets;

/// <summary>
/// Blocks of streams from outside: what passes the check can be walked in both directions, added to, and emptied. The length in the header is set to
/// the input's where it is the only thing wrong, since the mutator seldom meets it.
/// </summary>
internal sealed unsafe class StreamBlockTarget : FuzzTarget
{
    private static readonly StreamId s_key = new(1000, 5);

    public override string Name => "stream";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        [0, 1], [1, 1], [2, 1], [3, 1], [4, 1], [5, 1], [6, 1], [0x81, 0x66, 2], [0xDF, 0xFF, 2], [0xFF], [2, 1, 0, 1, 0, 1, 0x81, 0x76, 2, 4, 1], [3, 1, 0, 1, 0, 1, 0x81, 0x76, 2, 4, 1],
        [0, 1, 0, 1, 0, 1, 1, 1, 0x81, 0x67, 2, 0x81, 0x77, 2, 6, 1], [0xF4, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 9], [0xF3, 0xFF, 0xFF, 0xFF, 0x7F, 5],
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length < ListPack.EmptySize)
            return;
        byte[] mended = input.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(mended, mended.Length);
        mended[^1] = 0xFF;
        mended[4] = mended[5] = 0xFF;
        Check(mended);
    }

    private static void Check(ReadOnlySpan<byte> input)
    {
        if (!StreamBlockCheck.IsValid(input, isDeep: true))
            return;
        long entries;
        fixed (byte* address = input)
            entries = ListPack.Read(new ListPack(address).First).Integer;
        StreamValue stream = StreamValue.Create();
        stream.AddBlock(s_key, input, entries);
        long forwards = Walk(stream, isReversed: false, out ulong sum), backwards = Walk(stream, isReversed: true, out ulong reversed);
        if (forwards != backwards || sum != reversed)
            throw new FuzzFailure("backwards there are other entries than forwards");
        stream.TryAdd(StreamId.Max, default(OneField), 0, 0);
        StreamCursor cursor = stream.Range(default, StreamId.Max);
        while (cursor.MoveNext() && stream.Remove(cursor.Id))
            cursor = stream.Range(default, StreamId.Max);
        StreamTrimmer.Trim(stream, new StreamTrim { IsWanted = true });
        stream.Free();
    }

    private static long Walk(StreamValue stream, bool isReversed, out ulong sum)
    {
        long count = 0;
        sum = 0;
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        StreamCursor cursor = stream.Range(default, StreamId.Max, isReversed);
        while (cursor.MoveNext())
        {
            sum += cursor.Id.Milliseconds * 31 + cursor.Id.Sequence;
            for (int i = 0; i < cursor.FieldCount; i++)
            {
                cursor.ReadField(out PackedValue field, out PackedValue value);
                sum += (ulong)(field.Bytes(digits).Length * 7 + value.Bytes(digits).Length);
            }
            count++;
        }
        return count;
    }

    private readonly struct OneField : IFieldSource
    {
        public int Count => 1;

        public ReadOnlySpan<byte> this[int index] => "f"u8;
    }
}
