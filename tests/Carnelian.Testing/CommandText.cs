using System.Text;

namespace Carnelian.Testing;

/// <summary>Commands as a person types them: quoting for reports, and encoding for the wire.</summary>
public static class CommandText
{
    /// <summary>A byte string as the command line tools print it, quoted where it has to be.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        bool plain = bytes.Length > 0;
        foreach (byte b in bytes)
            plain &= b is > (byte)' ' and < 127 and not (byte)'"' and not (byte)'\'' and not (byte)'\\';
        return plain ? Encoding.Latin1.GetString(bytes) : $"\"{Escape(bytes)}\"";
    }

    /// <summary>Printable text for any bytes; long ones are cut in the middle.</summary>
    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        const int Limit = 400;
        if (bytes.Length > Limit)
            return $"{Escape(bytes[..(Limit / 2)])}...({bytes.Length} bytes)...{Escape(bytes[^(Limit / 4)..])}";
        var text = new StringBuilder(bytes.Length);
        foreach (byte b in bytes)
        {
            text.Append(b switch
            {
                (byte)'\n' => "\\n",
                (byte)'\r' => "\\r",
                (byte)'\t' => "\\t",
                (byte)'"' => "\\\"",
                (byte)'\\' => "\\\\",
                < 32 or >= 127 => $"\\x{b:x2}",
                _ => ((char)b).ToString(),
            });
        }

        return text.ToString();
    }

    /// <summary>A command with its arguments quoted.</summary>
    public static string Describe(IReadOnlyList<byte[]> arguments) => string.Join(' ', arguments.Select(a => Quote(a)));

    /// <summary>The arguments of a command given as words separated by spaces.</summary>
    public static byte[][] Split(string line) =>
        [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Encoding.Latin1.GetBytes)];

    /// <summary>The command as a RESP array of bulk strings.</summary>
    public static void Encode(Stream target, IReadOnlyList<byte[]> arguments)
    {
        target.Write(Encoding.ASCII.GetBytes($"*{arguments.Count}\r\n"));
        foreach (byte[] argument in arguments)
        {
            target.Write(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            target.Write(argument);
            target.Write("\r\n"u8);
        }
    }
}
