using System.Text;
using Carnelian.Persistence.Aof;

namespace Carnelian.Tests.Persistence.Aof;

/// <summary>The expected lines are what valkey-check-aof 9.1.2 prints for the same files.</summary>
public sealed class AofCheckerTests : IDisposable
{
    private const string Set = "*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n1\r\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("carnelian-aof-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(text));
        return path;
    }

    private (int Code, string Output) Check(string path, bool fixes = false, long timestamp = 0, string answer = "y\n")
    {
        var output = new StringWriter { NewLine = "\n" };
        var checker = new AofChecker(output, new StringReader(answer), static _ => -1) { Fixes = fixes, Timestamp = timestamp };
        int code = checker.Run(path);
        return (code, output.ToString().Replace(_folder + "/", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Set, 0, "AOF analyzed: filename=f, size=27, ok_up_to=27, ok_up_to_line=8, diff=0\nAOF f is valid\n")]
    [InlineData("", 0, "AOF f is empty\n")]
    [InlineData(Set + "!!!", 1, "AOF f format error\nAOF analyzed: filename=f, size=30, ok_up_to=27, ok_up_to_line=8, diff=3\n")]
    [InlineData(Set + "*3\r\n$3\r\nset\r\n$1\r\nb\r\n$1\r\n2", 1,
        "0x              33: Expected to read 3 bytes, got 1 bytes\nAOF analyzed: filename=f, size=52, ok_up_to=27, ok_up_to_line=14, diff=25\n")]
    [InlineData("*1\r\n$5\r\nmulti\r\n" + Set, 1,
        "0x              27: Reached EOF before reading EXEC for MULTI\nAOF analyzed: filename=f, size=42, ok_up_to=0, ok_up_to_line=11, diff=42\n")]
    [InlineData(Set + "*1\r\n$4\r\nexec\r\n", 1, "0x              23: Unexpected EXEC in AOF f\nAOF analyzed: filename=f, size=41, ok_up_to=27, ok_up_to_line=11, diff=14\n")]
    [InlineData("*1\r\n$5\r\nmulti\r\n*1\r\n$5\r\nmulti\r\n", 1, "0x              17: Unexpected MULTI in AOF f\nAOF analyzed: filename=f, size=30, ok_up_to=0, ok_up_to_line=7, diff=30\n")]
    [InlineData("*3\r\n$3\r\nset\r\n$x\r\na\r\n$1\r\n1\r\n", 1, "0x               d: Expected \\r\\n, got: 780d\n")]
    [InlineData("*3\r\n$3\r\nset\r\n$1\r\nabc\r\n$1\r\n1\r\n", 1, "0x              11: Expected \\r\\n, got: 6263\n")]
    [InlineData("*1\r\n$9223372036854775807\r\n", 1, "0x               4: Expected to read string of 9223372036854775807 bytes, which is not in the suitable range\n")]
    [InlineData("*1\r\n*4\r\nping\r\n", 1, "0x               4: Expected prefix '$', got: '*'\n")]
    [InlineData("*3\r\n", 1, "AOF analyzed: filename=f, size=4, ok_up_to=0, ok_up_to_line=2, diff=4\n")]
    [InlineData("#TS:1\r\n#junk\r\n*1\r\n$4\r\nping\r\n", 0, "AOF analyzed: filename=f, size=28, ok_up_to=28, ok_up_to_line=4, diff=0\n")]
    public void A_file_is_judged_as_Valkey_judges_it(string text, int code, string expected)
    {
        (int actual, string output) = Check(Write("f", text));

        Assert.Contains("Start checking Old-Style AOF\n", output, StringComparison.Ordinal);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.Equal(code, actual);
    }

    [Fact]
    public void A_damaged_end_is_cut_off_when_somebody_says_yes()
    {
        string path = Write("f", Set + "*3\r\n$3\r\nse");

        Assert.Equal(1, Check(path, fixes: true, answer: "n\n").Code);
        (int code, string output) = Check(path, fixes: true);

        Assert.Equal(0, code);
        Assert.EndsWith("Continue? [y/N]: Successfully truncated AOF f\n", output, StringComparison.Ordinal);
        Assert.Equal(Set, File.ReadAllText(path));
    }

    [Fact]
    public void Of_several_files_only_the_last_is_cut_off()
    {
        Write("b", Set + "*");
        Write("i", Set);
        string manifest = Write("m", "file b seq 1 type b\nfile i seq 1 type i\n");

        (int code, string output) = Check(manifest, fixes: true);

        Assert.Equal(1, code);
        Assert.EndsWith("Failed to truncate AOF b because it is not the last file\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_cut_off_at_a_time()
    {
        string path = Write("f", "#TS:1\r\n" + Set + "#TS:3\r\n" + Set);

        (int code, string output) = Check(path, timestamp: 2);

        Assert.Equal(0, code);
        Assert.EndsWith("Successfully truncated AOF f to timestamp 2\n", output, StringComparison.Ordinal);
        Assert.Equal("#TS:1\r\n" + Set, File.ReadAllText(path));
        Assert.EndsWith("AOF g has nothing before timestamp 1, aborting...\n", Check(Write("g", "#TS:2\r\n"), timestamp: 1).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void All_files_of_a_manifest_are_checked()
    {
        Write("b", Set);
        Write("i", Set);
        string manifest = Write("m", "file b seq 1 type b\nfile i seq 1 type i\n");

        (int code, string output) = Check(manifest);

        Assert.Equal(0, code);
        Assert.Equal("""
            Start checking Multi Part AOF
            Start to check BASE AOF (RESP format).
            AOF analyzed: filename=b, size=27, ok_up_to=27, ok_up_to_line=8, diff=0
            BASE AOF b is valid
            Start to check INCR files.
            AOF analyzed: filename=i, size=27, ok_up_to=27, ok_up_to_line=15, diff=0
            INCR AOF i is valid
            All AOF files and manifest are valid

            """, output);
    }
}
