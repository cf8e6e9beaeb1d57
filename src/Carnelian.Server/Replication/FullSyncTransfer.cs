using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Server.Replication;

/// <summary>What one replica gets of a full sync and has not taken yet: a queue between the thread that makes it and the replica's loop.</summary>
/// <remarks>Any thread; its lock is short. Blocks are shared by all replicas of a full sync.</remarks>
internal sealed unsafe class FullSyncTransfer
{
    /// <summary>With so many bytes in the queue whoever makes them should wait.</summary>
    public const long FullBytes = 4 * 1024 * 1024;

    private const long MostMoved = 512 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<StringBlock> _blocks = new();
    private AutoResetEvent? _progress;
    private long _bytes;
    private bool _hasBegun;
    private bool _isComplete;
    private bool _isClosed;

    /// <summary>Whether the queue is so long that whoever makes more should wait.</summary>
    public bool IsFull => Volatile.Read(ref _bytes) >= FullBytes && !Volatile.Read(ref _isClosed);

    /// <summary>Whether everything has been taken and nothing more comes.</summary>
    public bool IsDone
    {
        get
        {
            lock (_lock)
                return _isComplete && _blocks.Count == 0;
        }
    }

    /// <summary>Whether the replica is gone.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Has an event set whenever the replica has taken something, or is gone; null for no longer.</summary>
    public void Notify(AutoResetEvent? progress)
    {
        lock (_lock)
            _progress = progress;
    }

    /// <summary>Appends a block; takes a reference of its own.</summary>
    public void Add(StringBlock block)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            block.AddReference();
            _blocks.Enqueue(block);
            Volatile.Write(ref _bytes, _bytes + block.Length);
        }
    }

    /// <summary>Appends an empty line, unless the data set has begun: a sign of life for one that waits.</summary>
    public void AddSignOfLife()
    {
        StringBlock line = StringBlock.Create(1, 1);
        *line.Data = (byte)'\n';
        lock (_lock)
        {
            if (!_hasBegun)
                Add(line);
        }
        line.Release();
    }

    /// <summary>Appends the line that comes before the data set, and no more signs of life.</summary>
    public void Begin(ReadOnlySpan<byte> line)
    {
        lock (_lock)
        {
            _hasBegun = true;
            Add(line);
        }
    }

    /// <summary>Appends some bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        StringBlock block = StringBlock.Create(bytes.Length, bytes.Length);
        bytes.CopyTo(new Span<byte>(block.Data, bytes.Length));
        Add(block);
        block.Release();
    }

    /// <summary>Says that nothing more comes.</summary>
    public void Complete()
    {
        lock (_lock)
            _isComplete = true;
    }

    /// <summary>Moves some of the queue to the output. The replica's loop.</summary>
    /// <returns>False if it is empty.</returns>
    public bool TryMove(OutputQueue output)
    {
        long moved = 0;
        lock (_lock)
        {
            while (moved < MostMoved && _blocks.TryDequeue(out StringBlock block))
            {
                moved += block.Length;
                output.AppendShared(block.Data, (nuint)block.Length, block.Address, &StringBlock.Release);
            }
            Volatile.Write(ref _bytes, _bytes - moved);
            if (moved != 0)
                _progress?.Set();
        }
        return moved != 0;
    }

    /// <summary>Drops everything: the replica is gone.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            while (_blocks.TryDequeue(out StringBlock block))
                block.Release();
            _bytes = 0;
            _progress?.Set();
            _progress = null;
        }
    }
}
