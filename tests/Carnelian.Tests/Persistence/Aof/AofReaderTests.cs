using System.Text;
using Carnelian.Persistence.Aof;

namespace Carnelian.Tests.Persistence.Aof;

public sealed unsafe class AofReaderTests
{
    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static List<string> ReadAll(Stream stream, out AofItem end, out long good)
    {
        using var reader = new AofReader(stream, stream.Length);
        var items = new List<string>();
        good = 0;
        while (true)
        {
            end = reader.Read();
            if (end == AofItem.Annotation)
            {
                items.Add("#" + Encoding.Latin1.GetString(reader.Annotation[1..]));
            }
            else if (end == AofItem.Command)
            {
                var words = new List<string>();
                for (int i = 0; i < reader.ArgumentCount; i++)
                    words.Add(Encoding.Latin1.GetString(reader.Arguments[i].Span));
                items.Add(string.Join(' ', words));
            }
            else
            {
                return items;
            }
            good = reader.NextOffset;
        }
    }

    [Fact]
    public void Commands_and_annotations_come_in_order()
    {
        using var stream = new MemoryStream(Bytes("#TS:17\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$0\r\n\r\n"));

        List<string> items = ReadAll(stream, out AofItem end, out long good);

        Assert.Equal(["#TS:17", "GET a", ""], items);
        Assert.Equal(AofItem.End, end);
        Assert.Equal(stream.Length, good);
    }

    [Fact]
    public void Cut_off_anywhere_the_whole_commands_before_it_are_read()
    {
        string[] parts = ["#TS:1\r\n", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$12\r\nhello\r\nworld\r\n", "*1\r\n$4\r\nPING\r\n", "#TS:2\r\n", "*2\r\n$4\r\nINCR\r\n$1\r\nb\r\n"];
        string whole = string.Concat(parts);
        long[] ends = [.. parts.Select((_, index) => (long)parts.Take(index + 1).Sum(static part => part.Length)).Prepend(0)];

        for (int length = 0; length <= whole.Length; length++)
        {
            using var stream = new MemoryStream(Bytes(whole[..length]));
            _ = ReadAll(stream, out AofItem end, out long good);

            Assert.Equal(ends.Last(mark => mark <= length), good);
            Assert.Equal(good == length ? AofItem.End : AofItem.Truncated, end);
        }
    }

    [Theory]
    [InlineData("!")]
    [InlineData("*0\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("*x\r\n")]
    [InlineData("*1\n$1\na\n")]
    [InlineData("*1\r\n*1\r\n$1\r\na\r\n")]
    [InlineData("*1\r\n$-1\r\n")]
    [InlineData("*1\r\n$01\r\na\r\n")]
    [InlineData("*1\r\n$1\r\nabc")]
    [InlineData("*1\r\n$9999999999\r\na\r\n")]
    public void What_no_server_writes_is_malformed(string text)
    {
        using var stream = new MemoryStream(Bytes(text));

        _ = ReadAll(stream, out AofItem end, out _);

        Assert.Equal(AofItem.Malformed, end);
    }

    [Fact]
    public void Lengths_that_the_file_does_not_have_take_no_memory()
    {
        foreach (string text in (string[])["*2147483647\r\n$1\r\na\r\n", "*1\r\n$2147483640\r\na\r\n"])
        {
            long before = Carnelian.Memory.NativeHeap.UsedBytes;
            using var stream = new MemoryStream(Bytes(text));
            using var reader = new AofReader(stream, stream.Length);

            Assert.Equal(AofItem.Truncated, reader.Read());
            Assert.True(Carnelian.Memory.NativeHeap.UsedBytes - before < 1 << 24);
        }
    }

    [Fact]
    public void Commands_longer_than_the_buffer_are_read()
    {
        string value = new('v', 3_000_000);
        using var stream = new MemoryStream(Bytes($"*2\r\n$4\r\nECHO\r\n${value.Length}\r\n{value}\r\n*1\r\n$4\r\nPING\r\n"));

        List<string> items = ReadAll(stream, out AofItem end, out _);

        Assert.Equal(["ECHO " + value, "PING"], items);
        Assert.Equal(AofItem.End, end);
    }
}
