using System.Runtime.CompilerServices;

namespace Carnelian.Text;

/// <summary>
/// The glob patterns of KEYS, SCAN, PSUBSCRIBE, ACL and CONFIG GET: * any bytes, ? one byte, [abc] [a-z] [^a] one byte of a class, and a
/// backslash before a byte that stands for itself.
/// </summary>
/// <remarks>
/// Malformed patterns mean what they mean in Valkey: a class that is not closed ends with the pattern, "[]" matches nothing, the end of a
/// range may be any byte (also the bracket that was meant to close the class), and a backslash at the very end is a plain backslash.
/// The empty text matches the empty pattern only, not even a star: KEYS and SCAN treat the lone star as "no pattern" before they ask.
/// <para>
/// Every element but the star takes exactly one byte. So when a byte does not match, only the last star can take up more: the time is at
/// most the product of the lengths, whatever the pattern. As in Valkey, a pattern with more than a thousand stars in front of its end
/// matches nothing.
/// </para>
/// </remarks>
public static class GlobPattern
{
    private const int MostStars = 1000;

    /// <summary>Whether the whole text matches the pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="text">The text.</param>
    /// <param name="ignoreCase">Whether ASCII letters match in either case; an escaped byte within a class is still compared exactly.</param>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        if (text.IsEmpty) return pattern.IsEmpty;
        int p = 0;
        int t = 0;
        int starPattern = -1;
        int starText = 0;
        int stars = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length)
            {
                if (pattern[p] == '*')
                {
                    while (p < pattern.Length && pattern[p] == '*') p++;
                    if (p == pattern.Length) return true;
                    if (++stars > MostStars) return false;
                    starPattern = p;
                    starText = t;
                    continue;
                }
                int next = MatchOne(pattern, p, text[t], ignoreCase);
                if (next > 0)
                {
                    p = next;
                    t++;
                    continue;
                }
            }
            if (starPattern < 0) return false;
            p = starPattern;
            t = ++starText;
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    /// <summary>Whether the pattern is free of special bytes, so that only itself can match.</summary>
    public static bool IsLiteral(ReadOnlySpan<byte> pattern) => pattern.IndexOfAny("*?[\\"u8) < 0;

    /// <summary>Matches one element, not a star, with one byte; returns the index behind the element, or 0.</summary>
    private static int MatchOne(ReadOnlySpan<byte> pattern, int p, byte c, bool ignoreCase)
    {
        switch (pattern[p])
        {
            case (byte)'?':
                return p + 1;
            case (byte)'[':
                return MatchClass(pattern, p + 1, c, ignoreCase);
            case (byte)'\\' when p + 1 < pattern.Length:
                p++;
                break;
        }
        return Fold(pattern[p], ignoreCase) == Fold(c, ignoreCase) ? p + 1 : 0;
    }

    private static int MatchClass(ReadOnlySpan<byte> pattern, int p, byte c, bool ignoreCase)
    {
        bool negated = p < pattern.Length && pattern[p] == '^';
        if (negated) p++;
        bool found = false;
        byte folded = Fold(c, ignoreCase);
        for (; p < pattern.Length && pattern[p] != ']'; p++)
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                p++;
                found |= pattern[p] == c;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                byte first = Math.Min(pattern[p], pattern[p + 2]);
                byte last = Math.Max(pattern[p], pattern[p + 2]);
                p += 2;
                found |= folded >= Fold(first, ignoreCase) && folded <= Fold(last, ignoreCase);
            }
            else
            {
                found |= Fold(pattern[p], ignoreCase) == folded;
            }
        }
        return found == negated ? 0 : Math.Min(p + 1, pattern.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Fold(byte c, bool ignoreCase) => ignoreCase && c - (uint)'A' < 26 ? (byte)(c | 0x20) : c;
}
