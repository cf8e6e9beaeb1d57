using System.Text;
using Carnelian.Persistence.Aof;

namespace Carnelian.Tests.Persistence.Aof;

public sealed class AofManifestTests
{
    private static AofManifest Parse(string text) => AofManifest.Parse(Encoding.Latin1.GetBytes(text));

    [Fact]
    public void A_manifest_that_is_read_and_written_stays_the_same()
    {
        const string Text = """
            file appendonly.aof.2.base.rdb seq 2 type b
            file appendonly.aof.1.incr.aof seq 1 type h
            file appendonly.aof.3.incr.aof seq 3 type i
            file appendonly.aof.7.incr.aof seq 7 type i

            """;

        AofManifest manifest = Parse(Text);

        Assert.Equal(Text, Encoding.Latin1.GetString(manifest.ToBytes()));
        Assert.Equal(2, manifest.BaseSequence);
        Assert.Equal(7, manifest.IncrementSequence);
        Assert.Equal(["appendonly.aof.2.base.rdb", "appendonly.aof.3.incr.aof", "appendonly.aof.7.incr.aof"], manifest.Files.Select(static file => file.Name));
    }

    [Theory]
    [InlineData("", "Found an empty AOF manifest", 0)]
    [InlineData("file a seq 1 type b", "The AOF manifest file contains too long line", 0)]
    [InlineData("\n", "Invalid AOF manifest file format", 1)]
    [InlineData("file a seq 1 type i\n\n", "Invalid AOF manifest file format", 2)]
    [InlineData("file a seq x type i\n", "Invalid AOF manifest file format", 1)]
    [InlineData("file a seq 0 type i\n", "Invalid AOF manifest file format", 1)]
    [InlineData("file a seq 1 type i more\n", "Invalid AOF manifest file format", 1)]
    [InlineData("file \"a seq 1 type i\n", "Invalid AOF manifest file format", 1)]
    [InlineData("file a seq -5 type i\n", "Found a non-monotonic sequence number", 1)]
    [InlineData("file a seq 2 type i\nfile b seq 2 type i\n", "Found a non-monotonic sequence number", 2)]
    [InlineData("file a seq 1 type b\nfile b seq 2 type b\n", "Found duplicate base file information", 2)]
    [InlineData("file a seq 1 type x\n", "Unknown AOF file type", 1)]
    [InlineData("file ../a seq 1 type b\n", "File can't be a path, just a filename", 1)]
    public void What_is_wrong_with_a_manifest_is_said_in_Valkeys_words(string text, string message, int line)
    {
        AofManifestException error = Assert.Throws<AofManifestException>(() => Parse(text));

        Assert.Equal(message, error.Message);
        Assert.Equal(line, error.LineNumber);
    }

    [Fact]
    public void Comments_blanks_case_and_unknown_names_do_not_matter()
    {
        AofManifest manifest = Parse("# a comment\n  FILE  \"a b\"  Seq 4 color red type ib \r\n");

        Assert.Equal([new AofFile("a b", 4, AofFileKind.Increment)], manifest.Increments);
        Assert.Equal("file \"a b\" seq 4 type i\n", Encoding.Latin1.GetString(manifest.ToBytes()));
    }

    [Fact]
    public void A_rewrite_makes_history_of_what_the_new_base_replaces()
    {
        AofManifest before = Parse("file b1 seq 1 type b\nfile i1 seq 1 type i\nfile i2 seq 2 type i\n");

        AofManifest after = before.WithIncrement("i3").WithBase("b2", keptIncrements: 1);

        Assert.Equal(
            "file b2 seq 2 type b\nfile i1 seq 1 type h\nfile i2 seq 2 type h\nfile b1 seq 1 type h\nfile i3 seq 3 type i\n",
            Encoding.Latin1.GetString(after.ToBytes()));
        Assert.Equal("file b2 seq 2 type b\nfile i3 seq 3 type i\n", Encoding.Latin1.GetString(after.WithoutHistory().ToBytes()));
    }

    [Fact]
    public void A_base_without_an_increment_behind_it_begins_a_new_count()
    {
        AofManifest after = Parse("file b1 seq 1 type b\nfile i7 seq 7 type i\n").WithBase("b2", keptIncrements: 0);

        Assert.Equal("file b2 seq 2 type b\nfile i1 seq 1 type i\n", Encoding.Latin1.GetString(after.WithoutHistory().WithIncrement("i1").ToBytes()));
    }
}
