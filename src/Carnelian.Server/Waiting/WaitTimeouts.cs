using Carnelian.Threading;

namespace Carnelian.Server.Waiting;

/// <summary>
/// When the waits of one loop's clients end or are looked at again: a binary heap of those that have a time. A wait knows its place, so that it can leave at any
/// time; a client that goes to another loop takes its wait along.
/// </summary>
/// <remarks>One a loop, on its thread.</remarks>
internal sealed class WaitTimeouts
{
    private ClientWait[] _heap = [];
    private int _count;

    /// <summary>How many waits have a time. Any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Milliseconds until the next wait is due; at most <paramref name="most"/>.</summary>
    public int MillisecondsUntilDue(int most) =>
        _count == 0 || most == 0 ? most : (int)Math.Clamp(_heap[0].Due + 1 - Clock.Sample(), 0, most);

    /// <summary>Adds a wait, if it has a time.</summary>
    public void Add(ClientWait wait)
    {
        if (wait.Due == 0)
            return;
        if (_count == _heap.Length)
            Array.Resize(ref _heap, Math.Max(16, _count * 2));
        Volatile.Write(ref _count, _count + 1);
        Rise(_count - 1, wait);
    }

    /// <summary>Takes a wait out, if it is in.</summary>
    public void Remove(ClientWait wait)
    {
        int index = wait.TimeoutIndex;
        if (index < 0)
            return;
        wait.TimeoutIndex = -1;
        Volatile.Write(ref _count, _count - 1);
        ClientWait last = _heap[_count];
        _heap[_count] = null!;
        if (index == _count)
            return;
        if (index > 0 && _heap[(index - 1) / 2].Due > last.Due)
            Rise(index, last);
        else
            Sink(index, last);
    }

    /// <summary>Ends all waits whose time is over, and has the commands of those run again that asked for that, in the order of time.</summary>
    public void Run()
    {
        // A wait lasts for all of its time, and time comes in whole milliseconds: it is over when the clock has passed the deadline.
        while (_count != 0 && _heap[0].Due < Clock.Sample())
        {
            ClientWait wait = _heap[0];
            if (wait.IsToRetry(Clock.Sample()))
            {
                Remove(wait);
                wait.Retry();
                Add(wait);
                continue;
            }
            // One that is being served waits on in the worst case, and is looked at again in the next round.
            if (!wait.TryEndByTime() && !wait.IsOver)
                return;
            Remove(wait);
        }
    }

    private void Rise(int index, ClientWait wait)
    {
        while (index > 0)
        {
            int parent = (index - 1) / 2;
            if (_heap[parent].Due <= wait.Due)
                break;
            Put(index, _heap[parent]);
            index = parent;
        }
        Put(index, wait);
    }

    private void Sink(int index, ClientWait wait)
    {
        while (true)
        {
            int child = 2 * index + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _heap[child + 1].Due < _heap[child].Due)
                child++;
            if (_heap[child].Due >= wait.Due)
                break;
            Put(index, _heap[child]);
            index = child;
        }
        Put(index, wait);
    }

    private void Put(int index, ClientWait wait)
    {
        _heap[index] = wait;
        wait.TimeoutIndex = index;
    }
}
