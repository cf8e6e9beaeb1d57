using Carnelian.Memory;

namespace Carnelian.Journal;

/// <summary>
/// The latest part of the stream of changes that replicas follow, kept so that each can go on where it stopped: the replication backlog.
/// </summary>
/// <remarks>
/// A list of native blocks, oldest first. Replicas do not get copies: a <see cref="BacklogReader"/> holds the block that it stands in, and
/// outputs hold the blocks that they send, so a hundred replicas cost one copy of the stream.
/// <para>
/// Offsets count bytes as Valkey does: the first byte ever is number 1, and <see cref="EndOffset"/> is the number of the last one.
/// Invariants: the list is never empty and covers <see cref="FirstOffset"/> to <see cref="EndOffset"/> without a gap; the oldest block
/// leaves it only when nobody else holds it and the rest has at least <see cref="Size"/> bytes. So a reader can always go on, and
/// the backlog may be longer than its size while one lags.
/// </para>
/// <para>Any thread. Its lock is short and the next in rank after the journal's.</para>
/// </remarks>
public sealed unsafe class ReplicationBacklog : IJournalSink, IDisposable
{
    private const long LeastBlock = 16 * 1024;
    private const long MostBlock = 64 * 1024;
    private const int MostDroppedAtOnce = 64;

    private readonly Lock _lock = new();
    private BacklogBlock* _head;
    private BacklogBlock* _tail;
    private long _endOffset;
    private long _memoryBytes;
    private long _size;
    private bool _hasNews;

    /// <summary>Makes an empty backlog.</summary>
    /// <param name="endOffset">The offset of the last byte before it.</param>
    /// <param name="size">The bytes to keep.</param>
    public ReplicationBacklog(long endOffset, long size)
    {
        _endOffset = endOffset;
        _size = size;
        _head = AddBlock();
    }

    /// <summary>The offset of the oldest byte kept; one more than <see cref="EndOffset"/> while there is none.</summary>
    public long FirstOffset
    {
        get
        {
            lock (_lock)
                return _head->Offset;
        }
    }

    /// <summary>The offset of the latest byte.</summary>
    public long EndOffset => Volatile.Read(ref _endOffset);

    /// <summary>The number of bytes kept.</summary>
    public long HistoryLength
    {
        get
        {
            lock (_lock)
                return _endOffset - _head->Offset + 1;
        }
    }

    /// <summary>The memory of the blocks, in bytes.</summary>
    public long MemoryBytes => Volatile.Read(ref _memoryBytes);

    /// <summary>The bytes to keep. A smaller number takes effect at once.</summary>
    public long Size
    {
        get => Volatile.Read(ref _size);
        set
        {
            lock (_lock)
            {
                _size = value;
                Trim(int.MaxValue);
            }
        }
    }

    /// <summary>Whether something was appended since <see cref="TakeNews"/>.</summary>
    public bool HasNews => Volatile.Read(ref _hasNews);

    /// <summary>Notes that readers are told of what there is now.</summary>
    /// <returns>Whether there is something new.</returns>
    public bool TakeNews() => Interlocked.Exchange(ref _hasNews, false);

    /// <inheritdoc/>
    public bool IsReplication => true;

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> unit)
    {
        lock (_lock)
        {
            int rest = unit.Length;
            while (rest != 0)
            {
                BacklogBlock* tail = _tail;
                if (tail->Used == tail->Capacity)
                    tail = AddBlock();
                int length = Math.Min(rest, tail->Capacity - tail->Used);
                unit.Slice(unit.Length - rest, length).CopyTo(new Span<byte>((byte*)tail + BacklogBlock.HeaderBytes + tail->Used, length));
                tail->Used += length;
                rest -= length;
                Volatile.Write(ref _endOffset, _endOffset + length);
            }
            Trim(MostDroppedAtOnce);
        }
        Volatile.Write(ref _hasNews, true);
    }

    /// <summary>Drops what is older than necessary: it may have been held by readers when something was appended last.</summary>
    public void Trim()
    {
        lock (_lock)
            Trim(MostDroppedAtOnce);
    }

    /// <summary>Begins to read.</summary>
    /// <param name="offset">The offset of the first byte wanted.</param>
    /// <returns>Null if the byte is not kept any more, or is still far away.</returns>
    public BacklogReader? TryOpen(long offset)
    {
        lock (_lock)
        {
            if (offset < _head->Offset || offset > _endOffset + 1)
                return null;
            BacklogBlock* block = _head;
            while (offset > block->Offset + block->Used || (offset == block->Offset + block->Used && block->Next != null))
                block = block->Next;
            Interlocked.Increment(ref block->References);
            return new BacklogReader(this, block, offset);
        }
    }

    /// <summary>Begins to read behind the latest byte.</summary>
    public BacklogReader OpenAtEnd()
    {
        lock (_lock)
        {
            Interlocked.Increment(ref _tail->References);
            return new BacklogReader(this, _tail, _endOffset + 1);
        }
    }

    /// <summary>Gives back a reference that a read has taken. Any thread.</summary>
    /// <param name="block">The block's address.</param>
    public static void Release(byte* block)
    {
        if (Interlocked.Decrement(ref ((BacklogBlock*)block)->References) == 0)
            NativeHeap.Free(block);
    }

    /// <summary>Lets go of all blocks; readers must be closed before, outputs may still hold some.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            BacklogBlock* block = _head;
            _head = _tail = null;
            while (block != null)
            {
                BacklogBlock* next = block->Next;
                Release((byte*)block);
                block = next;
            }
        }
    }

    internal bool Read(ref BacklogBlock* block, ref long offset, out byte* data, out int length)
    {
        lock (_lock)
        {
            if (offset == block->Offset + block->Used && block->Next != null)
            {
                BacklogBlock* next = block->Next;
                Interlocked.Increment(ref next->References);
                Release((byte*)block);
                block = next;
            }
            int position = (int)(offset - block->Offset);
            data = (byte*)block + BacklogBlock.HeaderBytes + position;
            length = block->Used - position;
            if (length == 0)
                return false;
            Interlocked.Increment(ref block->References);
            offset += length;
            return true;
        }
    }

    private BacklogBlock* AddBlock()
    {
        nuint bytes = NativeHeap.GoodSize((nuint)Math.Clamp(_size / 16, LeastBlock, MostBlock));
        var block = (BacklogBlock*)NativeHeap.Allocate(bytes);
        block->Next = null;
        block->Offset = _endOffset + 1;
        block->References = 1;
        block->Used = 0;
        block->Capacity = (int)bytes - BacklogBlock.HeaderBytes;
        if (_tail != null)
            _tail->Next = block;
        _tail = block;
        Volatile.Write(ref _memoryBytes, _memoryBytes + (long)bytes);
        return block;
    }

    private void Trim(int most)
    {
        while (most-- > 0 && _head != _tail && Volatile.Read(ref _head->References) == 1 && _endOffset - _head->Offset + 1 - _head->Used >= _size)
        {
            BacklogBlock* block = _head;
            _head = block->Next;
            Volatile.Write(ref _memoryBytes, _memoryBytes - BacklogBlock.HeaderBytes - block->Capacity);
            Release((byte*)block);
        }
    }
}
