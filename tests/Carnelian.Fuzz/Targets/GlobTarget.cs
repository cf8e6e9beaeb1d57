using Carnelian.Text;

namespace Carnelian.Fuzz.Targets;

/// <summary>Glob patterns: the input is a pattern, a line feed, and a text. What holds for every pattern is checked.</summary>
internal sealed class GlobTarget : FuzzTarget
{
    public override string Name => "glob";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        "*"u8.ToArray(), "?"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), "[^"u8.ToArray(), "\\"u8.ToArray(), "a-z"u8.ToArray(), "\n"u8.ToArray(),
        "*a*a*a*a*"u8.ToArray(), "[a-"u8.ToArray(), "aaaaaaaa"u8.ToArray(),
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        int line = input.IndexOf((byte)'\n');
        ReadOnlySpan<byte> pattern = line < 0 ? input : input[..line];
        ReadOnlySpan<byte> text = line < 0 ? default : input[(line + 1)..];

        bool exact = GlobPattern.Matches(pattern, text);
        bool folded = GlobPattern.Matches(pattern, text, ignoreCase: true);
        bool literal = GlobPattern.IsLiteral(pattern);
        if (literal && exact != pattern.SequenceEqual(text)) throw new FuzzFailure("a literal pattern is not compared as such");
        if (literal && exact && !folded) throw new FuzzFailure("ignoring case matches less");
        if (text.IsEmpty)
        {
            if (exact != pattern.IsEmpty) throw new FuzzFailure("the empty text matches more than the empty pattern");
            return;
        }
        if (exact && !GlobPattern.Matches([(byte)'*', .. pattern], [(byte)'x', .. text]))
        {
            throw new FuzzFailure("a star in front does not take up a byte");
        }

        byte[] escaped = new byte[text.Length * 2];
        for (int i = 0; i < text.Length; i++)
        {
            escaped[2 * i] = (byte)'\\';
            escaped[(2 * i) + 1] = text[i];
        }
        if (!GlobPattern.Matches(escaped, text)) throw new FuzzFailure("an escaped text does not match itself");
    }
}
