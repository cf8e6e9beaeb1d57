using System.Collections.Concurrent;
using System.Globalization;

namespace Carnelian.Linearizability;

/// <summary>
/// The workloads. Each runs one round on keys of its own and returns what it found wrong, or null. Where a whole history
/// can be checked it is; the others keep an invariant that only whole steps keep.
/// </summary>
internal static class Workloads
{
    private const int GroupsPerRound = 4;
    private const int OperationsPerClient = 48;

    public static readonly IReadOnlyDictionary<string, Func<IStore, int, int, string?>> All = new Dictionary<string, Func<IStore, int, int, string?>>
    {
        ["histories"] = Histories,
        ["counter"] = Counter,
        ["snapshots"] = Snapshots,
        ["renames"] = Renames,
        ["transfers"] = Transfers,
        ["watched transfers"] = WatchedTransfers,
        ["queues"] = Queues.Run,
        ["relays"] = Queues.RunRelays,
    };

    /// <summary>Random commands on groups of three keys, checked whole.</summary>
    private static string? Histories(IStore store, int clients, int seed)
    {
        var sent = new Operation[clients][];
        Stress.Run(store, clients, seed, (client, session, random) =>
        {
            var all = new List<Operation>();
            while (all.Count < OperationsPerClient)
            {
                Operation[] batch = [.. Enumerable.Range(0, random.Next(3) == 0 ? random.Next(2, 6) : 1).Select(i => RandomOperation(client, seed, random))];
                session.Execute(batch);
                all.AddRange(batch);
            }

            sent[client] = [.. all];
        });
        foreach (IGrouping<int, Operation> group in sent.SelectMany(operations => operations).GroupBy(operation => operation.Group))
        {
            Operation[] history = [.. group];
            if (!HistoryChecker.IsLinearizable(history))
                return $"no order of execution explains\n  {string.Join("\n  ", history.OrderBy(operation => operation.Invoked))}";
        }

        return null;
    }

    private static Operation RandomOperation(int client, int seed, Random random)
    {
        int group = random.Next(GroupsPerRound);
        string[] keys = [$"h{seed}:{group}:a", $"h{seed}:{group}:b", $"h{seed}:{group}:c"];
        Request Any()
        {
            random.Shuffle(keys);
            long number = random.NextInt64(1, 1L << 40);
            string[] some = keys[..random.Next(2, 4)];
            return random.Next(12) switch
            {
                0 or 1 => new Request(RequestKind.Get, [keys[0]]),
                2 => new Request(RequestKind.Set, [keys[0]], number),
                3 => new Request(RequestKind.SetIfAbsent, [keys[0]], number),
                4 => new Request(RequestKind.GetSet, [keys[0]], number),
                5 => new Request(RequestKind.Delete, [keys[0]]),
                6 or 7 => new Request(RequestKind.Increment, [keys[0]], random.Next(1, 10)),
                8 => new Request(RequestKind.Rename, keys[..2]),
                9 => new Request(RequestKind.Copy, keys[..2]),
                10 => new Request(RequestKind.GetMany, some),
                _ => new Request(RequestKind.SetMany, some, number),
            };
        }

        Request[] requests = random.Next(5) == 0 ? [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => Any())] : [Any()];
        return new Operation(client, group, requests);
    }

    /// <summary>One counter: every number from 1 on exactly once, and never a smaller one after a larger one was known.</summary>
    private static string? Counter(IStore store, int clients, int seed)
    {
        var operations = new ConcurrentBag<Operation>();
        Stress.Run(store, clients, seed, (client, session, random) =>
        {
            for (int i = 0; i < OperationsPerClient; i++)
            {
                Operation[] batch = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => new Operation(client, 0, [new Request(RequestKind.Increment, [$"n{seed}"], 1)]))];
                session.Execute(batch);
                foreach (Operation operation in batch)
                    operations.Add(operation);
            }
        });
        long expected = operations.Count, earliestReturn = long.MaxValue;
        foreach ((long number, Operation operation) in operations.Select(operation => (long.Parse(operation.Result, CultureInfo.InvariantCulture), operation)).OrderByDescending(pair => pair.Item1))
        {
            if (number != expected--)
                return $"{operations.Count} increments by 1: {number} came where {expected + 1} had to";
            if (operation.Invoked > earliestReturn)
                return $"{number} was counted after a larger number had been answered";
            earliestReturn = Math.Min(earliestReturn, operation.Returned);
        }

        return null;
    }

    /// <summary>All keys are always written together with one value: whoever reads them together sees one value.</summary>
    private static string? Snapshots(IStore store, int clients, int seed)
    {
        string[] keys = [.. Enumerable.Range(0, 12).Select(i => $"s{seed}:{i}")];
        string? broken = null;
        Stress.Run(store, clients, seed, (client, session, random) =>
        {
            for (int i = 0; i < OperationsPerClient; i++)
            {
                Request write = new(RequestKind.SetMany, keys, (client * 1_000_000L) + i);
                Request[] reads = random.Next(2) == 0
                    ? [new Request(RequestKind.GetMany, keys)]
                    : [.. keys.Select(key => new Request(RequestKind.Get, [key]))];
                var operation = new Operation(client, 0, random.Next(2) == 0 ? [write] : reads);
                session.Execute([operation]);
                if (operation.Requests[0] != write && operation.Result.Split(',', '|').Distinct().Count() > 1)
                    broken ??= $"keys that are only written together differ: {operation.Result}";
            }
        });
        return broken;
    }

    /// <summary>One value moves between keys: it is always under exactly one of them.</summary>
    private static string? Renames(IStore store, int clients, int seed)
    {
        string[] keys = [.. Enumerable.Range(0, 6).Select(i => $"r{seed}:{i}")];
        using (IStoreSession first = store.Connect())
            first.Execute([new Operation(0, 0, [new Request(RequestKind.Set, [keys[0]], 7)])]);
        string? broken = null;
        Stress.Run(store, clients, seed, (client, session, random) =>
        {
            for (int i = 0; i < 2 * OperationsPerClient; i++)
            {
                string[] names = [.. keys];
                random.Shuffle(names);
                bool reads = random.Next(3) == 0;
                var operation = new Operation(client, 0, [reads ? new Request(RequestKind.GetMany, keys) : new Request(RequestKind.Rename, names[..2])]);
                session.Execute([operation]);
                if (reads && operation.Result.Split(',').Count(value => value == "7") != 1)
                    broken ??= $"a value that RENAME moves was seen as {operation.Result}";
            }
        });
        return broken;
    }

    /// <summary>Money moves between accounts in transactions: the sum stays.</summary>
    private static string? Transfers(IStore store, int clients, int seed)
    {
        return Bank(store, clients, seed, (client, session, from, to, amount) =>
            session.Execute([new Operation(client, 0, [new Request(RequestKind.Increment, [from], -amount), new Request(RequestKind.Increment, [to], amount)])]));
    }

    /// <summary>The same with WATCH: read, compute, write only if nothing has changed.</summary>
    private static string? WatchedTransfers(IStore store, int clients, int seed)
    {
        return Bank(store, clients, seed, (_, session, from, to, amount) =>
            session.ExecuteGuarded([from, to], values =>
            [
                new Request(RequestKind.Set, [from], long.Parse(values[0], CultureInfo.InvariantCulture) - amount),
                new Request(RequestKind.Set, [to], long.Parse(values[1], CultureInfo.InvariantCulture) + amount),
            ]));
    }

    private static string? Bank(IStore store, int clients, int seed, Action<int, IStoreSession, string, string, long> transfer)
    {
        const long Balance = 1000;
        string[] accounts = [.. Enumerable.Range(0, 8).Select(i => $"b{seed}:{i}")];
        var total = new Request(RequestKind.GetMany, accounts);
        using IStoreSession first = store.Connect();
        first.Execute([new Operation(0, 0, [new Request(RequestKind.SetMany, accounts, Balance)])]);
        string? broken = null;
        void Look(IStoreSession session, int client)
        {
            var look = new Operation(client, 0, [total]);
            session.Execute([look]);
            long sum = look.Result.Split(',').Sum(value => long.Parse(value, CultureInfo.InvariantCulture));
            if (sum != Balance * accounts.Length)
                broken ??= $"the accounts hold {sum} instead of {Balance * accounts.Length}: {look.Result}";
        }

        Stress.Run(store, clients, seed, (client, session, random) =>
        {
            for (int i = 0; i < OperationsPerClient; i++)
            {
                int from = random.Next(accounts.Length), to = (from + random.Next(1, accounts.Length)) % accounts.Length;
                transfer(client, session, accounts[from], accounts[to], random.Next(1, 50));
                if (random.Next(3) == 0)
                    Look(session, client);
            }
        });
        Look(first, 0);
        return broken;
    }
}
