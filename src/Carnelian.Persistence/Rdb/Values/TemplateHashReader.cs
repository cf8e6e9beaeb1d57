using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads hashes of Redis 8.10 whose fields are named by a template: one of the file, or one that stands before the values. They become hashes like others.</summary>
internal static unsafe class TemplateHashReader
{
    private const byte PackedFields = 0;
    private const byte PlainFields = 1;

    /// <summary>Values in a listpack, behind the number of the template, which means nothing where the names stand before.</summary>
    public static bool TryReadPack(ref RdbInput input, in LoadRules rules, bool isReference, out LoadedValue value)
    {
        value = default;
        byte[][]? fields = null;
        if (!isReference && !TryReadFields(ref input, out fields))
            return false;
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!ListPack.IsValid(bytes, out int count))
            return input.Corrupt("Hash template listpack integrity check failed.");
        if (count == 0)
            return input.Corrupt("Hash template-listpack is empty");
        fixed (byte* address = bytes)
        {
            byte* element = new ListPack(address).First;
            PackedValue id = ListPack.Read(element);
            if (!id.IsInteger)
                return input.Corrupt("Hash template-listpack first entry is not an integer");
            fields ??= Find(ref input, rules, (ulong)id.Integer);
            if (fields == null)
                return false;
            if (count != fields.Length + 1)
                return input.Corrupt($"Hash template-listpack entry count {count} does not match the {fields.Length} fields of its template");
            var builder = new HashBuilder(fields.Length, rules.Limits.Hash, fields.Length);
            Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
            foreach (byte[] field in fields)
            {
                element = ListPack.Next(element);
                _ = builder.TryAdd(field, ListPack.Read(element).Bytes(digits), -1);
            }
            return builder.TryFinish(out value);
        }
    }

    /// <summary>Values one by one, behind the names of the fields or the number of the template.</summary>
    public static bool TryReadValues(ref RdbInput input, in LoadRules rules, bool isReference, out LoadedValue value)
    {
        value = default;
        byte[][]? fields = null;
        if (isReference)
        {
            if (!input.TryReadLength(out ulong id))
                return false;
            fields = Find(ref input, rules, id);
        }
        else if (!TryReadFields(ref input, out fields))
        {
            return false;
        }
        if (fields == null)
            return false;
        var builder = new HashBuilder(fields.Length, rules.Limits.Hash, input.MostExpected(fields.Length, 1));
        foreach (byte[] field in fields)
        {
            if (!input.TryReadString(out ReadOnlySpan<byte> text))
            {
                builder.Discard();
                return false;
            }
            _ = builder.TryAdd(field, text, -1);
        }
        return builder.TryFinish(out value);
    }

    private static bool TryReadFields(ref RdbInput input, out byte[][]? fields)
    {
        fields = null;
        if (!input.TryReadByte(out byte form))
            return false;
        return form switch
        {
            PackedFields => HashTemplates.TryReadPackedFields(ref input, out fields),
            PlainFields => HashTemplates.TryReadFields(ref input, out fields),
            _ => input.Corrupt($"Unknown format {form} of hash template fields"),
        };
    }

    private static byte[][]? Find(ref RdbInput input, in LoadRules rules, ulong id)
    {
        byte[][]? fields = null;
        if (rules.Templates == null)
            _ = input.Corrupt("Reference to a hash template is not valid in a DUMP payload");
        else if ((fields = rules.Templates.Find(id)) == null)
            _ = input.Corrupt($"Invalid hash template ID {id}");
        return fields;
    }
}
