using System.Globalization;
using System.Text;
using Carnelian.Text;

namespace Carnelian.Persistence.Aof;

/// <summary>
/// The list of the files that a multi-part AOF consists of: a base, the increments that follow it, and history, which only waits for its
/// removal. A line a file: <c>file appendonly.aof.1.incr.aof seq 1 type i</c>.
/// </summary>
/// <remarks>
/// Never changed once it is made: a change gives a new one, so that a failure to write it to disk leaves the old one in force.
/// <para>Invariant: the sequence numbers of the increments grow, and their order is that in which their commands were executed.</para>
/// </remarks>
public sealed class AofManifest
{
    private const int LongestLine = 1024;
    private const string WrongFormat = "Invalid AOF manifest file format";

    private AofManifest(AofFile? @base, AofFile[] history, AofFile[] increments, long baseSequence, long incrementSequence)
    {
        Base = @base;
        History = history;
        Increments = increments;
        BaseSequence = baseSequence;
        IncrementSequence = incrementSequence;
    }

    /// <summary>A manifest without files.</summary>
    public static AofManifest Empty { get; } = new(null, [], [], 0, 0);

    /// <summary>What the increments build upon; null if there is nothing.</summary>
    public AofFile? Base { get; }

    /// <summary>Files that are to be removed.</summary>
    public IReadOnlyList<AofFile> History { get; }

    /// <summary>The increments in order.</summary>
    public IReadOnlyList<AofFile> Increments { get; }

    /// <summary>The number of the last base.</summary>
    public long BaseSequence { get; }

    /// <summary>The number of the last increment.</summary>
    public long IncrementSequence { get; }

    /// <summary>The files that hold the data set, in the order in which they are loaded.</summary>
    public IEnumerable<AofFile> Files => Base == null ? Increments : [Base, .. Increments];

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="AofManifestException">The text is no manifest.</exception>
    public static AofManifest Parse(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            throw new AofManifestException("Found an empty AOF manifest");
        AofFile? @base = null;
        var history = new List<AofFile>();
        var increments = new List<AofFile>();
        long baseSequence = 0, incrementSequence = 0;
        for (int number = 1; !text.IsEmpty; number++)
        {
            int end = text.IndexOf((byte)'\n');
            if (end is < 0 or >= LongestLine)
                throw new AofManifestException("The AOF manifest file contains too long line");
            ReadOnlySpan<byte> line = text[..end].Trim(" \t\r"u8);
            text = text[(end + 1)..];
            if (!line.IsEmpty && line[0] == '#')
                continue;
            AofFile file = ParseLine(line, number);
            switch (file.Kind)
            {
                case AofFileKind.Base when @base != null:
                    throw Error("Found duplicate base file information", line, number);
                case AofFileKind.Base:
                    @base = file;
                    baseSequence = file.Sequence;
                    break;
                case AofFileKind.History:
                    history.Add(file);
                    break;
                case AofFileKind.Increment when file.Sequence <= incrementSequence:
                    throw Error("Found a non-monotonic sequence number", line, number);
                case AofFileKind.Increment:
                    increments.Add(file);
                    incrementSequence = file.Sequence;
                    break;
                default:
                    throw Error("Unknown AOF file type", line, number);
            }
        }
        return new AofManifest(@base, [.. history], [.. increments], baseSequence, incrementSequence);
    }

    private static AofFile ParseLine(ReadOnlySpan<byte> line, int number)
    {
        const int LeastArguments = 6;
        List<byte[]>? arguments = line.IsEmpty ? null : Quoting.SplitArguments(line);
        if (arguments == null || arguments.Count < LeastArguments || arguments.Count % 2 != 0)
            throw Error(WrongFormat, line, number);
        string? name = null;
        long sequence = 0;
        byte kind = 0;
        for (int i = 0; i < arguments.Count; i += 2)
        {
            byte[] value = arguments[i + 1];
            // Names that are not known belong to later versions.
            if (Ascii.EqualsIgnoreCase(arguments[i], "file"u8))
            {
                if (value.AsSpan().Contains((byte)'/') || value.AsSpan().Contains((byte)0) || value.AsSpan().SequenceEqual(".."u8))
                    throw Error("File can't be a path, just a filename", line, number);
                name = Encoding.Latin1.GetString(value);
            }
            else if (Ascii.EqualsIgnoreCase(arguments[i], "seq"u8))
            {
                _ = AsciiNumber.TryParseInt64(value, out sequence);
            }
            else if (Ascii.EqualsIgnoreCase(arguments[i], "type"u8))
            {
                kind = value.Length == 0 ? (byte)0 : value[0];
            }
        }
        return string.IsNullOrEmpty(name) || sequence == 0 || kind == 0
            ? throw Error(WrongFormat, line, number)
            : new AofFile(name, sequence, (AofFileKind)kind);
    }

    private static AofManifestException Error(string message, ReadOnlySpan<byte> line, int number) =>
        new(message, number, Encoding.Latin1.GetString(line));

    /// <summary>The text of the manifest: the base, history, the increments.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        foreach (AofFile file in (IEnumerable<AofFile>)[.. Base == null ? Array.Empty<AofFile>() : [Base], .. History, .. Increments])
        {
            byte[] name = Encoding.Latin1.GetBytes(file.Name);
            string shown = NeedsQuotes(name) ? Encoding.Latin1.GetString(Quoting.Represent(name)) : file.Name;
            text.Append(CultureInfo.InvariantCulture, $"file {shown} seq {file.Sequence} type {(char)file.Kind}\n");
        }
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    private static bool NeedsQuotes(ReadOnlySpan<byte> name) => name.IsEmpty || name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0 || name.IndexOfAny("\"'\\#"u8) >= 0;

    /// <summary>The same files and one more increment.</summary>
    public AofManifest WithIncrement(string name) =>
        new(Base, [.. History], [.. Increments, new AofFile(name, IncrementSequence + 1, AofFileKind.Increment)], BaseSequence, IncrementSequence + 1);

    /// <summary>Another base, what stood before it being history. Without an increment behind it, increments are counted from 1 again.</summary>
    /// <param name="name">The name of the new base.</param>
    /// <param name="keptIncrements">How many of the last increments follow the new base; those before them are history.</param>
    public AofManifest WithBase(string name, int keptIncrements)
    {
        AofFile[] replaced = [.. Increments.SkipLast(keptIncrements), .. Base == null ? Array.Empty<AofFile>() : [Base]];
        return new AofManifest(
            new AofFile(name, BaseSequence + 1, AofFileKind.Base),
            [.. replaced.Select(static file => file with { Kind = AofFileKind.History }), .. History],
            [.. Increments.TakeLast(keptIncrements)], BaseSequence + 1, keptIncrements == 0 ? 0 : IncrementSequence);
    }

    /// <summary>The same files without history.</summary>
    public AofManifest WithoutHistory() => new(Base, [], [.. Increments], BaseSequence, IncrementSequence);
}
