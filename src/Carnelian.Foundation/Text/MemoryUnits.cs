namespace Carnelian.Text;

/// <summary>Amounts of memory as configuration files give them.</summary>
public static class MemoryUnits
{
    /// <summary>
    /// Reads digits and a unit in any case: none or b for bytes, k, m, g for powers of 1000, kb, mb, gb for powers of 1024. As in Valkey
    /// leading zeros are fine and no digits mean 0. Signs, spaces, fractions and what does not fit are refused.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ulong bytes)
    {
        bytes = 0;
        int digits = 0;
        while (digits < text.Length && text[digits] - (uint)'0' <= 9) digits++;
        ReadOnlySpan<byte> unit = text[digits..];
        ulong factor;
        if (unit.Length > 2 || (unit.Length == 2 && (unit[1] | 0x20) != 'b')) return false;
        switch (unit.IsEmpty ? 'b' : unit[0] | 0x20)
        {
            case 'b' when unit.Length < 2: factor = 1; break;
            case 'k': factor = unit.Length == 1 ? 1000u : 1024u; break;
            case 'm': factor = unit.Length == 1 ? 1000_000u : 1024u * 1024; break;
            case 'g': factor = unit.Length == 1 ? 1000_000_000u : 1024u * 1024 * 1024; break;
            default: return false;
        }

        ulong value = 0;
        ReadOnlySpan<byte> number = text[..digits].TrimStart((byte)'0');
        if (!number.IsEmpty && !AsciiNumber.TryParseUInt64(number, out value)) return false;
        if (value > ulong.MaxValue / factor) return false;
        bytes = value * factor;
        return true;
    }
}
