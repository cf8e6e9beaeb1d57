using System.Text;
using Carnelian.Journal;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Hosting;
using Carnelian.Server.Logging;
using Carnelian.Threading;

namespace Carnelian.Server.AppendOnly;

/// <summary>
/// Writes the journal to the AOF. All syncs are made by a thread of its own. With <c>appendfsync always</c> it makes many commands
/// durable by one sync; until then loops hold back what could show them (<see cref="OutputGate"/>). With the other policies each loop
/// hands to the system what there is before its replies leave (<see cref="WriteRound"/>). See <c>docs/design/aof.md</c>.
/// </summary>
/// <remarks>
/// Units append under the locks of their shards. The file and the block that is being written are guarded by a lock that nobody holds while he syncs, but for
/// the thread when it goes on with another file. Positions are numbers of bytes appended since the server's start, over all files; they only grow.
/// </remarks>
internal sealed class AofWriter : IJournalSink
{
    private const long SecondNanoseconds = 1_000_000_000;
    private const long LogEveryNanoseconds = 30 * SecondNanoseconds;
    private const int RetryMilliseconds = 1000;
    private const int LongestIdle = 1000;
    private const int LargestPiece = 1 << 30;
    private const long LeastBufferLimit = 64L << 20;
    private const int PartOfMemory = 16;

    private readonly ServerInstance _server;
    private readonly AofBuffer _buffer;
    private readonly object _signal = new();
    private readonly Lock _fileLock = new();
    private readonly Thread _thread;
    private AppendFile _file;
    private AofBuffer.Block? _current;
    private long _written;
    private long _released;
    private long _synced;
    private long _lastSync = Clock.Nanoseconds;
    private long _lastErrorLog = -LogEveryNanoseconds;
    private long _lastDelayLog = -LogEveryNanoseconds;
    private long _lastTimestamp;
    private long _delayed;
    private string? _writeError;
    private string? _syncError;
    private bool _isInsideUnit;
    private bool _isIdle;
    private bool _isClosing;
    private bool _isClosed;
    private bool _isSyncing;
    private bool _isUrgent;
    private bool _syncsAtOnce;

    /// <summary>Makes a writer; <see cref="Start"/> lets it work.</summary>
    /// <param name="server">The server.</param>
    /// <param name="file">The increment that it begins with, which it takes over.</param>
    /// <param name="position">The position of the beginning.</param>
    public AofWriter(ServerInstance server, AppendFile file, long position)
    {
        _server = server;
        _file = file;
        _buffer = new AofBuffer(position);
        _written = _released = _synced = position;
        _thread = new Thread(Run, 256 * 1024) { Name = "aof_writer", IsBackground = true };
    }

    /// <summary>The position of the end. Any thread.</summary>
    public long Appended => _buffer.Appended;

    /// <summary>Up to where everything is as durable as the policy asks before replies leave. Any thread.</summary>
    public long Released => Volatile.Read(ref _released);

    /// <summary>Up to where everything is on the disk. Any thread.</summary>
    public long Synced => Volatile.Read(ref _synced);

    /// <summary>Up to where everything is in the file. Any thread.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Bytes that are not in the file yet. Any thread.</summary>
    public long WaitingBytes => _buffer.Appended - Volatile.Read(ref _written);

    /// <summary>The last error of the file while it lasts. Any thread.</summary>
    public string? Error => Volatile.Read(ref _writeError) ?? Volatile.Read(ref _syncError);

    /// <summary>Whether there is something that <see cref="WriteRound"/> writes before replies leave. Any thread.</summary>
    public bool MustWriteFirst => _buffer.Appended != Volatile.Read(ref _written) && !Volatile.Read(ref _isSyncing) && Volatile.Read(ref _writeError) == null
        && Policy != AppendFsync.Always && _server.Aof.FlushSleepMicroseconds == 0;

    /// <summary>Whether a sync is under way. Any thread.</summary>
    public bool IsSyncing => Volatile.Read(ref _isSyncing);

    /// <summary>How often loops had to wait for room. Any thread.</summary>
    public long Delayed => Volatile.Read(ref _delayed);

    /// <summary>Whether so much waits for the disk that loops must not take more: the buffer is limited to 64 MB or a sixteenth of the memory in use. Any thread.</summary>
    public bool IsCrowded => WaitingBytes > LeastBufferLimit && Volatile.Read(ref _writeError) == null
        && WaitingBytes > Carnelian.Memory.NativeHeap.UsedBytes / PartOfMemory;

    private AppendFsync Policy => _server.Configuration.AppendFsync;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> unit)
    {
        if (_server.Configuration.AofTimestampEnabled && !_isInsideUnit)
            AppendTimestamp();
        _isInsideUnit = unit.Length == LargestPiece;
        _buffer.Append(unit);
    }

    /// <summary>What is appended from now on goes into another file. Under all shard locks.</summary>
    /// <param name="file">The file, which is taken over.</param>
    public void Switch(AppendFile file)
    {
        _lastTimestamp = 0;
        _buffer.Switch(file);
        WakeNow();
    }

    /// <summary>
    /// Writes what there is, so that what is acknowledged outlives the process. Not while a sync is under way, since it would wait for it, and not with
    /// <c>always</c>, where replies wait anyway. On a loop's thread without locks, before its replies leave.
    /// </summary>
    public void WriteRound()
    {
        if (!MustWriteFirst)
            return;
        lock (_fileLock)
        {
            if (!_isClosed && _writeError == null)
                WriteBlocks(switches: false);
        }
        // The first write after a while is synced soon.
        if (Volatile.Read(ref _isIdle) && Policy == AppendFsync.EverySec && Clock.Nanoseconds - Volatile.Read(ref _lastSync) >= SecondNanoseconds)
            WakeNow();
    }

    /// <summary>Waits until there is room in the buffer, or an error, which refuses writes. On a loop's thread without locks.</summary>
    public void WaitForRoom()
    {
        Interlocked.Increment(ref _delayed);
        long last = Interlocked.Read(ref _lastDelayLog), now = Clock.Nanoseconds;
        if (now - last > LogEveryNanoseconds && Interlocked.CompareExchange(ref _lastDelayLog, now, last) == last)
            _server.Log.Write(LogLevel.Notice, "Asynchronous AOF fsync is taking too long (disk is busy?). Clients wait until there is room in the AOF buffer again.");
        while (IsCrowded && _thread.IsAlive)
        {
            Wake();
            Thread.Sleep(1);
        }
    }

    /// <summary>Has the thread look for work if it is idle and there is some. Any thread, after it has appended.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isIdle) && _buffer.Appended != Volatile.Read(ref _written) && Volatile.Read(ref _writeError) == null)
            WakeNow();
    }

    /// <summary>Waits until all that has been appended is in the file, and on the disk if that is asked for, or until there is an error.</summary>
    /// <returns>The error, or null.</returns>
    public string? Flush(bool syncs)
    {
        long target = Appended;
        lock (_signal)
        {
            while (_thread.IsAlive && Error == null && (syncs ? Synced : Written) < target)
            {
                _isUrgent = true;
                _syncsAtOnce |= syncs;
                Monitor.PulseAll(_signal);
                Monitor.Wait(_signal, RetryMilliseconds);
            }
        }
        return Error;
    }

    /// <summary>Has the thread look at once, since the policy has changed. Any thread.</summary>
    public void WakeNow()
    {
        lock (_signal)
            Monitor.PulseAll(_signal);
    }

    /// <summary>Has the thread write and sync the rest, close the file and end.</summary>
    public void Close()
    {
        lock (_signal)
        {
            _isClosing = true;
            Monitor.PulseAll(_signal);
        }
    }

    /// <summary>Waits for the thread to end, after <see cref="Close"/>.</summary>
    public void Join() => _thread.Join();

    // --- the thread -----------------------------------------------------------------------------------------------

    private void Run()
    {
        CoreList.Bind("bio-cpulist", _server.Configuration.BackgroundCpuList, _server.Log);
        while (true)
        {
            long before = Volatile.Read(ref _written);
            bool isClosing = Volatile.Read(ref _isClosing);
            WriteAll();
            SyncWhereDue(isClosing);
            if (isClosing)
                break;
            Wait(hasWritten: Volatile.Read(ref _written) != before);
        }
        lock (_fileLock)
        {
            _isClosed = true;
            _file.Dispose();
            _buffer.Dispose();
            _current = null;
        }
        lock (_signal)
        {
            // Nothing is held back any more.
            Volatile.Write(ref _released, long.MaxValue);
            Monitor.PulseAll(_signal);
        }
        WakeLoops();
        Carnelian.Memory.NativeHeap.ReleaseThread();
    }

    /// <summary>
    /// Waits for work. Where loops write themselves, it lets a millisecond pass before it looks again for what they could not.
    /// </summary>
    private void Wait(bool hasWritten)
    {
        const int Pause = 1;
        lock (_signal)
        {
            Monitor.PulseAll(_signal);
            if (_isClosing || _isUrgent)
            {
                _isUrgent = false;
                return;
            }
            if (hasWritten && Policy != AppendFsync.Always)
            {
                Monitor.Wait(_signal, Pause);
                return;
            }
            Volatile.Write(ref _isIdle, true);
            // With this in between, either the loop sees that the thread is idle, or the thread sees what the loop has appended.
            Interlocked.MemoryBarrier();
            if (_writeError != null || (_buffer.IsEmpty && _current == null))
                Monitor.Wait(_signal, _writeError != null ? RetryMilliseconds : IdleMilliseconds());
            Volatile.Write(ref _isIdle, false);
        }
    }

    private int IdleMilliseconds()
    {
        if (_synced == Volatile.Read(ref _written) || Policy == AppendFsync.No)
            return LongestIdle;
        return (int)Math.Clamp((_lastSync + SecondNanoseconds - Clock.Nanoseconds + 999_999) / 1_000_000, 1, LongestIdle);
    }

    private void WriteAll()
    {
        lock (_fileLock)
            WriteBlocks(switches: true);
    }

    /// <summary>Writes all that there is. Under the lock of the file.</summary>
    /// <param name="switches">Whether it goes on in another file where one begins, which takes a sync.</param>
    private void WriteBlocks(bool switches)
    {
        while (_current != null || _buffer.TryTake(switches, out _current))
        {
            if (_current.File is { } next)
            {
                SwitchTo(next);
                _current = null;
                continue;
            }
            if (_server.Aof.FlushSleepMicroseconds is > 0 and var sleep)
                Thread.Sleep(TimeSpan.FromMicroseconds(sleep));
            long begin = Clock.Nanoseconds;
            long length = _file.Length;
            string? error = _file.Append(_current.Rest, out int written);
            NoteLatency("aof-write", begin);
            if (error != null)
            {
                OnWriteError(error, length, written);
                return;
            }
            Advance(written);
            _buffer.Recycle(_current);
            _current = null;
        }
        if (_writeError == null)
            return;
        _server.Log.Write(LogLevel.Warning, "AOF write error looks solved. The server can write again.");
        SetErrors(null, _syncError);
    }

    private void Advance(int written)
    {
        _current!.Written += written;
        Volatile.Write(ref _written, _written + written);
    }

    private void OnWriteError(string error, long length, int written)
    {
        bool logs = Clock.Nanoseconds - _lastErrorLog > LogEveryNanoseconds;
        if (logs)
            _lastErrorLog = Clock.Nanoseconds;
        if (written == 0)
        {
            if (logs)
                _server.Log.Write(LogLevel.Warning, $"Error writing to the AOF file: {error}");
        }
        else
        {
            if (logs)
                _server.Log.Write(LogLevel.Warning, $"Short write while writing to the AOF file: (nwritten={written}, expected={_current!.Rest.Length})");
            // A file that ends inside of a command may not be loaded: back to where it was.
            if (_file.Cut(length) is { } cutError)
            {
                if (logs)
                    _server.Log.Write(LogLevel.Warning, $"Could not remove short write from the append-only file. The server may refuse to load the AOF the next time it starts.  ftruncate: {cutError}");
                Advance(written);
            }
        }
        if (Policy == AppendFsync.Always)
            Die("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
        SetErrors(error, _syncError);
    }

    private void SwitchTo(AppendFile next)
    {
        if (Policy != AppendFsync.No)
            Sync();
        _file.Dispose();
        _file = next;
    }

    private void SyncWhereDue(bool isClosing)
    {
        AppendFsync policy = Policy;
        bool syncsAtOnce = _syncsAtOnce || isClosing;
        _syncsAtOnce = false;
        // Loops may write meanwhile.
        long written = Volatile.Read(ref _written);
        if (_synced != written)
        {
            bool isHeldOff = _server.Configuration.NoAppendFsyncOnRewrite && _server.Aof.IsSaving;
            bool isDue = policy == AppendFsync.Always || (policy == AppendFsync.EverySec && Clock.Nanoseconds - _lastSync >= SecondNanoseconds);
            if (syncsAtOnce || (isDue && !isHeldOff))
                Sync();
        }
        // Where a rewrite holds syncs off, written is as durable as it gets.
        if (_released == written)
            return;
        Volatile.Write(ref _released, written);
        if (policy == AppendFsync.Always)
            WakeLoops();
    }

    private void Sync()
    {
        long begin = Clock.Nanoseconds, written = Volatile.Read(ref _written);
        Volatile.Write(ref _lastSync, begin);
        Volatile.Write(ref _isSyncing, true);
        string? error = _file.Sync();
        Volatile.Write(ref _isSyncing, false);
        NoteLatency(Policy == AppendFsync.Always ? "aof-fsync-always" : "aof-fsync", begin);
        if (error == null)
        {
            Volatile.Write(ref _synced, written);
            _server.Replication.Waits.EndServed();
            if (_syncError != null)
                SetErrors(_writeError, null);
            return;
        }
        if (Policy == AppendFsync.Always)
            Die($"Can't persist AOF for fsync error when the AOF fsync policy is 'always': {error}. Exiting...");
        if (_syncError == null)
            _server.Log.Write(LogLevel.Warning, $"Fail to fsync the AOF file: {error}");
        SetErrors(_writeError, error);
    }

    private void SetErrors(string? write, string? sync)
    {
        Volatile.Write(ref _writeError, write);
        Volatile.Write(ref _syncError, sync);
        _server.SetCondition(ServerCondition.AofFails, Error != null);
    }

    private void Die(string reason)
    {
        _server.Log.Write(LogLevel.Warning, reason);
        Environment.Exit(1);
    }

    private void NoteLatency(string name, long begin) => _server.Latency.Add(name, Clock.Nanoseconds - begin);

    private void WakeLoops()
    {
        foreach (EventLoop loop in _server.Loops.All)
            loop.Gate.Wake();
    }

    private void AppendTimestamp()
    {
        long now = Clock.Latest / 1000;
        if (now <= _lastTimestamp)
            return;
        _lastTimestamp = now;
        _buffer.Append(Encoding.ASCII.GetBytes($"#TS:{now}\r\n"));
    }
}
