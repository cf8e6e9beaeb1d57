using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Sorting;

/// <summary>A pattern of BY or GET: the element takes the place of the first star, which gives a key; what follows an arrow is a field of the hash there.</summary>
internal static unsafe class SortPattern
{
    private const int MostOnStack = 256;

    /// <summary>Whether the pattern names keys by elements; one that does not finds nothing.</summary>
    public static bool HasStar(ReadOnlySpan<byte> pattern) => pattern.Contains((byte)'*');

    /// <summary>Whether the pattern stands for the element itself.</summary>
    public static bool IsElement(ReadOnlySpan<byte> pattern) => pattern.SequenceEqual("#"u8);

    /// <summary>A string in native memory, which may be empty.</summary>
    public static PackedValue ValueOf(ReadOnlySpan<byte> bytes) => new((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)), bytes.Length);

    /// <summary>Looks up what the pattern names for an element. All locks are held.</summary>
    /// <returns>False if there is no such key or field, or the value has the wrong type.</returns>
    public static bool TryFind(scoped ref CommandContext ctx, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> element, out PackedValue value)
    {
        value = default;
        int star = pattern.IndexOf((byte)'*');
        if (star < 0)
            return false;
        ReadOnlySpan<byte> behind = pattern[(star + 1)..], field = default;
        int arrow = behind.IndexOf("->"u8);
        if (arrow >= 0 && arrow + 2 < behind.Length)
        {
            field = behind[(arrow + 2)..];
            behind = behind[..arrow];
        }

        int length = star + element.Length + behind.Length;
        byte* room = stackalloc byte[MostOnStack];
        byte* name = length <= MostOnStack ? room : NativeHeap.Allocate((nuint)length);
        var bytes = new Span<byte>(name, length);
        pattern[..star].CopyTo(bytes);
        element.CopyTo(bytes[star..]);
        behind.CopyTo(bytes[(star + element.Length)..]);
        Entry entry = ctx.Find(new Key(name, length));
        if (name != room)
            NativeHeap.Free(name);

        if (!entry.Exists)
            return false;
        if (!field.IsEmpty)
            return entry.Type == ValueType.Hash && new Hash(entry).TryGet(field, ctx.Now, out value);
        if (entry.Type != ValueType.String)
            return false;
        if (entry.Encoding == ValueEncoding.Integer)
        {
            value = new PackedValue(entry.Integer);
            return true;
        }
        value = ValueOf(entry.StringBytes);
        return true;
    }
}
