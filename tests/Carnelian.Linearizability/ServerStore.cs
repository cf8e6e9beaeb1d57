using System.Diagnostics;
using System.Globalization;
using System.Text;
using Carnelian.Testing;

namespace Carnelian.Linearizability;

/// <summary>A real server.</summary>
internal sealed class ServerStore(int port) : IStore
{
    public IStoreSession Connect() => new Session(new RespConnection(port));

    private sealed class Session(RespConnection connection) : IStoreSession
    {
        public void Execute(IReadOnlyList<Operation> operations)
        {
            foreach (Operation operation in operations)
            {
                if (operation.Requests.Length > 1)
                    connection.Queue(Words("MULTI"));
                foreach (Request request in operation.Requests)
                    connection.Queue(Encode(request));
                if (operation.Requests.Length > 1)
                    connection.Queue(Words("EXEC"));
            }

            long invoked = Stopwatch.GetTimestamp();
            connection.Flush();
            foreach (Operation operation in operations)
            {
                operation.Invoked = invoked;
                operation.Result = operation.Requests.Length == 1 ? Text(Read()) : ReadTransaction(operation.Requests.Length);
                operation.Returned = Stopwatch.GetTimestamp();
            }
        }

        public bool ExecuteGuarded(string[] keys, Func<string[], Request[]> write)
        {
            connection.Call(Words(["WATCH", .. keys]));
            string[] values = [.. connection.Call(Words(["MGET", .. keys])).Elements.Select(Text)];
            connection.Queue(Words("MULTI"));
            Request[] requests = write(values);
            foreach (Request request in requests)
                connection.Queue(Encode(request));
            connection.Queue(Words("EXEC"));
            connection.Flush();
            return ReadTransaction(requests.Length) != KeyModel.Nil;
        }

        public void Dispose() => connection.Dispose();

        private static byte[][] Encode(Request request)
        {
            string number = request.Number.ToString(CultureInfo.InvariantCulture);
            return request.Kind switch
            {
                RequestKind.Get => Words("GET", request.Keys[0]),
                RequestKind.Set => Words("SET", request.Keys[0], number),
                RequestKind.SetIfAbsent => Words("SET", request.Keys[0], number, "NX"),
                RequestKind.GetSet => Words("SET", request.Keys[0], number, "GET"),
                RequestKind.Delete => Words("DEL", request.Keys[0]),
                RequestKind.Increment => Words("INCRBY", request.Keys[0], number),
                RequestKind.Rename => Words("RENAME", request.Keys[0], request.Keys[1]),
                RequestKind.Copy => Words("COPY", request.Keys[0], request.Keys[1], "REPLACE"),
                RequestKind.GetMany => Words(["MGET", .. request.Keys]),
                RequestKind.SetMany => Words(["MSET", .. request.Keys.SelectMany(key => new[] { key, number })]),
                RequestKind.Push => Words("RPUSH", request.Keys[0], number),
                RequestKind.Pop => Words("LPOP", request.Keys[0]),
                RequestKind.AwaitPop => Words(["BLPOP", .. request.Keys, "0"]),
                RequestKind.AwaitMove => Words("BLMOVE", request.Keys[0], request.Keys[1], "LEFT", "RIGHT", "0"),
                _ => throw new ArgumentOutOfRangeException(nameof(request)),
            };
        }

        private static byte[][] Words(params string[] words) => [.. words.Select(Encoding.ASCII.GetBytes)];

        private static string Text(RespValue reply) => reply switch
        {
            { IsError: true } when reply.Value == "ERR no such key" => "error",
            { IsError: true } => throw new InvalidDataException($"the server answered {reply}"),
            { IsNull: true } => KeyModel.Nil,
            { Items: { } items } => string.Join(',', items.Select(Text)),
            _ => reply.Value,
        };

        private string ReadTransaction(int length)
        {
            for (int i = 0; i < length + 1; i++)
                Text(Read());
            RespValue reply = Read();
            return reply.IsNull ? KeyModel.Nil : string.Join('|', reply.Elements.Select(Text));
        }

        private RespValue Read()
        {
            ReadOnlySpan<byte> frame = connection.ReadFrame();
            return frame.IsEmpty ? throw new EndOfStreamException("the server closed the connection") : RespValue.Parse(frame);
        }
    }
}
