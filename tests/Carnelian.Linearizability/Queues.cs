using System.Collections.Concurrent;
using System.Globalization;

namespace Carnelian.Linearizability;

/// <summary>
/// Lists as queues: some connections push numbers, all of them different, others wait for them in blocking commands. Every number
/// arrives once, and what was pushed to a list first does not leave it last.
/// </summary>
internal static class Queues
{
    /// <summary>The element that tells who gets it to stop.</summary>
    public const long Stop = -1;

    private const int BatchesPerClient = 40;

    /// <summary>Several lists; those who wait do so for some of them at once.</summary>
    public static string? Run(IStore store, int clients, int seed)
    {
        string[] keys = [.. Enumerable.Range(0, 3).Select(i => $"q{seed}:{i}")];
        int producers = Math.Max(1, clients / 2), consumers = Math.Max(1, clients - producers);
        var log = new Log(store, keys);
        Stress.Run(store, producers + consumers, seed, (client, session, random) =>
        {
            if (client < producers)
            {
                Produce(log, session, client, random);
                if (log.IsLastProducer(producers))
                    session.Execute([.. Enumerable.Range(0, consumers).Select(_ => Push(client, keys[0], Stop))]);
                return;
            }

            // The first list is the one that tells to stop.
            string[] mine = client % 2 == 0 ? [keys[0]] : [.. keys];
            random.Shuffle(mine);
            Consume(log, session, client, mine);
        });
        return log.Judge();
    }

    /// <summary>A list from which elements are moved to another, from which they are taken.</summary>
    public static string? RunRelays(IStore store, int clients, int seed)
    {
        string[] keys = [$"y{seed}:a", $"y{seed}:b"];
        int producers = Math.Max(1, clients / 2), movers = Math.Max(1, (clients - producers) / 2);
        var log = new Log(store, keys[..1]);
        Stress.Run(store, producers + 2 * movers, seed, (client, session, random) =>
        {
            if (client < producers)
            {
                Produce(log, session, client, random);
                if (log.IsLastProducer(producers))
                    session.Execute([.. Enumerable.Range(0, movers).Select(_ => Push(client, keys[0], Stop))]);
            }
            else if (client < producers + movers)
            {
                Operation move;
                do
                    session.Execute([move = new Operation(client, 0, [new Request(RequestKind.AwaitMove, keys)])]);
                while (move.Result != $"{Stop}");
            }
            else
            {
                Consume(log, session, client, [keys[1]]);
            }
        });
        return log.Judge(keys[1]);
    }

    private static Operation Push(int client, string key, long number) => new(client, 0, [new Request(RequestKind.Push, [key], number)]);

    private static void Produce(Log log, IStoreSession session, int client, Random random)
    {
        for (int i = 0; i < BatchesPerClient; i++)
        {
            Operation[] batch = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(4) == 0
                ? new Operation(client, 0, [.. Enumerable.Range(0, 2).Select(_ => Any())])
                : new Operation(client, 0, [Any()]))];
            session.Execute(batch);
            foreach (Operation operation in batch)
            {
                foreach (Request request in operation.Requests)
                    log.Pushed.Add((request.Keys[0], request.Number, operation));
            }

            Thread.Sleep(random.Next(8) == 0 ? 1 : 0);
        }

        Request Any()
        {
            long number = (client * 1_000_000L) + ++log.Numbers[client];
            return new Request(RequestKind.Push, [log.Keys[random.Next(log.Keys.Length)]], number);
        }
    }

    private static void Consume(Log log, IStoreSession session, int client, string[] keys)
    {
        while (true)
        {
            var pop = new Operation(client, 0, [new Request(RequestKind.AwaitPop, keys)]);
            session.Execute([pop]);
            (string key, long number) = Parse(pop.Result);
            if (number == Stop)
                return;
            log.Popped.Add((key, number, pop));
        }
    }

    private static (string Key, long Number) Parse(string result)
    {
        int comma = result.LastIndexOf(',');
        return (result[..comma], long.Parse(result[(comma + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>What was pushed and popped in one round. Any thread.</summary>
    private sealed class Log(IStore store, string[] keys)
    {
        private int _doneProducers;

        public string[] Keys { get; } = keys;

        public long[] Numbers { get; } = new long[1024];

        public ConcurrentBag<(string Key, long Number, Operation By)> Pushed { get; } = [];

        public ConcurrentBag<(string Key, long Number, Operation By)> Popped { get; } = [];

        public bool IsLastProducer(int producers) => Interlocked.Increment(ref _doneProducers) == producers;

        /// <param name="relay">The list that everything has to come from, if not the one it was pushed to.</param>
        public string? Judge(string? relay = null)
        {
            using IStoreSession session = store.Connect();
            foreach (string key in relay == null ? Keys : [.. Keys, relay])
            {
                while (true)
                {
                    var rest = new Operation(-1, 0, [new Request(RequestKind.Pop, [key])]);
                    session.Execute([rest]);
                    if (rest.Result == KeyModel.Nil)
                        break;
                    Popped.Add((key, long.Parse(rest.Result, CultureInfo.InvariantCulture), rest));
                }
            }

            foreach (IGrouping<long, (string Key, long Number, Operation By)> same in Popped.GroupBy(pop => pop.Number))
            {
                if (same.Count() > 1)
                    return $"{same.Key} came {same.Count()} times";
            }

            Dictionary<long, (string Key, long Number, Operation By)> pops = Popped.ToDictionary(pop => pop.Number);
            foreach ((string key, long number, Operation by) in Pushed)
            {
                if (!pops.TryGetValue(number, out (string Key, long Number, Operation By) pop))
                    return $"{number} was pushed to {key} and never came";
                if (pop.Key != (relay ?? key))
                    return $"{number} was pushed to {key} and came from {pop.Key}";
            }

            return pops.Count != Pushed.Count ? "an element came that nobody pushed" : FindDisorder(pops);
        }

        /// <summary>Two elements of one list, pushed one after the other and popped the other way round.</summary>
        private string? FindDisorder(Dictionary<long, (string Key, long Number, Operation By)> pops)
        {
            foreach (IGrouping<string, (string Key, long Number, Operation By)> list in Pushed.GroupBy(push => push.Key))
            {
                foreach ((_, long first, Operation pushedFirst) in list)
                {
                    foreach ((_, long second, Operation pushedSecond) in list)
                    {
                        bool isBefore = pushedFirst.Client == pushedSecond.Client ? first < second : pushedFirst.Returned < pushedSecond.Invoked;
                        if (isBefore && pops[second].By.Returned < pops[first].By.Invoked)
                            return $"{first} was pushed to {list.Key} before {second} and popped after it";
                    }
                }
            }

            return null;
        }
    }
}
