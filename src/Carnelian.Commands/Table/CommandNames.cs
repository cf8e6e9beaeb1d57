// A map from names to commands for the hottest lookup there is: every request goes through it. Open addressing with
// linear probing in a power of two of slots, at most half filled. A slot keeps the name's length and its first and
// last eight bytes in upper case. Up to sixteen bytes these are the whole name, so two integer compares decide; only
// longer names are compared byte by byte. Built once, read by any thread.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian.Commands.Table;

/// <summary>Finds commands by name in any case, without allocating.</summary>
internal sealed class CommandNames
{
    private const int WholeNameBytes = 16;

    private readonly Slot[] _slots;
    private readonly int _shift;

    /// <param name="names">The names, distinct whatever their case, none empty.</param>
    /// <param name="definitions">The command of each name.</param>
    public CommandNames(ReadOnlySpan<byte[]> names, ReadOnlySpan<CommandDefinition> definitions)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(8, names.Length * 2));
        _slots = new Slot[size];
        _shift = 64 - BitOperations.Log2((uint)size);
        for (int i = 0; i < names.Length; i++)
        {
            Load(names[i], out ulong head, out ulong tail);
            int at = Hash(head, tail, names[i].Length) & (size - 1);
            while (_slots[at].Definition != null)
                at = (at + 1) & (size - 1);
            _slots[at] = new Slot { Head = head, Tail = tail, Name = names[i], Definition = definitions[i], Length = names[i].Length };
        }
    }

    /// <summary>Finds a name.</summary>
    /// <returns>Its command or null.</returns>
    public CommandDefinition? Find(ReadOnlySpan<byte> name)
    {
        Load(name, out ulong head, out ulong tail);
        Slot[] slots = _slots;
        for (int at = Hash(head, tail, name.Length); ; at++)
        {
            ref Slot slot = ref slots[at & (slots.Length - 1)];
            if (slot.Head == head && slot.Tail == tail && slot.Length == name.Length
                && (name.Length <= WholeNameBytes || EqualsIgnoringCase(name, slot.Name)))
                return slot.Definition;
            if (slot.Definition == null)
                return null;
        }
    }

    /// <summary>Whether two names are equal but for the case of ASCII letters.</summary>
    public static bool EqualsIgnoringCase(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != b.Length)
            return false;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i] && ToUpper(a[i]) != ToUpper(b[i]))
                return false;
        }

        return true;
    }

    private static byte ToUpper(byte c) => c is >= (byte)'a' and <= (byte)'z' ? (byte)(c - 0x20) : c;

    private int Hash(ulong head, ulong tail, int length) =>
        (int)(((head ^ BitOperations.RotateLeft(tail, 29)) + ((ulong)length << 47)) * 0x9E3779B97F4A7C15UL >> _shift);

    /// <summary>The first and the last eight bytes in upper case; of shorter names all bytes, spread over the two.</summary>
    private static void Load(ReadOnlySpan<byte> name, out ulong head, out ulong tail)
    {
        ref byte start = ref MemoryMarshal.GetReference(name);
        int length = name.Length;
        if (length >= 8)
        {
            head = UpperCase(Unsafe.ReadUnaligned<ulong>(ref start));
            tail = UpperCase(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, length - 8)));
        }
        else if (length >= 4)
        {
            head = UpperCase(Unsafe.ReadUnaligned<uint>(ref start));
            tail = UpperCase(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, length - 4)));
        }
        else if (length > 0)
        {
            head = UpperCase(start | (ulong)Unsafe.Add(ref start, length >> 1) << 8 | (ulong)Unsafe.Add(ref start, length - 1) << 16);
            tail = 0;
        }
        else
        {
            head = tail = 0;
        }
    }

    /// <summary>Turns the lower case letters among eight bytes into upper case, the other bytes stay.</summary>
    private static ulong UpperCase(ulong bytes)
    {
        const ulong Ones = 0x0101010101010101UL;
        ulong low = bytes & (0x7F * Ones);
        ulong fromA = low + (0x80 - 'a') * Ones;
        ulong afterZ = low + (0x80 - 'z' - 1) * Ones;
        ulong isLower = (fromA ^ afterZ) & ~bytes & (0x80 * Ones);
        return bytes ^ (isLower >> 2);
    }

    private struct Slot
    {
        public ulong Head;
        public ulong Tail;
        public byte[]? Name;
        public CommandDefinition? Definition;
        public int Length;
    }
}
