using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Text;

namespace Carnelian.Server.Clients;

/// <summary>
/// The long arguments of one command that has not arrived whole. Each is received straight into a shared block of its exact size, which
/// can become a value as it is; in the client's query buffer an empty argument stands in its place until the command is parsed.
/// </summary>
/// <remarks>
/// Belongs to the client, on its loop's thread. Invariant: while a block is being received, the query buffer ends with the header of the
/// argument that stands for it, "$0" and a line end; what follows the argument's bytes, its own line end, is received into the block's
/// spare room and then goes behind that header, so that the parser judges it.
/// </remarks>
internal sealed unsafe class LongArguments
{
    private const int LineEndBytes = 2;

    private readonly Client _client;
    private readonly List<(int Index, StringBlock Block)> _arguments = [];
    private long _received;
    private bool _isReceiving;
    private bool _isAttached;

    private LongArguments(Client client) => _client = client;

    /// <summary>Whether the last block is not complete.</summary>
    public bool IsReceiving => _isReceiving;

    /// <summary>Where the next bytes go.</summary>
    public byte* Target => Last.Data + _received;

    /// <summary>How many bytes belong there, at most what one read can take.</summary>
    public int Missing => (int)Math.Min(Last.Length + LineEndBytes - _received, int.MaxValue);

    private StringBlock Last => _arguments[^1].Block;

    /// <summary>
    /// Takes the argument that a parser found to be cut short out of the client's query buffer, which holds the incomplete command and
    /// nothing else.
    /// </summary>
    public static void Begin(Client client, RequestParser parser)
    {
        LongArguments arguments = client.LongArguments ??= new LongArguments(client);
        long length = parser.MissingLength;
        int arrived = (int)(length + LineEndBytes - parser.MissingBytes);
        int header = 3 + NumberFormat.CountDigits((ulong)length);
        StringBlock block = StringBlock.Create(length, length + LineEndBytes);
        byte* data = client.QueryData + client.QueryLength - arrived;
        Buffer.MemoryCopy(data, block.Data, length + LineEndBytes, arrived);
        arguments._arguments.Add((parser.MissingIndex, block));
        arguments._received = arrived;
        arguments._isReceiving = true;
        client.LongCapacity += block.AllocatedBytes;
        client.LongLength += arrived;
        client.QueryLength -= arrived + header;
        fixed (byte* empty = "$0\r\n"u8)
            client.KeepQuery(empty, 4, LineEndBytes);
        client.ArgumentBytes = arrived;
    }

    /// <summary>Notes bytes that have arrived at <see cref="Target"/>.</summary>
    /// <returns>Whether the argument is whole: the query buffer can be parsed again.</returns>
    public bool Advance(int count)
    {
        _received += count;
        _client.LongLength += count;
        _client.ArgumentBytes = _received;
        if (_received < Last.Length + LineEndBytes)
            return false;
        _isReceiving = false;
        _client.ArgumentBytes = 0;
        _client.KeepQuery(Last.Data + Last.Length, LineEndBytes, 0);
        return true;
    }

    /// <summary>Puts the arguments into the command that they belong to, the first of a batch, if it is whole now.</summary>
    public void Attach(RequestParser parser)
    {
        if (parser.CommandCount == 0 || _isAttached)
            return;
        _isAttached = true;
        ParsedCommand* command = parser.Commands;
        foreach ((int index, StringBlock block) in _arguments)
        {
            Argument* argument = parser.Arguments + command->FirstArgument + index;
            argument->Data = block.Data;
            argument->Length = (int)block.Length;
            argument->Flags = Argument.OwnBlock;
            command->RequestBytes += block.Length + NumberFormat.CountDigits((ulong)block.Length) - 1;
        }
    }

    /// <summary>The batch has been executed, or copied: if it had the command, the arguments are needed no more.</summary>
    public void EndBatch()
    {
        if (_isAttached)
            Free();
    }

    /// <summary>Gives all blocks back, but for what has become a value.</summary>
    public void Free()
    {
        foreach ((_, StringBlock block) in _arguments)
            block.Release();
        _client.LongArguments = null;
        _client.LongLength = _client.LongCapacity = _client.ArgumentBytes = 0;
    }
}
