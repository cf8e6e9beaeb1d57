using Carnelian.Text;

namespace Carnelian.Fuzz.Targets;

/// <summary>
/// Inline commands and the quoting that they share with configuration files: the parser's properties, and that arguments, quoted again,
/// read back as themselves.
/// </summary>
internal sealed class InlineTarget : RespTarget
{
    public override string Name => "inline";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        "\""u8.ToArray(), "'"u8.ToArray(), "\\"u8.ToArray(), "\\x"u8.ToArray(), "\\x41"u8.ToArray(), "\\n"u8.ToArray(), " "u8.ToArray(), "\t"u8.ToArray(),
        "\r\n"u8.ToArray(), "\n"u8.ToArray(), "\0"u8.ToArray(), "\\'"u8.ToArray(), "\\\""u8.ToArray(), "\v"u8.ToArray(), "*"u8.ToArray(),
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        base.Run(input);
        List<byte[]>? arguments = Quoting.SplitArguments(input);
        if (arguments == null) return;
        foreach (byte[] argument in arguments)
        {
            byte[] form = Quoting.Represent(argument);
            if (Quoting.SplitArguments(form) is not [byte[] read] || !read.AsSpan().SequenceEqual(argument))
            {
                throw new FuzzFailure("an argument does not read back from its quoted form");
            }
        }
    }
}
