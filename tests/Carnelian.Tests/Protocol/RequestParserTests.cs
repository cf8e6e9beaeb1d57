using System.Text;
using Carnelian.Protocol;
using Xunit;

namespace Carnelian.Tests.Protocol;

/// <summary>What the parser makes of requests. The accepted and refused forms are those of a real Valkey 9.1.2 asked over a socket.</summary>
public sealed class RequestParserTests
{
    private const string Ping = "*1\r\n$4\r\nPING\r\n";

    [Theory]
    [InlineData("*0\r\n" + Ping, "PING")]
    [InlineData("*-1\r\n" + Ping, "PING")]
    [InlineData("*-9223372036854775808\r\n" + Ping, "PING")]
    [InlineData("\r\n\n  \r\n" + Ping, "PING")]
    [InlineData(Ping + "\r\n*-1\r\n" + Ping, "PING/PING")]
    [InlineData("*1\r\n$0\r\n\r\n", "")]
    [InlineData("*2\r\n$4\r\nECHO\r\n$12\r\nhello\r\nworld\r\n", "ECHO,hello\r\nworld")]
    [InlineData("PING\n", "PING")]
    [InlineData("  PING  \r\n", "PING")]
    [InlineData("PING\r\r\n", "PING")]
    [InlineData("\r" + Ping, "*1/$4/PING")]
    [InlineData("$4\r\n", "$4")]
    [InlineData("ECHO a\rb\r\n", "ECHO,a,b")]
    [InlineData("ECHO\ta\r\n", "ECHO,a")]
    [InlineData("\vECHO \vb a\vb\r\n", "ECHO,b,a\vb")]
    [InlineData("ECHO \"a\\x41\\n\\q\"\r\n", "ECHO,aA\nq")]
    [InlineData("ECHO \"\\a\\b\\t\\r\\n\"\r\n", "ECHO,\a\b\t\r\n")]
    [InlineData("ECHO \"\\xg1\\x4\\X41\"\r\n", "ECHO,xg1x4X41")]
    [InlineData("ECHO 'a\\'b\\n\\x41'\r\n", "ECHO,a'b\\n\\x41")]
    [InlineData("ECHO a\"b\"c 'a b'\"c d\"e\r\n", "ECHO,abc,a bc de")]
    [InlineData("ECHO \"\" a\"\" ''\r\n", "ECHO,,a,")]
    [InlineData("ECHO a\\nb\r\n", "ECHO,a\\nb")]
    public void Requests_are_read_as_Valkey_reads_them(string input, string commands)
    {
        using RequestFeed feed = RequestFeed.Of(input);

        Assert.Equal(ParseStatus.Complete, feed.Status);
        Assert.Equal(commands, string.Join('/', feed.Commands.Select(c => string.Join(',', c))));
    }

    [Theory]
    [InlineData("*\r\n", "invalid multibulk length")]
    [InlineData("*x\r\n", "invalid multibulk length")]
    [InlineData("*+1\r\n", "invalid multibulk length")]
    [InlineData("*01\r\n", "invalid multibulk length")]
    [InlineData("* 1\r\n", "invalid multibulk length")]
    [InlineData("*-0\r\n", "invalid multibulk length")]
    [InlineData("*1\0\r\n", "invalid multibulk length")]
    [InlineData("*1\n$4\r\nPING\r\n", "invalid multibulk length")]
    [InlineData("*2147483648\r\n", "invalid multibulk length")]
    [InlineData("*9999999999999999999\r\n", "invalid multibulk length")]
    [InlineData("*-9223372036854775809\r\n", "invalid multibulk length")]
    [InlineData("*1\rX", "invalid CRLF in request")]
    [InlineData("*x\rX", "invalid CRLF in request")]
    [InlineData("*1\r\n$4\rX", "invalid CRLF in request")]
    [InlineData("*1\r\n$x\rX", "invalid CRLF in request")]
    [InlineData("*1\r\n$4\r\nPINGxx", "invalid CRLF in request")]
    [InlineData("*1\r\n$4\r\nPING\rx", "invalid CRLF in request")]
    [InlineData("*1\r\n$4\r\nPING\n\n", "invalid CRLF in request")]
    [InlineData("*1\r\n$04\r\nPING\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$-0\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$x\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$536870913\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$9223372036854775807\r\n", "invalid bulk length")]
    [InlineData("*1\r\nx4\r\n", "expected '$', got 'x'")]
    [InlineData("*1\r\nx4\rX", "expected '$', got 'x'")]
    [InlineData("*1\r\n\0abc\r\n", "expected '$', got '\0'")]
    [InlineData("*1\r\n\r\n", "expected '$', got ' '")]
    [InlineData("*1\r\n\n\r\n", "expected '$', got ' '")]
    [InlineData("PING \"a\r\n", "unbalanced quotes in request")]
    [InlineData("PING 'a\r\n", "unbalanced quotes in request")]
    [InlineData("ECHO \"abc\\\r\n", "unbalanced quotes in request")]
    [InlineData("ECHO 'abc\\\r\n", "unbalanced quotes in request")]
    public void Malformed_requests_get_the_error_texts_of_Valkey(string input, string error)
    {
        using RequestFeed feed = RequestFeed.Of(input);

        Assert.Equal(ParseStatus.Error, feed.Status);
        Assert.Equal("ERR Protocol error: " + error, Encoding.Latin1.GetString(ProtocolErrorText.Format(feed.Error)));
        Assert.Empty(feed.Commands);
    }

    [Theory]
    [InlineData("*2147483647\r\n")]
    [InlineData("*1\r\n$536870912\r\n")]
    [InlineData("*1\r")]
    [InlineData("*1\r\n\r")]
    [InlineData("*1\r\nx")]
    [InlineData("*1\r\n$4\r")]
    [InlineData("*1\r\n$4\r\nPINGx")]
    [InlineData("*1\n$4\nPING\n")]
    [InlineData("PI\0NG\r\n")]
    [InlineData("PING a\0b \"\r\n")]
    [InlineData("PING")]
    public void Requests_that_may_go_on_wait_for_more(string input)
    {
        using RequestFeed feed = RequestFeed.Of(input);

        Assert.Equal(ParseStatus.Incomplete, feed.Status);
        Assert.Equal(input.Length, feed.RestBytes);
        Assert.Empty(feed.Commands);
    }

    [Theory]
    [InlineData("*", '1', "too big mbulk count string")]
    [InlineData("*1\r\n$", '1', "too big bulk count string")]
    [InlineData("*1\r\n", 'x', "too big bulk count string")]
    [InlineData("", 'a', "too big inline request")]
    [InlineData("\0\n", 'a', "too big inline request")]
    public void A_line_without_an_end_is_an_error_from_64_KiB_on(string start, char filler, string error)
    {
        int counted = start.LastIndexOf('\n') < 0 || start[0] == '\0' ? 0 : start.LastIndexOf('\n') + 1;
        string longest = start + new string(filler, 65536 - (start.Length - counted));

        using RequestFeed fits = RequestFeed.Of(longest);
        using RequestFeed tooLong = RequestFeed.Of(longest + filler);

        Assert.Equal(ParseStatus.Incomplete, fits.Status);
        Assert.Equal(ParseStatus.Error, tooLong.Status);
        Assert.Equal("ERR Protocol error: " + error, Encoding.Latin1.GetString(ProtocolErrorText.Format(tooLong.Error)));
    }

    [Fact]
    public void An_inline_command_of_more_than_64_KiB_is_an_error_though_it_has_an_end()
    {
        using RequestFeed fits = RequestFeed.Of(new string('x', 65536) + "\n");
        using RequestFeed tooLong = RequestFeed.Of(new string('x', 65537) + "\n");

        Assert.Single(fits.Commands);
        Assert.Equal(ParseStatus.Error, tooLong.Status);
        Assert.Equal("ERR Protocol error: too big inline request", Encoding.Latin1.GetString(ProtocolErrorText.Format(tooLong.Error)));
    }

    [Theory]
    [InlineData("*10\r\n", null)]
    [InlineData("*11\r\n", "unauthenticated multibulk length")]
    [InlineData("*1\r\n$16384\r\n", null)]
    [InlineData("*1\r\n$16385\r\n", "unauthenticated bulk length")]
    [InlineData("*2147483648\r\n", "invalid multibulk length")]
    [InlineData("*1\r\n$536870913\r\n", "invalid bulk length")]
    public void Clients_that_have_yet_to_authenticate_have_tighter_limits(string input, string? error)
    {
        using RequestFeed feed = RequestFeed.Of(input, authenticated: false);

        Assert.Equal(error == null ? ParseStatus.Incomplete : ParseStatus.Error, feed.Status);
        if (error != null)
        {
            Assert.Equal("ERR Protocol error: " + error, Encoding.Latin1.GetString(ProtocolErrorText.Format(feed.Error)));
        }
    }

    [Fact]
    public unsafe void Without_authentication_parsing_stops_after_each_command()
    {
        byte[] input = Encoding.Latin1.GetBytes(Ping + "*11\r\n");
        using RequestParser parser = new();
        RequestState state = default;
        fixed (byte* start = input)
        {
            ParseStatus first = parser.Parse(start, start + input.Length, ref state, authenticated: false);

            Assert.Equal(ParseStatus.BatchFull, first);
            Assert.Equal(1, parser.CommandCount);
            Assert.Equal(ParseStatus.Incomplete, parser.Parse(parser.Position, start + input.Length, ref state));
        }
    }

    [Fact]
    public void Commands_before_an_error_are_kept()
    {
        using RequestFeed feed = RequestFeed.Of(Ping + "ECHO a\r\n*x\r\n" + Ping);

        Assert.Equal(ParseStatus.Error, feed.Status);
        Assert.Equal(2, feed.Commands.Count);
    }

    [Fact]
    public void The_longest_argument_is_configurable()
    {
        using RequestFeed feed = new();
        feed.Parser.MaxBulkLength = 1024;

        feed.Add("*1\r\n$1025\r\n"u8);

        Assert.Equal(new ProtocolError(ProtocolErrorCode.InvalidBulkLength), feed.Error);
        feed.Parser.MaxBulkLength = long.MaxValue;
        Assert.Equal(int.MaxValue, feed.Parser.MaxBulkLength);
    }

    [Theory]
    [InlineData("*2\r\n$3\r\nGET\r\n$100000\r\nabc", 99999)]
    [InlineData("*2\r\n$3\r\nGET\r\n$100000\r\n", 100002)]
    [InlineData("*2\r\n$3\r\nGET\r\n$5\r\nabcde\r", 1)]
    [InlineData("*2\r\n$3\r\nGET\r\n$1000", 0)]
    [InlineData("*2\r\n$3\r\nGET\r\n", 0)]
    public void An_incomplete_argument_tells_how_many_bytes_are_missing(string input, long missing)
    {
        using RequestFeed feed = RequestFeed.Of(input);

        Assert.Equal(ParseStatus.Incomplete, feed.Status);
        Assert.Equal(missing, feed.MissingBytes);
    }

    [Fact]
    public void A_batch_takes_no_more_than_its_size_and_goes_on_where_it_stopped()
    {
        string input = string.Concat(Enumerable.Range(0, 100).Select(i => $"*2\r\n$4\r\nECHO\r\n${i.ToString().Length}\r\n{i}\r\n"));

        using RequestFeed feed = RequestFeed.Of(input);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), feed.Commands.Select(c => c[1]));
        Assert.Equal(input.Length, feed.RequestBytes);
    }

    [Fact]
    public void A_huge_count_reserves_nothing_before_its_arguments_arrive()
    {
        using RequestFeed feed = RequestFeed.Of("*2147483647\r\n$1\r\na\r\n");

        Assert.Equal(ParseStatus.Incomplete, feed.Status);
        Assert.Equal(0, feed.StateBytes);
        Assert.InRange(feed.Parser.MemoryBytes, 0, 64 * 1024);
    }

    [Fact]
    public void A_command_of_many_arguments_in_small_pieces_is_remembered_at_four_bytes_an_argument()
    {
        const int Count = 20_000;
        byte[] argument = "$5\r\nhello\r\n"u8.ToArray();
        using RequestFeed feed = new();
        feed.Add(Encoding.Latin1.GetBytes($"*{Count}\r\n"));
        for (int i = 0; i < Count / 1000; i++)
        {
            byte[] piece = [.. Enumerable.Repeat(argument, 1000).SelectMany(a => a)];
            feed.Add(piece.AsSpan(0, piece.Length - 3));
            Assert.InRange(feed.StateBytes, i == 0 ? 1 : 4000 * i, 12_000 * (i + 1));
            Assert.Equal(ParseStatus.Incomplete, feed.Status);
            feed.Add(piece.AsSpan(piece.Length - 3));
        }

        Assert.Equal(ParseStatus.Complete, feed.Status);
        Assert.Equal(Count, feed.Commands.Single().Length);
        Assert.All(feed.Commands.Single(), a => Assert.Equal("hello", a));
        Assert.Equal(0, feed.StateBytes);
        feed.Parser.Clear();
        Assert.InRange(feed.Parser.MemoryBytes, 0, 64 * 1024);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_split_of_a_pipeline_gives_the_same_commands(int seed)
    {
        RandomPipeline pipeline = new(seed);
        for (int round = 0; round < 40; round++)
        {
            (byte[] input, List<string[]> expected) = pipeline.Next(maxCommands: 6);
            for (int split = 0; split <= input.Length; split++)
            {
                using RequestFeed feed = new();
                feed.Add(input.AsSpan(0, split));
                feed.Add(input.AsSpan(split));
                Assert.True(feed.Status == ParseStatus.Complete, $"seed {seed}, round {round}, split {split}: {feed.Status}");
                Assert.Equal(expected, feed.Commands);
            }
        }
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(5, 7)]
    [InlineData(6, 100)]
    public void A_pipeline_in_many_pieces_gives_the_same_commands(int seed, int pieceBytes)
    {
        RandomPipeline pipeline = new(seed);
        Random random = new(seed);
        for (int round = 0; round < 20; round++)
        {
            (byte[] input, List<string[]> expected) = pipeline.Next(maxCommands: 100);
            using RequestFeed feed = new();
            for (int at = 0; at < input.Length;)
            {
                int length = Math.Min(random.Next(1, pieceBytes + 1), input.Length - at);
                feed.Add(input.AsSpan(at, length));
                at += length;
            }
            Assert.Equal(ParseStatus.Complete, feed.Status);
            Assert.Equal(expected, feed.Commands);
        }
    }
}
