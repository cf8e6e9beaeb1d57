using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Storage;

namespace Carnelian.Server.Execution;

/// <summary>The beginning of a command whose rest has yet to come, which its client keeps meanwhile. On the client's loop.</summary>
internal static unsafe class IncompleteInput
{
    /// <summary>Keeps what a batch has left, with room for the rest of a long argument.</summary>
    public static void Keep(ServerInstance server, Client client, InputBatch input)
    {
        byte* position = input.Position;
        int length = (int)(input.End - position);
        bool hadManyArguments = client.ParserBytes != 0;
        client.ParserBytes = client.RequestState.MemoryBytes;
        if (length == 0)
        {
            // The room stays for a while: a client whose commands came in pieces once will send more of them. Not that of very many arguments,
            // beside whose work another block costs little.
            if (!input.IsShared && hadManyArguments && client.QueryCapacity > InputBatch.BufferSize)
                client.FreeQuery();
            else if (!input.IsShared)
                client.QueryLength = 0;
            return;
        }
        long missing = input.Parser.MissingBytes;
        // What is missing counts, as one read may complete an argument that is longer than the limit.
        bool isTooLong = length + missing + client.LongLength + client.QueuedBytes > server.QueryBufferLimit;
        bool isLong = missing > 0 && input.Parser.MissingLength >= StringBlock.LeastLong && !isTooLong;
        int room = missing >= RequestParser.BigArgumentBytes && !isLong && !isTooLong ? (int)missing : 0;
        client.QueryPeak = Math.Max(client.QueryPeak, (int)Math.Min((long)length + room, int.MaxValue));
        if (input.IsShared)
        {
            // Beside a long argument the room is the same however much of it the first read brought: clients that send alike weigh alike.
            if (isLong)
            {
                int first = (int)Math.Min(input.Parser.MissingLength, InputBatch.BufferSize);
                client.ReserveQuery(first);
                client.QueryPeak = Math.Max(client.QueryPeak, first);
            }
            client.KeepQuery(position, length, room);
        }
        else
        {
            if (position != client.QueryData)
            {
                Buffer.MemoryCopy(position, client.QueryData, length, length);
                client.QueryLength = length;
            }
            if (room > 0)
                client.ReserveQuery(room);
        }
        if (isLong)
            LongArguments.Begin(client, input.Parser);
        if (isTooLong)
            server.OnQueryBufferLimit(client);
    }
}
