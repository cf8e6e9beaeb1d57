// Values of directives are bytes to the protocol and to the file. Here they are strings whose characters are those bytes
// (Latin-1), so that nothing is lost; only names of files are decoded, when a file is opened.

using System.Text;
using Carnelian.Text;

namespace Carnelian.Server.Configuration;

/// <summary>Conversions between the bytes of a value and the string that holds them.</summary>
public static class ConfigurationText
{
    /// <summary>The string whose characters are the given bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>The bytes that the characters of a value stand for.</summary>
    public static byte[] ToBytes(string value) => Encoding.Latin1.GetBytes(value);

    /// <summary>The value that stands for the UTF-8 bytes of ordinary text, such as an argument of the process.</summary>
    public static string FromUnicode(string text) => Ascii.IsValid(text) ? text : FromBytes(Encoding.UTF8.GetBytes(text));

    /// <summary>The text, for example the path, that a value encodes in UTF-8.</summary>
    public static string ToUnicode(string value) => Ascii.IsValid(value) ? value : Encoding.UTF8.GetString(ToBytes(value));

    /// <summary>Splits a line into arguments by the rules of quoting; null when its quotes are unbalanced.</summary>
    internal static string[]? SplitArguments(string line)
    {
        List<byte[]>? arguments = Quoting.SplitArguments(ToBytes(line));
        if (arguments is null) return null;
        var strings = new string[arguments.Count];
        for (int i = 0; i < strings.Length; i++) strings[i] = FromBytes(arguments[i]);
        return strings;
    }

    /// <summary>Whether a name matches a glob-style pattern, regardless of case when asked.</summary>
    internal static bool Matches(string pattern, string name, bool ignoreCase) =>
        GlobPattern.Matches(ToBytes(pattern), ToBytes(name), ignoreCase);

    /// <summary>The value in double quotes, with everything that is not printable escaped.</summary>
    internal static string Quote(string value) => FromBytes(Quoting.Represent(ToBytes(value)));

    /// <summary>Reads a size such as 512mb; a unit and the digits before it may each be missing.</summary>
    internal static bool TryParseMemory(string text, out long bytes)
    {
        bool valid = MemoryUnits.TryParse(ToBytes(text), out ulong size) && size <= long.MaxValue;
        bytes = valid ? (long)size : 0;
        return valid;
    }

    /// <summary>Reads an integer in its one plain decimal form: no plus sign, no leading zero or space.</summary>
    internal static bool TryParseInteger(string text, out long value)
    {
        Span<byte> digits = stackalloc byte[20];
        value = 0;
        return text.Length <= digits.Length
            && Encoding.Latin1.TryGetBytes(text, digits, out int length)
            && AsciiNumber.TryParseInt64(digits[..length], out value);
    }
}
