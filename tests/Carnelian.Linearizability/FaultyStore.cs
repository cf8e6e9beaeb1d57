using System.Diagnostics;

namespace Carnelian.Linearizability;

internal enum Fault
{
    /// <summary>None: every operation is one step.</summary>
    None,

    /// <summary>INCRBY reads and writes in two steps.</summary>
    LostIncrement,

    /// <summary>GET answers now and then what the connection saw before.</summary>
    StaleRead,

    /// <summary>MSET and MGET take their keys one by one.</summary>
    TornKeys,

    /// <summary>RENAME writes the destination before it takes the source away.</summary>
    TornRename,

    /// <summary>The commands of a transaction are steps of their own.</summary>
    TornTransaction,

    /// <summary>EXEC does not look whether watched keys have changed.</summary>
    IgnoredWatch,

    /// <summary>Whoever has waited for an element is woken now and then without it, and it is gone.</summary>
    LostElement,

    /// <summary>A blocking pop looks at an element and takes it away in two steps.</summary>
    TornPop,

    /// <summary>A blocking pop takes the last element now and then.</summary>
    WrongEnd,

    /// <summary>A blocking move takes an element and puts it to its destination twice now and then.</summary>
    DoubledMove,
}

/// <summary>
/// A store in memory with a planted fault of the kind that this program is there to find. Any thread may call; one lock
/// makes each step whole, and the faults lie in how operations are cut into steps.
/// </summary>
internal sealed class FaultyStore(Fault fault) : IStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _state = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LinkedList<long>> _lists = new(StringComparer.Ordinal);

    public IStoreSession Connect() => new Session(this, fault);

    private sealed class Session(FaultyStore store, Fault fault) : IStoreSession
    {
        private readonly Dictionary<string, string> _seen = new(StringComparer.Ordinal);
        private int _reads;

        public void Execute(IReadOnlyList<Operation> operations)
        {
            foreach (Operation operation in operations)
            {
                operation.Invoked = Stopwatch.GetTimestamp();
                operation.Result = operation.Requests.Length == 1 ? Single(operation.Requests[0]) : Transaction(operation);
                operation.Returned = Stopwatch.GetTimestamp();
            }
        }

        public bool ExecuteGuarded(string[] keys, Func<string[], Request[]> write)
        {
            var read = new Request(RequestKind.GetMany, keys);
            string before = Step(read);
            Pause();
            lock (store._lock)
            {
                if (fault != Fault.IgnoredWatch && KeyModel.Execute(store._state, read) != before)
                    return false;
                foreach (Request request in write(before.Split(',')))
                    KeyModel.Execute(store._state, request);
                return true;
            }
        }

        public void Dispose()
        {
        }

        private static void Pause() => Thread.Sleep(0);

        private string Transaction(Operation operation)
        {
            if (fault == Fault.TornTransaction)
                return string.Join('|', operation.Requests.Select(Slowly));
            lock (store._lock)
                return string.Join('|', operation.Requests.Select(store.Execute));
        }

        private string Single(Request request) => (fault, request.Kind) switch
        {
            (Fault.LostIncrement, RequestKind.Increment) => Increment(request),
            (Fault.StaleRead, RequestKind.Get) => Get(request),
            (Fault.TornKeys, RequestKind.GetMany) => string.Join(',', request.Keys.Select(key => Slowly(new Request(RequestKind.Get, [key])))),
            (Fault.TornKeys, RequestKind.SetMany) => request.Keys.Select(key => Slowly(new Request(RequestKind.Set, [key], request.Number))).ToArray()[0],
            (Fault.TornRename, RequestKind.Rename) => Rename(request),
            (_, RequestKind.AwaitPop) => AwaitPop(request),
            (_, RequestKind.AwaitMove) => AwaitMove(request),
            _ => Step(request),
        };

        private string Increment(Request request)
        {
            string before = Step(new Request(RequestKind.Get, request.Keys));
            Pause();
            long after = (before == KeyModel.Nil ? 0 : long.Parse(before)) + request.Number;
            Step(new Request(RequestKind.Set, request.Keys, after));
            return $"{after}";
        }

        private string Get(Request request)
        {
            string now = Step(request);
            string answer = ++_reads % 5 == 0 ? _seen.GetValueOrDefault(request.Keys[0], now) : now;
            _seen[request.Keys[0]] = now;
            return answer;
        }

        private string Rename(Request request)
        {
            if (Slowly(new Request(RequestKind.Copy, request.Keys)) == "0")
                return "error";
            if (request.Keys[0] != request.Keys[1])
                Step(new Request(RequestKind.Delete, [request.Keys[0]]));
            return "OK";
        }

        private string Slowly(Request request)
        {
            string result = Step(request);
            Pause();
            return result;
        }

        private string Step(Request request)
        {
            lock (store._lock)
                return store.Execute(request);
        }

        private string AwaitPop(Request request)
        {
            bool hasWaited = false;
            for (; ; hasWaited = true, Pause())
            {
                foreach (string key in request.Keys)
                {
                    long? value = Take(key, mayLose: hasWaited);
                    if (value != null)
                        return $"{key},{value}";
                }
            }
        }

        private string AwaitMove(Request request)
        {
            while (true)
            {
                lock (store._lock)
                {
                    LinkedList<long> source = store.ListOf(request.Keys[0]);
                    if (source.First is { } first)
                    {
                        source.RemoveFirst();
                        bool isDoubled = fault == Fault.DoubledMove && first.Value != Queues.Stop && ++_reads % 20 == 0;
                        for (int i = 0; i < (isDoubled ? 2 : 1); i++)
                            store.ListOf(request.Keys[1]).AddLast(first.Value);
                        return $"{first.Value}";
                    }
                }

                Pause();
            }
        }

        private long? Take(string key, bool mayLose)
        {
            long value;
            lock (store._lock)
            {
                LinkedList<long> list = store.ListOf(key);
                if (list.Count == 0)
                    return null;
                value = list.First!.Value;
                bool isFaulty = value != Queues.Stop && list.Last!.Value != Queues.Stop && ++_reads % 10 == 0;
                if (fault == Fault.WrongEnd && isFaulty)
                {
                    value = list.Last!.Value;
                    list.RemoveLast();
                    return value;
                }

                if (fault != Fault.TornPop || value == Queues.Stop)
                {
                    list.RemoveFirst();
                    return fault == Fault.LostElement && mayLose && isFaulty ? null : value;
                }
            }

            Pause();
            lock (store._lock)
            {
                // Never the word to stop: another connection would wait for it without end.
                LinkedList<long> list = store.ListOf(key);
                if (list.First is { } first && first.Value != Queues.Stop)
                    list.RemoveFirst();
            }

            return value;
        }
    }

    private string Execute(Request request)
    {
        switch (request.Kind)
        {
            case RequestKind.Push:
                ListOf(request.Keys[0]).AddLast(request.Number);
                return $"{ListOf(request.Keys[0]).Count}";
            case RequestKind.Pop:
                LinkedList<long> list = ListOf(request.Keys[0]);
                if (list.Count == 0)
                    return KeyModel.Nil;
                string value = $"{list.First!.Value}";
                list.RemoveFirst();
                return value;
            default:
                return KeyModel.Execute(_state, request);
        }
    }

    private LinkedList<long> ListOf(string key)
    {
        if (!_lists.TryGetValue(key, out LinkedList<long>? list))
            _lists.Add(key, list = new LinkedList<long>());
        return list;
    }
}
