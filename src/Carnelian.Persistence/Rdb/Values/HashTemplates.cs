using System.Collections.Concurrent;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>The templates of a file of Redis 8.10: names of fields that many hashes share, by number.</summary>
/// <remarks>One thread adds; any may look up what was added before it was given the hash that names it.</remarks>
public sealed class HashTemplates
{
    /// <summary>A length and no text.</summary>
    private const int LeastFieldBytes = 1;

    private readonly ConcurrentDictionary<ulong, byte[][]> _templates = [];

    /// <summary>Finds the names of a template's fields.</summary>
    public byte[][]? Find(ulong id) => _templates.GetValueOrDefault(id);

    /// <summary>Reads what follows the opcode: the number of a template, then the names.</summary>
    /// <returns>False if it cannot be read; the input tells why.</returns>
    internal bool TryAdd(ref RdbInput input)
    {
        if (!input.TryReadLength(out ulong id) || !TryReadFields(ref input, out byte[][] fields))
            return false;
        return _templates.TryAdd(id, fields) || input.Corrupt($"Duplicate hash template ID {id}");
    }

    /// <summary>Reads the number of fields, and their names.</summary>
    internal static bool TryReadFields(ref RdbInput input, out byte[][] fields)
    {
        fields = [];
        if (!input.TryReadCount(out long count))
            return false;
        var names = new List<byte[]>((int)Math.Min(input.MostExpected(count, LeastFieldBytes), ushort.MaxValue));
        for (; count > 0; count--)
        {
            if (!input.TryReadString(out ReadOnlySpan<byte> name))
                return false;
            names.Add(name.ToArray());
        }
        fields = [.. names];
        return AreNames(ref input, fields);
    }

    /// <summary>Reads a listpack of names.</summary>
    internal static unsafe bool TryReadPackedFields(ref RdbInput input, out byte[][] fields)
    {
        fields = [];
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!ListPack.IsValid(bytes, out int count))
            return input.Corrupt("Hash template listpack integrity check failed.");
        fields = new byte[count][];
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        fixed (byte* address = bytes)
        {
            byte* element = new ListPack(address).First;
            for (int i = 0; i < count; i++, element = ListPack.Next(element))
                fields[i] = ListPack.Read(element).Bytes(digits).ToArray();
        }
        return AreNames(ref input, fields);
    }

    /// <summary>Whether there is a name and all differ, in the order of templates: shorter ones first.</summary>
    private static bool AreNames(ref RdbInput input, byte[][] fields)
    {
        if (fields.Length == 0)
            return input.Corrupt("Hash template has zero fields");
        for (int i = 1; i < fields.Length; i++)
        {
            int order = fields[i - 1].Length.CompareTo(fields[i].Length);
            if (order > 0 || (order == 0 && fields[i - 1].AsSpan().SequenceCompareTo(fields[i]) >= 0))
                return input.Corrupt("Hash template fields not strictly sorted");
        }
        return true;
    }
}
