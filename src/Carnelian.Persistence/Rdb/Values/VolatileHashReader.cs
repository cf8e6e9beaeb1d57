using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads hashes whose fields expire, of both families.</summary>
internal static unsafe class VolatileHashReader
{
    /// <summary>Valkey 9: field, value, deadline in milliseconds of Unix time or -1.</summary>
    public static bool TryReadValkey(ref RdbInput input, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        if (!input.TryReadElementCount(out long count))
            return false;
        // Always a table, as there.
        var builder = new HashBuilder(long.MaxValue, rules.Limits.Hash);
        bool isEmpty = true;
        for (; count > 0; count--)
        {
            if (!TryReadPair(ref input, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> text) || !TryReadDeadline(ref input, field, text, rules, ref builder, ref isEmpty))
            {
                builder.Discard();
                return false;
            }
        }
        return TryFinish(ref input, ref builder, isEmpty, out value);
    }

    /// <summary>Redis 7.4: the earliest deadline, then for each field how much later it expires and one, or 0 for never; field; value. Before the release, deadlines in full.</summary>
    public static bool TryReadRedis(ref RdbInput input, in LoadRules rules, bool isPreview, out LoadedValue value)
    {
        value = default;
        long earliest = 0;
        if ((!isPreview && !input.TryReadInt64(out earliest)) || !input.TryReadCount(out long count))
            return false;
        if (earliest < 0)
            return input.Corrupt("Hash read invalid minExpire value");
        if (count == 0)
            return input.Fail(RdbFailure.Empty, "");
        var builder = new HashBuilder(count, rules.Limits.Hash);
        bool isEmpty = true;
        for (; count > 0; count--)
        {
            if (!input.TryReadLength(out ulong expiry) || !TryDeadline(ref input, expiry, isPreview ? 0 : earliest - 1, out long deadline)
                || !TryReadPair(ref input, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> text)
                || !TryAdd(ref input, field, text, deadline, rules, ref builder, ref isEmpty))
            {
                builder.Discard();
                return false;
            }
        }
        return TryFinish(ref input, ref builder, isEmpty, out value);
    }

    /// <summary>Redis 7.4: the earliest deadline, then a listpack of field, value, deadline or 0.</summary>
    public static bool TryReadRedisPack(ref RdbInput input, in LoadRules rules, bool isPreview, out LoadedValue value)
    {
        value = default;
        if (!isPreview && !input.TryReadInt64(out _))
            return false;
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!PackCheck.IsValid(bytes, step: 3))
            return input.Corrupt("Hash listpack with expiry integrity check failed.");
        fixed (byte* address = bytes)
        {
            var pack = new ListPack(address);
            if (pack.IsEmpty)
                return input.Fail(RdbFailure.Empty, "");
            return TryConvert(ref input, pack, rules, out value);
        }
    }

    private static bool TryConvert(ref RdbInput input, ListPack pack, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        var builder = new HashBuilder(pack.Count / 3, rules.Limits.Hash);
        bool isEmpty = true;
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits], textDigits = stackalloc byte[PackedValue.MostDigits];
        for (byte* element = pack.First; element != null; element = ListPack.Next(element))
        {
            ReadOnlySpan<byte> field = ListPack.Read(element).Bytes(digits);
            element = ListPack.Next(element);
            ReadOnlySpan<byte> text = ListPack.Read(element).Bytes(textDigits);
            element = ListPack.Next(element);
            PackedValue expiry = ListPack.Read(element);
            if (!expiry.IsInteger || expiry.Integer < 0)
            {
                builder.Discard();
                return input.Corrupt("Hash listpack with expiry integrity check failed.");
            }
            if (!TryAdd(ref input, field, text, expiry.Integer == 0 ? -1 : expiry.Integer, rules, ref builder, ref isEmpty))
            {
                builder.Discard();
                return false;
            }
        }
        return TryFinish(ref input, ref builder, isEmpty, out value);
    }

    /// <summary>Reads field and value; both stay until the next string is read.</summary>
    private static bool TryReadPair(ref RdbInput input, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> text)
    {
        field = text = default;
        if (!input.TryReadString(out byte* data, out int length))
            return false;
        input.Keep(ref data, length);
        field = new ReadOnlySpan<byte>(data, length);
        return input.TryReadString(out text);
    }

    private static bool TryReadDeadline(
        ref RdbInput input, ReadOnlySpan<byte> field, ReadOnlySpan<byte> text, in LoadRules rules, ref HashBuilder builder, ref bool isEmpty)
    {
        // The value may lie in the window, which moves when the deadline is beyond its end.
        if (input.Window.Length < sizeof(long))
            text = text.ToArray();
        if (!input.TryReadInt64(out long deadline))
            return false;
        return deadline >= -1 ? TryAdd(ref input, field, text, deadline, rules, ref builder, ref isEmpty) : input.Corrupt("Hash field with an invalid expiry");
    }

    private static bool TryDeadline(ref RdbInput input, ulong expiry, long before, out long deadline)
    {
        deadline = -1;
        if (expiry == 0)
            return true;
        if (expiry > long.MaxValue || (long)expiry > long.MaxValue - before)
            return input.Corrupt("Hash field with an invalid expiry");
        deadline = (long)expiry + before;
        return true;
    }

    private static bool TryAdd(
        ref RdbInput input, ReadOnlySpan<byte> field, ReadOnlySpan<byte> text, long deadline, in LoadRules rules, ref HashBuilder builder, ref bool isEmpty)
    {
        if (deadline >= 0 && deadline < rules.Now && rules.DropsExpired)
            return true;
        isEmpty = false;
        return builder.TryAdd(field, text, deadline) || input.Corrupt("Duplicate hash fields detected");
    }

    private static bool TryFinish(ref RdbInput input, ref HashBuilder builder, bool isEmpty, out LoadedValue value)
    {
        if (!isEmpty)
            return builder.TryFinish(out value) || input.Corrupt("Duplicate hash fields detected");
        value = default;
        builder.Discard();
        return input.Fail(RdbFailure.Empty, "");
    }
}
