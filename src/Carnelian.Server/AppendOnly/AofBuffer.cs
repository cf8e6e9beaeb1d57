using System.Diagnostics.CodeAnalysis;
using Carnelian.Memory;

namespace Carnelian.Server.AppendOnly;

/// <summary>What has been appended to the AOF and is not written yet: blocks of native memory, in order.</summary>
/// <remarks>
/// Loops put in, under the lock of the journal; the writer's thread takes out. A position is the number of bytes that were ever appended up to
/// there, over all files. The lock is short and the last in rank; no block is copied for want of room.
/// </remarks>
internal sealed unsafe class AofBuffer(long position) : IDisposable
{
    private const int BlockBytes = 256 * 1024;
    private const int MostSpare = 8;

    private readonly Lock _lock = new();
    private readonly Queue<Block> _blocks = new();
    private readonly Stack<nint> _spare = new();
    private Block? _tail;
    private long _appended = position;

    /// <summary>The position of the end.</summary>
    public long Appended => Volatile.Read(ref _appended);

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _blocks.Count == 0;
        }
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int length = bytes.Length;
            while (!bytes.IsEmpty)
            {
                if (_tail == null || _tail.Length == _tail.Capacity)
                    AddBlock();
                int part = Math.Min(bytes.Length, _tail!.Capacity - _tail.Length);
                bytes[..part].CopyTo(new Span<byte>(_tail.Data + _tail.Length, part));
                _tail.Length += part;
                bytes = bytes[part..];
            }
            Volatile.Write(ref _appended, _appended + length);
        }
    }

    /// <summary>What is appended from now on belongs into another file.</summary>
    public void Switch(AppendFile file)
    {
        lock (_lock)
        {
            _tail = null;
            _blocks.Enqueue(new Block { File = file });
        }
    }

    /// <summary>Takes the next block out: bytes, or the word that another file begins.</summary>
    /// <param name="withFiles">Whether it takes the latter.</param>
    /// <param name="block">The block.</param>
    public bool TryTake(bool withFiles, [NotNullWhen(true)] out Block? block)
    {
        lock (_lock)
        {
            if (!_blocks.TryPeek(out block) || (block.File != null && !withFiles))
            {
                block = null;
                return false;
            }
            _blocks.Dequeue();
            if (block == _tail)
                _tail = null;
            return true;
        }
    }

    /// <summary>Gives the memory of a block back.</summary>
    public void Recycle(Block block)
    {
        if (block.Data == null)
            return;
        lock (_lock)
        {
            if (_spare.Count < MostSpare)
                _spare.Push((nint)block.Data);
            else
                NativeHeap.Free(block.Data);
        }
        block.Data = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (TryTake(withFiles: true, out Block? block))
        {
            NativeHeap.Free(block.Data);
            block.File?.Dispose();
        }
        while (_spare.TryPop(out nint spare))
            NativeHeap.Free((byte*)spare);
    }

    private void AddBlock()
    {
        byte* data = _spare.TryPop(out nint spare) ? (byte*)spare : NativeHeap.Allocate(BlockBytes);
        _tail = new Block { Data = data, Capacity = BlockBytes };
        _blocks.Enqueue(_tail);
    }

    /// <summary>Some bytes, or the file into which the next ones belong.</summary>
    public sealed class Block
    {
        /// <summary>The file that begins; null if this holds bytes.</summary>
        public AppendFile? File { get; init; }

        /// <summary>The bytes.</summary>
        public byte* Data { get; set; }

        /// <summary>Their number.</summary>
        public int Length { get; set; }

        /// <summary>The room for them.</summary>
        public int Capacity { get; init; }

        /// <summary>How many of them are written.</summary>
        public int Written { get; set; }

        /// <summary>What is not written yet.</summary>
        public ReadOnlySpan<byte> Rest => new(Data + Written, Length - Written);
    }
}
