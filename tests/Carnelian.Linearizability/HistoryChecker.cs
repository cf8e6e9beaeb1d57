using System.Collections;
using System.Text;

namespace Carnelian.Linearizability;

/// <summary>
/// Decides whether a history of operations on one group of keys is linearizable, by the algorithm of Wing and Gong with
/// Lowe's memory of configurations seen ("Testing for linearizability", 2017): events stand in a list by time; an operation
/// whose call comes before the first return that is left may be next; where none fits, the last choice is taken back.
/// Operations of one connection keep the order in which they were sent, also where a pipeline makes them overlap.
/// </summary>
internal static class HistoryChecker
{
    /// <returns>True if some order of execution explains every result.</returns>
    public static bool IsLinearizable(IReadOnlyList<Operation> history)
    {
        Event head = Link(history);
        int[] predecessors = Predecessors(history);
        var linearized = new BitArray(history.Count);
        var state = new Dictionary<string, long>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var choices = new Stack<(Event Call, Dictionary<string, long> State)>();
        Event? current = head.Next;
        while (head.Next is not null)
        {
            if (current!.Return is null)
            {
                // An operation has returned that fits nowhere: take back the last choice and try the next one.
                if (!choices.TryPop(out (Event Call, Dictionary<string, long> State) last))
                    return false;
                state = last.State;
                linearized[last.Call.Operation] = false;
                last.Call.Restore();
                current = last.Call.Next;
                continue;
            }

            int operation = current.Operation;
            if (predecessors[operation] < 0 || linearized[predecessors[operation]])
            {
                var after = new Dictionary<string, long>(state, StringComparer.Ordinal);
                if (KeyModel.Execute(after, history[operation]) == history[operation].Result)
                {
                    linearized[operation] = true;
                    if (seen.Add(Configuration(linearized, after)))
                    {
                        choices.Push((current, state));
                        state = after;
                        current.Remove();
                        current = head.Next;
                        continue;
                    }

                    linearized[operation] = false;
                }
            }

            current = current.Next;
        }

        return true;
    }

    private static Event Link(IReadOnlyList<Operation> history)
    {
        var events = new List<(long Time, bool IsReturn, Event Event)>(2 * history.Count);
        for (int i = 0; i < history.Count; i++)
        {
            var end = new Event(i, null);
            events.Add((history[i].Invoked, false, new Event(i, end)));
            events.Add((history[i].Returned, true, end));
        }

        // At the same tick calls come first: then the operations count as overlapping.
        var head = new Event(-1, null);
        Event last = head;
        foreach ((_, _, Event next) in events.OrderBy(e => e.Time).ThenBy(e => e.IsReturn))
        {
            last.Next = next;
            next.Previous = last;
            last = next;
        }

        return head;
    }

    private static int[] Predecessors(IReadOnlyList<Operation> history)
    {
        int[] predecessors = new int[history.Count];
        var latest = new Dictionary<int, int>();
        for (int i = 0; i < history.Count; i++)
        {
            predecessors[i] = latest.GetValueOrDefault(history[i].Client, -1);
            latest[history[i].Client] = i;
        }

        return predecessors;
    }

    private static string Configuration(BitArray linearized, Dictionary<string, long> state)
    {
        var text = new StringBuilder((linearized.Count / 16) + 64);
        for (int i = 0; i < linearized.Count; i += 16)
        {
            int chunk = 0;
            for (int bit = i; bit < Math.Min(i + 16, linearized.Count); bit++)
                chunk |= (linearized[bit] ? 1 : 0) << (bit - i);
            text.Append((char)chunk);
        }

        foreach ((string key, long value) in state.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            text.Append(key).Append('=').Append(value).Append(' ');
        return text.ToString();
    }

    /// <summary>The call of an operation, which knows its return, or the return itself, in a list by time.</summary>
    private sealed class Event(int operation, Event? end)
    {
        public int Operation { get; } = operation;

        public Event? Return { get; } = end;

        public Event? Previous { get; set; }

        public Event? Next { get; set; }

        public void Remove()
        {
            Unlink(this);
            Unlink(Return!);
        }

        public void Restore()
        {
            Relink(Return!);
            Relink(this);
        }

        private static void Unlink(Event e)
        {
            e.Previous!.Next = e.Next;
            if (e.Next is not null)
                e.Next.Previous = e.Previous;
        }

        private static void Relink(Event e)
        {
            e.Previous!.Next = e;
            if (e.Next is not null)
                e.Next.Previous = e;
        }
    }
}
