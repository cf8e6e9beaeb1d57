using System.Globalization;
using System.Text;

namespace Carnelian.Persistence.Aof;

/// <summary>Checks the AOF files of a manifest, or a single one, and cuts off what is damaged at their end: <c>check-aof</c>.</summary>
/// <remarks>What it prints is what <c>valkey-check-aof</c> prints, as programs read it.</remarks>
/// <param name="output">Where the report goes.</param>
/// <param name="input">Where the answer to a question comes from.</param>
/// <param name="checkRdb">Checks an RDB file with the given name; gives the offset behind it, or -1 if it is damaged.</param>
public sealed class AofChecker(TextWriter output, TextReader input, Func<string, long> checkRdb)
{
    private const int LongestLine = 128;
    private const int LongestAnnotation = 1024;

    private long _line = 1;
    private long _errorPosition;
    private string _error = "";

    private enum Result
    {
        Valid,
        Empty,
        Truncated,
        TruncatedToTime,
        Failed,
    }

    private enum Annotation
    {
        Read,
        Cut,
        Failed,
    }

    /// <summary>Whether a damaged end is cut off.</summary>
    public bool Fixes { get; init; }

    /// <summary>What comes after this time is cut off, in seconds of Unix time; 0 for never.</summary>
    public long Timestamp { get; init; }

    /// <summary>Checks a manifest with all of its files, or one file.</summary>
    /// <param name="path">The path, as it is shown.</param>
    /// <returns>The exit code: 0 if all is well.</returns>
    public int Run(string path)
    {
        bool isManifest;
        try
        {
            isManifest = IsManifest(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.WriteLine(Directory.Exists(path) ? $"Cannot read file: {path}" : $"Cannot open file {path}: {Reason(e)}");
            return 1;
        }
        if (isManifest)
            return CheckManifest(path);
        output.WriteLine("Start checking Old-Style AOF");
        return CheckFile(path, path, "AOF", isLast: true) ? 0 : 1;
    }

    private static bool IsManifest(string path)
    {
        using FileStream stream = File.OpenRead(path);
        var source = new AofByteSource(stream);
        Span<byte> buffer = stackalloc byte[LongestAnnotation];
        while (true)
        {
            ReadOnlySpan<byte> line = source.ReadLine(buffer);
            if (line.IsEmpty || line[0] != '#')
                return line.StartsWith("file"u8);
        }
    }

    private int CheckManifest(string path)
    {
        output.WriteLine("Start checking Multi Part AOF");
        AofManifest manifest;
        try
        {
            manifest = AofManifest.Parse(File.ReadAllBytes(path));
        }
        catch (AofManifestException e)
        {
            foreach (string line in e.LogLines)
                output.WriteLine(line);
            return 1;
        }
        string directory = Path.GetDirectoryName(path)!;
        if (manifest.Base is { } @base)
        {
            string full = Path.Combine(directory, @base.Name);
            output.WriteLine($"Start to check BASE AOF ({(HasPreamble(full) ? "RDB" : "RESP")} format).");
            if (!CheckFile(full, @base.Name, "BASE AOF", manifest.Increments.Count == 0))
                return 1;
        }
        if (manifest.Increments.Count != 0)
            output.WriteLine("Start to check INCR files.");
        for (int i = 0; i < manifest.Increments.Count; i++)
        {
            string name = manifest.Increments[i].Name;
            if (!CheckFile(Path.Combine(directory, name), name, "INCR AOF", i == manifest.Increments.Count - 1))
                return 1;
        }
        output.WriteLine("All AOF files and manifest are valid");
        return 0;
    }

    private static bool HasPreamble(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return HasPreamble(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool HasPreamble(FileStream stream)
    {
        Span<byte> magic = stackalloc byte[6];
        int length = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return length == magic.Length && stream.Length >= 8 && (magic.StartsWith("REDIS"u8) || magic.SequenceEqual("VALKEY"u8));
    }

    private bool CheckFile(string path, string name, string kind, bool isLast)
    {
        Result result;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, Fixes || Timestamp != 0 ? FileAccess.ReadWrite : FileAccess.Read);
            result = Check(stream, path, name, isLast);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.WriteLine($"Cannot open file {path}: {Reason(e)}, aborting...");
            return false;
        }
        switch (result)
        {
            case Result.Valid:
                output.WriteLine($"{kind} {name} is valid");
                break;
            case Result.Empty:
                output.WriteLine($"{kind} {name} is empty");
                break;
            case Result.Truncated:
                output.WriteLine($"Successfully truncated AOF {name}");
                break;
            case Result.TruncatedToTime:
                output.WriteLine($"Successfully truncated AOF {name} to timestamp {Timestamp}");
                break;
        }
        return result != Result.Failed;
    }

    private Result Check(FileStream stream, string path, string name, bool isLast)
    {
        long size = stream.Length;
        if (size == 0)
            return Result.Empty;
        if (HasPreamble(stream))
        {
            long end = checkRdb(path);
            if (end < 0)
            {
                output.WriteLine("RDB preamble of AOF file is not sane, aborting.");
                return Result.Failed;
            }
            output.WriteLine("RDB preamble is OK, proceeding with AOF tail...");
            stream.Position = end;
        }
        var source = new AofByteSource(stream);
        _error = "";
        long good = source.Position;
        int depth = 0;
        while (true)
        {
            if (depth == 0)
                good = source.Position;
            int first = source.Peek();
            if (first < 0)
            {
                if (depth != 0)
                    Fail("Reached EOF before reading EXEC for MULTI");
                break;
            }
            if (first == '#')
            {
                Annotation annotation = ReadAnnotation(stream, source, path, name, isLast);
                if (annotation != Annotation.Read)
                    return annotation == Annotation.Cut ? Result.TruncatedToTime : Result.Failed;
            }
            else if (first != '*')
            {
                output.WriteLine($"AOF {name} format error");
                break;
            }
            else if (!ReadCommand(source, name, ref depth))
            {
                break;
            }
        }
        if (_error.Length != 0)
            output.WriteLine($"0x{_errorPosition.ToString("x", CultureInfo.InvariantCulture),16}: {_error}");
        return Conclude(stream, name, size, good, isLast);
    }

    private Result Conclude(FileStream stream, string name, long size, long good, bool isLast)
    {
        long bad = size - good;
        if (bad == 0 && Timestamp != 0)
        {
            output.WriteLine($"Truncate nothing in AOF {name} to timestamp {Timestamp}");
            return Result.Valid;
        }
        output.WriteLine($"AOF analyzed: filename={name}, size={size}, ok_up_to={good}, ok_up_to_line={_line}, diff={bad}");
        if (bad == 0)
            return Result.Valid;
        if (!Fixes)
        {
            output.WriteLine($"AOF {name} is not valid. Use the --fix option to try fixing it.");
            return Result.Failed;
        }
        if (!isLast)
        {
            output.WriteLine($"Failed to truncate AOF {name} because it is not the last file");
            return Result.Failed;
        }
        output.WriteLine($"This will shrink the AOF {name} from {size} bytes, with {bad} bytes, to {good} bytes");
        output.Write("Continue? [y/N]: ");
        output.Flush();
        if (input.ReadLine() is not ['y' or 'Y', ..])
        {
            output.WriteLine("Aborting...");
            return Result.Failed;
        }
        if (!Cut(stream, good))
        {
            output.WriteLine($"Failed to truncate AOF {name}");
            return Result.Failed;
        }
        return Result.Truncated;
    }

    private Annotation ReadAnnotation(FileStream stream, AofByteSource source, string path, string name, bool isLast)
    {
        long begin = source.Position;
        Span<byte> buffer = stackalloc byte[LongestAnnotation];
        ReadOnlySpan<byte> line = source.ReadLine(buffer[..^1]);
        if (Timestamp == 0 || !line.StartsWith("#TS:"u8))
            return Annotation.Read;
        int end = line.IndexOf((byte)'\r');
        if (end < 0 || !long.TryParse(Encoding.ASCII.GetString(line[4..end]), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long time))
        {
            output.WriteLine("Invalid timestamp annotation");
            return Annotation.Failed;
        }
        if (time <= Timestamp)
            return Annotation.Read;
        if (begin == 0)
        {
            output.WriteLine($"AOF {name} has nothing before timestamp {Timestamp}, aborting...");
            return Annotation.Failed;
        }
        if (!isLast)
        {
            output.WriteLine($"Failed to truncate AOF {path} to timestamp {Timestamp} to offset {begin} because it is not the last file.");
            output.WriteLine("If you insist, please delete all files after this file according to the manifest file and delete the corresponding records in manifest file manually. Then re-run valkey-check-aof.");
            return Annotation.Failed;
        }
        if (Cut(stream, begin))
            return Annotation.Cut;
        output.WriteLine($"Failed to truncate AOF {name} to timestamp {Timestamp}");
        return Annotation.Failed;
    }

    private static bool Cut(FileStream stream, long length)
    {
        try
        {
            stream.SetLength(length);
            stream.Flush(flushToDisk: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private bool ReadCommand(AofByteSource source, string name, ref int depth)
    {
        if (!TryReadNumber(source, '*', out long count))
            return false;
        Span<byte> head = stackalloc byte[5];
        for (long i = 0; i < count; i++)
        {
            if (!TryReadArgument(source, head, out long length))
                return false;
            if (i != 0)
                continue;
            if (length == 5 && Ascii.EqualsIgnoreCase(head, "multi"u8) && depth++ != 0)
                return Fail($"Unexpected MULTI in AOF {name}");
            if (length == 4 && Ascii.EqualsIgnoreCase(head[..4], "exec"u8) && --depth != 0)
                return Fail($"Unexpected EXEC in AOF {name}");
        }
        return true;
    }

    private bool TryReadArgument(AofByteSource source, Span<byte> head, out long length)
    {
        if (!TryReadNumber(source, '$', out length))
            return false;
        if (length is < 0 or > long.MaxValue - 2)
            return Fail($"Expected to read string of {length} bytes, which is not in the suitable range");
        _errorPosition = source.Position;
        Span<byte> tail = stackalloc byte[2];
        long read = source.Skip(length + 2, head, tail);
        return read != length + 2 ? Fail($"Expected to read {length + 2} bytes, got {read} bytes") : IsLineEnd(tail);
    }

    private bool TryReadNumber(AofByteSource source, char prefix, out long value)
    {
        value = 0;
        _errorPosition = source.Position;
        Span<byte> buffer = stackalloc byte[LongestLine + 2];
        buffer.Clear();
        ReadOnlySpan<byte> line = source.ReadLine(buffer[..(LongestLine - 1)]);
        if (line.IsEmpty)
            return false;
        if (line[0] != prefix)
            return Fail($"Expected prefix '{prefix}', got: '{(char)line[0]}'");
        int position = 1;
        while (position < line.Length && line[position] is (byte)' ' or (>= 9 and <= 13))
            position++;
        bool isNegative = position < line.Length && line[position] == '-';
        if (position < line.Length && line[position] is (byte)'-' or (byte)'+')
            position++;
        Int128 number = 0;
        while (position < line.Length && line[position] is >= (byte)'0' and <= (byte)'9' and var digit)
        {
            number = Int128.Min(number * 10 + (digit - '0'), (Int128)long.MaxValue + 1);
            position++;
        }
        value = (long)Int128.Clamp(isNegative ? -number : number, long.MinValue, long.MaxValue);
        return IsLineEnd(buffer.Slice(position, 2));
    }

    private bool IsLineEnd(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.SequenceEqual("\r\n"u8))
            return Fail($"Expected \\r\\n, got: {bytes[0]:x2}{bytes[1]:x2}");
        _line++;
        return true;
    }

    private bool Fail(string error)
    {
        _error = error;
        return false;
    }

    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        UnauthorizedAccessException => "Permission denied",
        _ => e.Message,
    };
}
