using System.Globalization;

namespace Carnelian.Linearizability;

/// <summary>
/// What the commands do to a few keys, as simply as it can be said. Results are texts: "OK", "nil", a number, values
/// separated by commas; those of a transaction are separated by bars.
/// </summary>
internal static class KeyModel
{
    public const string Nil = "nil";

    /// <summary>Executes an operation as one step.</summary>
    /// <param name="state">The values by key; changed.</param>
    public static string Execute(Dictionary<string, long> state, Operation operation) =>
        string.Join('|', operation.Requests.Select(request => Execute(state, request)));

    public static string Execute(Dictionary<string, long> state, Request request)
    {
        string key = request.Keys[0];
        string before = Text(state, key);
        switch (request.Kind)
        {
            case RequestKind.Get:
                return before;
            case RequestKind.Set:
                state[key] = request.Number;
                return "OK";
            case RequestKind.SetIfAbsent:
                return state.TryAdd(key, request.Number) ? "OK" : Nil;
            case RequestKind.GetSet:
                state[key] = request.Number;
                return before;
            case RequestKind.Delete:
                return state.Remove(key) ? "1" : "0";
            case RequestKind.Increment:
                state[key] = state.GetValueOrDefault(key) + request.Number;
                return Text(state, key);
            case RequestKind.Rename:
                if (!state.Remove(key, out long moved))
                    return "error";
                state[request.Keys[1]] = moved;
                return "OK";
            case RequestKind.Copy:
                if (!state.TryGetValue(key, out long copied))
                    return "0";
                state[request.Keys[1]] = copied;
                return "1";
            case RequestKind.GetMany:
                return string.Join(',', request.Keys.Select(name => Text(state, name)));
            case RequestKind.SetMany:
                foreach (string name in request.Keys)
                    state[name] = request.Number;
                return "OK";
            default:
                throw new ArgumentOutOfRangeException(nameof(request));
        }
    }

    private static string Text(Dictionary<string, long> state, string key) =>
        state.TryGetValue(key, out long value) ? value.ToString(CultureInfo.InvariantCulture) : Nil;
}
