using Carnelian.Memory;
using Carnelian.Protocol;

namespace Carnelian.Fuzz.Targets;

/// <summary>
/// The request parser. Every input is parsed whole and in pieces, and both must give the same commands and the same end. The bytes behind
/// the end differ between the two, so looking beyond it shows. The parser must not hold much more memory than the input is long.
/// </summary>
internal class RespTarget : FuzzTarget
{
    private const int BaitBytes = 16;

    private readonly ParserRun _whole = new();
    private readonly ParserRun _pieces = new();

    public override string Name => "resp";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        "\r\n"u8.ToArray(), "*1\r\n"u8.ToArray(), "$4\r\nPING\r\n"u8.ToArray(), "$-1\r\n"u8.ToArray(), "*"u8.ToArray(), "$"u8.ToArray(),
        "*12\r\n"u8.ToArray(), "$0\r\n\r\n"u8.ToArray(), "$10\r\n"u8.ToArray(), "\0"u8.ToArray(), "\r"u8.ToArray(), "\n"u8.ToArray(),
        "*40\r\n"u8.ToArray(), .. Enumerable.Range(33, 3).Select(n => (byte[])[.. Enumerable.Repeat("$1\r\na\r\n"u8.ToArray(), n).SelectMany(a => a)]),
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        // The pieces follow from the input, so that a finding can be repeated from its bytes alone.
        uint hash = 2166136261;
        foreach (byte b in input) hash = (hash ^ b) * 16777619;
        bool authenticated = (hash & 7) != 0;
        int pieceBytes = 1 + (int)((hash >> 3) % (uint)(input.Length + 1));

        _whole.Begin(authenticated);
        _whole.Add(input, bait: (byte)'\n');
        _pieces.Begin(authenticated);
        for (int at = 0; at < input.Length && _pieces.Status != ParseStatus.Error; at += pieceBytes)
        {
            _pieces.Add(input.Slice(at, Math.Min(pieceBytes, input.Length - at)), bait: (byte)'1');
        }

        if (_whole.Status != _pieces.Status) throw new FuzzFailure($"whole {_whole.Status}, in pieces of {pieceBytes} {_pieces.Status}");
        if (_whole.Status == ParseStatus.Error && _whole.Error != _pieces.Error)
        {
            throw new FuzzFailure($"whole {_whole.Error}, in pieces of {pieceBytes} {_pieces.Error}");
        }
        if (!_whole.Contents.SequenceEqual(_pieces.Contents)) throw new FuzzFailure($"other commands in pieces of {pieceBytes}");
        if (_whole.Status == ParseStatus.Error) ProtocolErrorText.Format(_whole.Error);
    }

    public override void Dispose()
    {
        _whole.Dispose();
        _pieces.Dispose();
    }

    /// <summary>One connection: keeps what is not consumed and notes down the commands.</summary>
    private sealed unsafe class ParserRun : IDisposable
    {
        private readonly RequestParser _parser = new();
        private RequestState _state;
        private byte* _buffer;
        private int _capacity;
        private int _length;
        private byte[] _contents = new byte[1024];
        private int _contentsLength;
        private bool _authenticated;

        public ParseStatus Status { get; private set; }

        public ProtocolError Error => _parser.Error;

        public ReadOnlySpan<byte> Contents => _contents.AsSpan(0, _contentsLength);

        public void Begin(bool authenticated)
        {
            _authenticated = authenticated;
            _state.Free();
            _length = 0;
            _contentsLength = 0;
            Status = ParseStatus.Complete;
        }

        public void Add(ReadOnlySpan<byte> piece, byte bait)
        {
            int total = _length + piece.Length;
            if (_capacity < total + BaitBytes)
            {
                _capacity = (total + BaitBytes) * 2;
                _buffer = NativeHeap.Reallocate(_buffer, (nuint)_capacity);
            }
            piece.CopyTo(new Span<byte>(_buffer + _length, piece.Length));
            new Span<byte>(_buffer + total, BaitBytes).Fill(bait);
            byte* start = _buffer;
            byte* end = _buffer + total;
            do
            {
                _parser.Clear();
                Status = _parser.Parse(start, end, ref _state, _authenticated);
                if (_parser.Position < start || _parser.Position > end) throw new FuzzFailure("position outside of the input");
                if (_parser.MemoryBytes > (1 << 20)) throw new FuzzFailure($"batch of {_parser.MemoryBytes} bytes");
                if (_state.MemoryBytes > 1024 + (8 * total)) throw new FuzzFailure($"state of {_state.MemoryBytes} bytes");
                Note(start, end);
                start = _parser.Position;
            }
            while (Status == ParseStatus.BatchFull);
            _length = (int)(end - start);
            Buffer.MemoryCopy(start, _buffer, _length, _length);
        }

        public void Dispose()
        {
            _state.Free();
            _parser.Dispose();
            NativeHeap.Free(_buffer);
        }

        private void Note(byte* start, byte* end)
        {
            for (int i = 0; i < _parser.CommandCount; i++)
            {
                ParsedCommand command = _parser.Commands[i];
                if (command.ArgumentCount < 1) throw new FuzzFailure("a command without arguments");
                Note(BitConverter.GetBytes(command.ArgumentCount));
                Note(BitConverter.GetBytes(command.RequestBytes));
                for (int j = 0; j < command.ArgumentCount; j++)
                {
                    Argument argument = _parser.Arguments[command.FirstArgument + j];
                    if (argument.Data < start || argument.Length < 0 || argument.Data + argument.Length > end)
                    {
                        throw new FuzzFailure("an argument outside of the input");
                    }
                    Note(BitConverter.GetBytes(argument.Length));
                    Note(argument.Span);
                }
            }
        }

        private void Note(ReadOnlySpan<byte> bytes)
        {
            while (_contentsLength + bytes.Length > _contents.Length) Array.Resize(ref _contents, _contents.Length * 2);
            bytes.CopyTo(_contents.AsSpan(_contentsLength));
            _contentsLength += bytes.Length;
        }
    }
}
