using System.Buffers.Binary;
using Carnelian.Storage.Packed;

namespace Carnelian.Fuzz.Targets;

/// <summary>
/// Intsets from outside: what passes the check can be read, changed and built anew with the same integers. The number in the header is
/// also set to what the input has room for, since the mutator seldom meets it.
/// </summary>
internal sealed class IntSetTarget : FuzzTarget
{
    public override string Name => "intset";

    public override IReadOnlyList<byte[]> Dictionary { get; } = [[2, 0, 0, 0], [4, 0, 0, 0], [8, 0, 0, 0], [0xFF, 0xFF], [0xFF, 0x7F], [0, 0x80], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80]];

    public override void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length < IntSet.HeaderSize + 2)
            return;
        byte[] mended = input.ToArray();
        foreach (int width in (ReadOnlySpan<int>)[2, 4, 8])
        {
            int count = (mended.Length - IntSet.HeaderSize) / width;
            BinaryPrimitives.WriteInt32LittleEndian(mended, width);
            BinaryPrimitives.WriteInt32LittleEndian(mended.AsSpan(4), count);
            Check(mended.AsSpan(0, IntSet.HeaderSize + count * width));
        }
    }

    private static void Check(ReadOnlySpan<byte> input)
    {
        if (!IntSet.IsValid(input))
            return;
        IntSet set = IntSet.From(input), built = IntSet.Create();
        for (int i = 0; i < set.Count; i++)
        {
            if (!set.Contains(set[i])) throw new FuzzFailure("an integer is not found");
            built = built.Add(set[i], out bool added);
            if (!added) throw new FuzzFailure("an integer is there twice");
        }
        if (built.Count != set.Count || built.Least != set.Least || built.Greatest != set.Greatest) throw new FuzzFailure("a set built anew is another");
        int count = set.Count;
        set = set.Add(long.MinValue, out bool isNew);
        set = set.Remove(set[set.Count / 2], out bool removed);
        if (!removed || set.Count != count + (isNew ? 1 : 0) - 1 || (set.Count > 0 && !IntSet.IsValid(set.AsSpan()))) throw new FuzzFailure("a changed set is not valid");
        set.Free();
        built.Free();
    }
}
