using System.Buffers.Binary;
using System.Text;
using Carnelian.Persistence;
using Carnelian.Server.Persistence;
using Carnelian.Testing;

namespace Carnelian.Tests.Persistence;

/// <summary><c>convert-rdb</c>: what arrives in the other format, and what is said of the rest.</summary>
public sealed class ConvertToolTests : IDisposable
{
    private const long Far = 4_102_444_800_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("carnelian-convert-").FullName;
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _errors = new() { NewLine = "\n" };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("valkey-9", "redis-8", "REDIS0012")]
    [InlineData("redis-8", "valkey-9", "VALKEY080")]
    [InlineData("redis-7.4", "valkey-9", "VALKEY080")]
    [InlineData("valkey-9", "valkey-9", "VALKEY080")]
    public void Everything_arrives_where_there_is_an_equivalent(string from, string to, string magic)
    {
        string[] expected = Write("in", from, withFieldDeadlines: true);

        Assert.Equal(0, Run("in", "out", to));

        Assert.Equal(magic, Encoding.ASCII.GetString(File.ReadAllBytes(At("out"))[..9]));
        Assert.Equal($"format {to} ({magic}): 7 keys in 2 databases, 0 libraries of functions\neverything has an equivalent\n", _output.ToString());
        Assert.Equal(expected, Read("out"));
    }

    [Theory]
    [InlineData("redis-7.2", "REDIS0011")]
    [InlineData("redis-7.0", "REDIS0010")]
    public void Fields_that_lose_their_deadlines_are_named(string to, string magic)
    {
        string[] expected = Write("in", "redis-8", withFieldDeadlines: true);

        Assert.Equal(0, Run("in", "out", to));

        Assert.Equal(
            $"format {to} ({magic}): 7 keys in 2 databases, 0 libraries of functions\nwithout an equivalent:\n  1 x deadlines of fields of a hash\n  database 0, key \"volatile\": deadlines of fields of a hash\n",
            _output.ToString());
        Assert.Equal([.. expected.Select(static line => line[0] == '*' ? line.Replace($"{Far}", "-1", StringComparison.Ordinal) : line)], Read("out"));
    }

    [Fact]
    public void What_has_no_equivalent_is_an_error_if_that_is_asked_for()
    {
        Write("in", "valkey-9", withFieldDeadlines: true);

        Assert.Equal(1, ConvertTool.Run([At("in"), At("out"), "--format", "redis-7.2", "--strict"], _output, _errors));

        Assert.Contains("Nothing was written", _errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(["in"], Files());
    }

    [Fact]
    public void A_strict_conversion_without_loss_is_written()
    {
        string[] expected = Write("in", "valkey-9", withFieldDeadlines: false);

        Assert.Equal(0, ConvertTool.Run(["--strict", At("in"), At("out"), "--format", "redis-7.0"], _output, _errors));

        Assert.Equal(expected, Read("out"));
    }

    [Fact]
    public void Values_of_modules_are_left_out_and_named()
    {
        byte[] module = [7, 3, .. "mod"u8, 0x81, 0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x50, 0x00, 2, 5, 0];
        File.WriteAllBytes(At("in"), WithSum([.. "REDIS0012"u8, 254, 0, .. module, 0, 3, .. "key"u8, 1, (byte)'v', 255]));

        Assert.Equal(0, Run("in", "out", "valkey-9"));

        Assert.Contains("1 keys in 1 databases", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("  1 x value of the module type EjRWeBI0U, left out with its key\n  database 0, key \"mod\": value of the module type EjRWeBI0U, left out with its key\n", _output.ToString(), StringComparison.Ordinal);
        using RunningServer server = Load("out");
        RespConnection client = server.Connect();
        Assert.Equal("v", client.Call("GET key").Value);
        Assert.Equal("1", client.Call("DBSIZE").Value);
    }

    [Fact]
    public void A_damaged_file_becomes_nothing()
    {
        Write("in", "valkey-9", withFieldDeadlines: true);
        byte[] bytes = File.ReadAllBytes(At("in"));
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(At("in"), bytes);

        Assert.Equal(1, Run("in", "out", "redis-8"));
        File.WriteAllBytes(At("in"), bytes[..100]);
        Assert.Equal(1, Run("in", "out", "redis-8"));

        Assert.Equal(["in"], Files());
    }

    [Theory]
    [InlineData("in")]
    [InlineData("in out")]
    [InlineData("in out --format")]
    [InlineData("in out --format redis-9")]
    [InlineData("in out more --format redis-8")]
    public void A_wrong_command_line_gets_the_usage(string words)
    {
        Assert.Equal(1, ConvertTool.Run(words.Split(' '), _output, _errors));

        Assert.StartsWith("Usage: ", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error()
    {
        Assert.Equal(1, Run("in", "out", "redis-8"));

        Assert.Equal($"Cannot open {At("in")}: No such file or directory\n", _errors.ToString());
    }

    private int Run(string input, string output, string format) => ConvertTool.Run([At(input), At(output), "--format", format], _output, _errors);

    private string At(string name) => Path.Combine(_folder, name);

    private string[] Files() => [.. Directory.GetFiles(_folder).Select(static file => Path.GetFileName(file))];

    /// <summary>Has a server write a file; gives what it held.</summary>
    private string[] Write(string name, string format, bool withFieldDeadlines)
    {
        string file = $"convert-{Guid.NewGuid():N}.rdb";
        using var server = new RunningServer("--rdb-format", format, "--dbfilename", file);
        RespConnection client = server.Connect();
        string[] commands =
        [
            "SET text value", $"SET deadline 1 PXAT {Far}", "RPUSH list 1 two 3", "SADD set a b 1", "ZADD sorted 1 a 2.5 b", "HSET volatile a 1 b 2",
            "SELECT 3", "SET other 1", "SELECT 0",
        ];
        foreach (string command in commands)
            Assert.False(client.Call(command).IsError);
        if (withFieldDeadlines)
            client.Call($"HPEXPIREAT volatile {Far} FIELDS 1 a");
        Assert.Equal("+OK", client.Call("SAVE").ToString());
        File.Move(file, At(name));
        return Contents(client);
    }

    /// <summary>Has a server load a file; gives what it holds then.</summary>
    private string[] Read(string name)
    {
        using RunningServer server = Load(name);
        return Contents(server.Connect());
    }

    private RunningServer Load(string name)
    {
        string file = $"convert-{Guid.NewGuid():N}.rdb";
        File.Copy(At(name), file);
        try
        {
            return new RunningServer("--dbfilename", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string[] Contents(RespConnection client)
    {
        string[] commands =
        [
            "DBSIZE", "GET text", "PEXPIRETIME deadline", "LRANGE list 0 -1", "SCARD set", "SMISMEMBER set a b 1", "ZRANGE sorted 0 -1 WITHSCORES",
            "HMGET volatile a b", "HPEXPIRETIME volatile FIELDS 2 a b", "SELECT 3", "GET other", "SELECT 0",
        ];
        return [.. commands.Select(command => client.Call(command).ToString())];
    }

    private static byte[] WithSum(byte[] file)
    {
        byte[] sum = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(sum, Crc64.Append(0, file));
        return [.. file, .. sum];
    }
}
