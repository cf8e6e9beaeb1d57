using System.Text;
using Carnelian.Text;
using Xunit;

namespace Carnelian.Tests.Text;

public sealed class GlobPatternTests
{
    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public void A_pattern_with_too_many_stars_matches_nothing(int stars, bool expected)
    {
        byte[] pattern = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*?", stars)));
        byte[] text = Encoding.ASCII.GetBytes(new string('a', 2000));
        Assert.Equal(expected, GlobPattern.Matches(pattern, text));
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("*", "", false)]
    [InlineData("**", "", false)]
    [InlineData("*", "a", true)]
    [InlineData("a**", "a", true)]
    [InlineData("?", "\n", true)]
    [InlineData("?", "", false)]
    [InlineData("h?llo", "hello", true)]
    [InlineData("h?llo", "hllo", false)]
    [InlineData("h*llo", "heeeello", true)]
    [InlineData("*a*b", "aXbYb", true)]
    [InlineData("*a*b", "aXbY", false)]
    [InlineData("h[ae]llo", "hallo", true)]
    [InlineData("h[ae]llo", "hillo", false)]
    [InlineData("h[^e]llo", "hallo", true)]
    [InlineData("h[^e]llo", "hello", false)]
    [InlineData("[a-c]", "b", true)]
    [InlineData("[c-a]", "b", true)]
    [InlineData("[a-]", "^", true)]
    [InlineData("[a-]", "-", false)]
    [InlineData("[]", "a", false)]
    [InlineData("[]a]", "a", false)]
    [InlineData("[^]", "a", true)]
    [InlineData("[", "[", false)]
    [InlineData("[ab", "b", true)]
    [InlineData("[^ab", "c", true)]
    [InlineData("[\\]]", "]", true)]
    [InlineData("[\\", "\\", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("a\\", "a\\", true)]
    [InlineData("a\\\\", "a\\", true)]
    [InlineData("abc", "abcd", false)]
    [InlineData("abcd", "abc", false)]
    public void Patterns_match_as_in_Valkey(string pattern, string text, bool expected)
    {
        Assert.Equal(expected, Matches(pattern, text));
    }

    [Theory]
    [InlineData("HeL*", "hello", true)]
    [InlineData("h[E-F]llo", "hello", true)]
    [InlineData("h[^E]llo", "hello", false)]
    [InlineData("h\\Ello", "hello", true)]
    [InlineData("h[\\E]llo", "hello", false)]
    [InlineData("[Z-a]", "z", false)]
    [InlineData("h\u00c9", "h\u00e9", false)]
    public void Case_is_ignored_when_asked_for(string pattern, string text, bool expected)
    {
        Assert.Equal(expected, GlobPattern.Matches(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(text), ignoreCase: true));
    }

    [Fact]
    public void Many_stars_cost_no_more_than_the_product_of_the_lengths()
    {
        // With one choice point a star and no bound, this would not end in a lifetime.
        string pattern = string.Concat(Enumerable.Repeat("*a", 50)) + "*b";

        Assert.False(Matches(pattern, new string('a', 5000)));
        Assert.True(Matches(pattern, new string('a', 5000) + "b"));
    }

    [Fact]
    public void Random_patterns_agree_with_a_plain_model()
    {
        const int Seed = 50;
        Random random = new(Seed);
        for (int i = 0; i < 200_000; i++)
        {
            string pattern = RandomText(random, "ab*?*", 8);
            string text = RandomText(random, "ab", 8);
            bool expected = text.Length == 0 ? pattern.Length == 0 : Model(pattern, text);
            Assert.True(expected == Matches(pattern, text), $"seed {Seed}: {pattern} with {text}");
        }
    }

    [Theory]
    [InlineData("plain:key", true)]
    [InlineData("a*", false)]
    [InlineData("a?", false)]
    [InlineData("a[b", false)]
    [InlineData("a\\b", false)]
    public void A_pattern_without_special_bytes_is_literal(string pattern, bool expected)
    {
        Assert.Equal(expected, GlobPattern.IsLiteral(Encoding.ASCII.GetBytes(pattern)));
    }

    private static bool Matches(string pattern, string text) =>
        GlobPattern.Matches(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(text));

    private static string RandomText(Random random, string letters, int maxLength) =>
        new([.. Enumerable.Range(0, random.Next(maxLength + 1)).Select(_ => letters[random.Next(letters.Length)])]);

    private static bool Model(string pattern, string text)
    {
        if (pattern.Length == 0) return text.Length == 0;
        if (pattern[0] == '*') return Model(pattern[1..], text) || (text.Length > 0 && Model(pattern, text[1..]));
        return text.Length > 0 && (pattern[0] == '?' || pattern[0] == text[0]) && Model(pattern[1..], text[1..]);
    }
}
