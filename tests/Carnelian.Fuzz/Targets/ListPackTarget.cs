using System.Buffers.Binary;
using Carnelian.Storage.Packed;

namespace Carnelian.Fuzz.Targets;

/// <summary>
/// Packs from outside: what passes the check can be walked in both directions, changed, and built anew with the same elements. The length
/// in the header is set to the input's where it is the only thing wrong, since the mutator seldom meets it.
/// </summary>
internal sealed unsafe class ListPackTarget : FuzzTarget
{
    public override string Name => "listpack";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        [0xFF], [0xFF, 0xFF], [0xF0, 0xFF, 0xFF, 0xFF, 0xFF], [0xF0, 0, 0, 0, 0], [0xF0, 0xF9, 0xFF, 0xFF, 0xFF], [0xF1, 1, 2, 3], [0xF2, 1, 2, 3, 4], [0xF3, 1, 2, 3, 4, 5],
        [0xF4, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0xF5], [0xFE], [0xC0, 1, 2], [0xDF, 0xFF, 2], [0xE0, 0], [0xEF, 0xFF], [0x80, 1], [0xBF], [0x00, 1], [0x7F, 1], [0x80, 0x80, 0x80, 0x80, 0x80],
        [0x01, 0x81], [0x81, 0x78, 2],
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length < ListPack.EmptySize || BinaryPrimitives.ReadInt32LittleEndian(input) == input.Length)
            return;
        byte[] mended = input.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(mended, mended.Length);
        mended[^1] = 0xFF;
        Check(mended);
        mended[4] = mended[5] = 0xFF;
        Check(mended);
    }

    private static void Check(ReadOnlySpan<byte> input)
    {
        if (!ListPack.IsValid(input, out int count)) return;
        // Exactly as long as the input: the debug heap sees what is written behind it.
        ListPack pack = ListPack.From(input);
        ListPack forwards = ListPack.Create(), backwards = ListPack.Create();
        byte* digits = stackalloc byte[PackedValue.MostDigits];
        int walked = 0;
        for (byte* element = pack.First; element != null; element = ListPack.Next(element), walked++)
        {
            PackedValue value = ListPack.Read(element);
            ReadOnlySpan<byte> bytes = value.Bytes(new Span<byte>(digits, PackedValue.MostDigits));
            if (!value.Equals(bytes)) throw new FuzzFailure("a value is not equal to itself");
            if (bytes.Length != value.StringLength) throw new FuzzFailure("the length of a value is not that of its text");
            forwards = forwards.Append(bytes);
        }
        for (byte* element = pack.Last; element != null; element = pack.Previous(element), walked--)
            backwards = backwards.Prepend(ListPack.Read(element).Bytes(new Span<byte>(digits, PackedValue.MostDigits)));
        if (walked != 0) throw new FuzzFailure("backwards there are not as many elements as forwards");
        if (pack.Count != count || forwards.Count != count) throw new FuzzFailure("the elements are counted in two ways");
        if (!forwards.AsSpan().SequenceEqual(backwards.AsSpan())) throw new FuzzFailure("backwards there are other elements than forwards");

        if (count > 0)
        {
            pack = pack.Replace(pack.At(count / 2), "replaced"u8, out byte* replaced);
            pack = pack.Insert(replaced, 12345, out _);
            pack = pack.Remove(pack.First, out _);
            if (!ListPack.IsValid(pack.AsSpan(), out int left) || left != count) throw new FuzzFailure("a changed pack is not valid");
        }
        pack.Free();
        forwards.Free();
        backwards.Free();
    }
}
