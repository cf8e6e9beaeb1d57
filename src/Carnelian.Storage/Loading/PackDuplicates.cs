using Carnelian.Memory;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Loading;

/// <summary>Whether a pack from outside names a member or field twice. A table of hashes and places, and a comparison only where hashes agree.</summary>
public static unsafe class PackDuplicates
{
    private const int FewElements = 256;

    /// <summary>Looks through a valid pack.</summary>
    /// <param name="pack">The pack.</param>
    /// <param name="step">How many elements belong together: the first of each group is the name.</param>
    public static bool Exist(ListPack pack, int step)
    {
        long names = pack.Count / step;
        if (names < 2)
            return false;
        int slots = 4;
        while (slots < names * 2)
            slots *= 2;
        if (slots <= FewElements)
        {
            ulong* few = stackalloc ulong[slots];
            new Span<ulong>(few, slots).Clear();
            return Exist(pack, step, few, slots);
        }
        byte* block = NativeHeap.Allocate((nuint)slots * sizeof(ulong));
        new Span<byte>(block, slots * sizeof(ulong)).Clear();
        bool exist = Exist(pack, step, (ulong*)block, slots);
        NativeHeap.Free(block);
        return exist;
    }

    private static bool Exist(ListPack pack, int step, ulong* table, int slots)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits], otherDigits = stackalloc byte[PackedValue.MostDigits];
        for (byte* element = pack.First; element != null;)
        {
            ReadOnlySpan<byte> name = ListPack.Read(element).Bytes(digits);
            ulong hash = KeyHash.Compute(name);
            // The upper half is of the hash, the lower one the place in the pack, which is never 0.
            ulong mark = hash & 0xFFFFFFFF00000000 | (uint)(element - pack.Address);
            int slot = (int)hash & (slots - 1);
            for (; table[slot] != 0; slot = (slot + 1) & (slots - 1))
            {
                if (((table[slot] ^ mark) >> 32) == 0 && ListPack.Read(pack.Address + (uint)table[slot]).Bytes(otherDigits).SequenceEqual(name))
                    return true;
            }
            table[slot] = mark;
            for (int i = 0; i < step && element != null; i++)
                element = ListPack.Next(element);
        }
        return false;
    }
}
