using System.Text;
using Carnelian.Journal;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Logging;
using Carnelian.Threading;

namespace Carnelian.Server.AppendOnly;

/// <summary>
/// Writes the journal to the AOF, on a thread of its own: no loop ever waits for the disk. With <c>appendfsync always</c> it makes many commands
/// durable by one sync; until then loops hold back what could show them (<see cref="OutputGate"/>). See <c>docs/design/aof.md</c>.
/// </summary>
/// <remarks>
/// Units append under the locks of their shards. Everything about the file belongs to the thread. Positions are numbers of bytes appended since
/// the server's start, over all files; they only grow.
/// </remarks>
internal sealed class AofWriter : IJournalSink
{
    private const long SecondNanoseconds = 1_000_000_000;
    private const long LogEveryNanoseconds = 30 * SecondNanoseconds;
    private const int RetryMilliseconds = 1000;
    private const int LongestIdle = 1000;
    private const int LargestPiece = 1 << 30;

    private readonly ServerInstance _server;
    private readonly AofBuffer _buffer;
    private readonly object _signal = new();
    private readonly Thread _thread;
    private AppendFile _file;
    private AofBuffer.Block? _current;
    private long _written;
    private long _released;
    private long _synced;
    private long _lastSync = Clock.Nanoseconds;
    private long _lastErrorLog = -LogEveryNanoseconds;
    private long _lastTimestamp;
    private string? _writeError;
    private string? _syncError;
    private bool _isInsideUnit;
    private bool _isIdle;
    private bool _isClosing;
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
        while (true)
        {
            long before = _written;
            bool isClosing = Volatile.Read(ref _isClosing);
            WriteAll();
            SyncWhereDue(isClosing);
            if (isClosing)
                break;
            Wait(hasWritten: _written != before);
        }
        _file.Dispose();
        _buffer.Dispose();
        _current = null;
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
    /// Waits for work. Where replies do not wait for the file, it lets a millisecond pass between two writes: so under load loops need not wake it,
    /// and a write brings many commands.
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
        if (_synced == _written || Policy == AppendFsync.No)
            return LongestIdle;
        return (int)Math.Clamp((_lastSync + SecondNanoseconds - Clock.Nanoseconds + 999_999) / 1_000_000, 1, LongestIdle);
    }

    private void WriteAll()
    {
        while (_current != null || _buffer.TryTake(out _current))
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
        if (_synced != _written)
        {
            bool isHeldOff = _server.Configuration.NoAppendFsyncOnRewrite && _server.Aof.IsSaving;
            bool isDue = policy == AppendFsync.Always || (policy == AppendFsync.EverySec && Clock.Nanoseconds - _lastSync >= SecondNanoseconds);
            if (syncsAtOnce || (isDue && !isHeldOff))
                Sync();
        }
        // Where a rewrite holds syncs off, written is as durable as it gets.
        if (_released == _written)
            return;
        Volatile.Write(ref _released, _written);
        if (policy == AppendFsync.Always)
            WakeLoops();
    }

    private void Sync()
    {
        long begin = _lastSync = Clock.Nanoseconds;
        string? error = _file.Sync();
        NoteLatency(Policy == AppendFsync.Always ? "aof-fsync-always" : "aof-fsync", begin);
        if (error == null)
        {
            Volatile.Write(ref _synced, _written);
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
