using System.Text;
using Carnelian.Memory;
using Carnelian.Protocol;
using Xunit;

namespace Carnelian.Tests.Protocol;

/// <summary>
/// Feeds bytes to a parser the way an event loop does: what is not consumed is kept and put in front of the next piece. Every piece is
/// parsed in a fresh block whose bytes behind the end are bait, so a parser that looks too far reads the wrong thing.
/// </summary>
internal sealed unsafe class RequestFeed : IDisposable
{
    private const int BaitBytes = 16;

    private readonly RequestParser _parser = new();
    private RequestState _state;
    private byte[] _rest = [];

    public List<string[]> Commands { get; } = [];

    public ParseStatus Status { get; private set; }

    public ProtocolError Error => _parser.Error;

    public long MissingBytes => _parser.MissingBytes;

    public long RequestBytes { get; private set; }

    public long StateBytes => _state.MemoryBytes;

    public int RestBytes => _rest.Length;

    public RequestParser Parser => _parser;

    public bool Authenticated { get; set; } = true;

    public static RequestFeed Of(string input, bool authenticated = true)
    {
        RequestFeed feed = new() { Authenticated = authenticated };
        feed.Add(Encoding.Latin1.GetBytes(input));
        return feed;
    }

    public void Add(ReadOnlySpan<byte> piece)
    {
        byte[] all = [.. _rest, .. piece];
        byte* block = NativeHeap.Allocate((nuint)all.Length + BaitBytes);
        try
        {
            all.CopyTo(new Span<byte>(block, all.Length));
            "\r\n$1\r\n1\r\n*1\r\n\r\n"u8.CopyTo(new Span<byte>(block + all.Length, BaitBytes));
            byte* start = block;
            byte* end = block + all.Length;
            do
            {
                _parser.Clear();
                Status = _parser.Parse(start, end, ref _state, Authenticated);
                Collect(start, end);
                start = _parser.Position;
            }
            while (Status == ParseStatus.BatchFull);
            _rest = new ReadOnlySpan<byte>(start, (int)(end - start)).ToArray();
        }
        finally
        {
            NativeHeap.Free(block);
        }
    }

    public void Dispose()
    {
        _state.Free();
        _parser.Dispose();
    }

    private void Collect(byte* start, byte* end)
    {
        Assert.InRange((nint)_parser.Position, (nint)start, (nint)end);
        for (int i = 0; i < _parser.CommandCount; i++)
        {
            ParsedCommand command = _parser.Commands[i];
            string[] arguments = new string[command.ArgumentCount];
            for (int j = 0; j < arguments.Length; j++)
            {
                Argument argument = _parser.Arguments[command.FirstArgument + j];
                Assert.InRange((nint)argument.Data, (nint)start, (nint)end - argument.Length);
                Assert.Equal(0, argument.Flags);
                Assert.Equal(0UL, argument.Hash);
                arguments[j] = Encoding.Latin1.GetString(argument.Span);
            }
            Commands.Add(arguments);
            RequestBytes += command.RequestBytes;
        }
    }
}
