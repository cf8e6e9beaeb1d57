namespace Carnelian.Storage;

/// <summary>
/// Frees behind the back of the event loops what would take long: whole databases, long strings, big collections.
/// </summary>
/// <remarks>Work may be handed over by any thread, under any lock. One thread of its own does it, in order.</remarks>
public sealed class Reclaimer : IDisposable
{
    // Its lock guards it; whoever puts something in or ends it wakes the thread.
    private readonly Queue<Job> _queue = new();
    private readonly Thread _thread;
    private bool _isEnding;
    private long _pending;
    private long _pendingBytes;
    private long _done;

    /// <summary>Starts the thread.</summary>
    public Reclaimer()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "bio_lazy_free" };
        _thread.Start();
    }

    /// <summary>Objects that wait to be freed.</summary>
    public long PendingObjects => Volatile.Read(ref _pending);

    /// <summary>Bytes that will be free soon, as far as they are known: those of flushed databases are not.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>Objects freed since the start or the last reset.</summary>
    public long FreedObjects => Volatile.Read(ref _done);

    /// <summary>Hands work over.</summary>
    /// <param name="work">Frees the objects.</param>
    /// <param name="objects">How many they are.</param>
    /// <param name="bytes">The memory that they occupy, in bytes; 0 if nobody knows.</param>
    public void Enqueue(Action work, long objects, long bytes = 0)
    {
        Interlocked.Add(ref _pending, objects);
        Interlocked.Add(ref _pendingBytes, bytes);
        Add(new Job(work, objects, bytes));
    }

    /// <summary>Sets the count of freed objects back.</summary>
    public void ResetStatistics() => Volatile.Write(ref _done, 0);

    /// <summary>Waits until all that was handed over is freed.</summary>
    public void Drain()
    {
        using var done = new ManualResetEventSlim();
        Add(new Job(done.Set, 0, 0));
        done.Wait();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_queue)
        {
            _isEnding = true;
            Monitor.Pulse(_queue);
        }
        _thread.Join();
    }

    private void Add(Job job)
    {
        lock (_queue)
        {
            _queue.Enqueue(job);
            Monitor.Pulse(_queue);
        }
    }

    private Job? Take()
    {
        lock (_queue)
        {
            while (_queue.Count == 0 && !_isEnding)
                Monitor.Wait(_queue);
            return _queue.Count == 0 ? null : _queue.Dequeue();
        }
    }

    private void Run()
    {
        while (Take() is { } job)
        {
            job.Work();
            Interlocked.Add(ref _pendingBytes, -job.Bytes);
            Interlocked.Add(ref _pending, -job.Objects);
            Interlocked.Add(ref _done, job.Objects);
        }
    }

    private sealed record Job(Action Work, long Objects, long Bytes);
}
