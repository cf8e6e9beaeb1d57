using System.Diagnostics;
using Carnelian.Memory;

namespace Carnelian.Protocol;

/// <summary>
/// The output of one client that has yet to be sent: a list of chunks with bytes of its own and of references to shared blocks, so
/// that a value of 100 MB goes from the keyspace to the socket without a copy.
/// </summary>
/// <remarks>
/// Used by the loop that owns the client. The counters may be read by any thread and are exact, apart from what an attached
/// <see cref="ReplyWriter"/> has written since its last <see cref="ReplyWriter.Flush"/>. While a writer is attached, the queue changes
/// through the writer only.
/// <para>
/// An empty queue owns no memory. Only the last node is ever written to. A chunk is of the pool's size, or it was made for one value
/// that fills it, or it was shrunk by <see cref="Compact"/>.
/// </para>
/// </remarks>
public sealed unsafe class OutputQueue
{
    private OutputNode* _head;
    private OutputNode* _tail;
    private int _nodeCount;
    private long _pendingBytes;
    private long _memoryBytes;
    private long _sharedBytes;

    /// <param name="pool">The chunk pool of the loop that owns the client.</param>
    public OutputQueue(OutputChunkPool pool) => Pool = pool;

    /// <summary>The pool that chunks come from and go to; changes when the client moves to another loop.</summary>
    public OutputChunkPool Pool { get; set; }

    /// <summary>Bytes that are still to be sent.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>Native memory that the queue occupies by itself, in bytes; shared blocks are not in it.</summary>
    public long MemoryBytes => Volatile.Read(ref _memoryBytes);

    /// <summary>The part of <see cref="PendingBytes"/> that lies in shared blocks.</summary>
    public long SharedBytes => Volatile.Read(ref _sharedBytes);

    /// <summary>Number of chunks and references.</summary>
    public int NodeCount => Volatile.Read(ref _nodeCount);

    /// <summary>Whether nothing is to be sent.</summary>
    public bool IsEmpty => PendingBytes == 0;

    internal OutputNode* Tail => _tail;

    internal bool IsAttached { get; set; }

    /// <summary>Lists the parts to be sent, in order.</summary>
    /// <param name="vectors">Room for <paramref name="capacity"/> parts.</param>
    /// <param name="capacity">The most parts to list.</param>
    /// <param name="bytes">The length of the parts listed.</param>
    /// <returns>The number of parts listed.</returns>
    public int Fill(IoVector* vectors, int capacity, out nuint bytes)
    {
        Debug.Assert(!IsAttached);
        int count = 0;
        bytes = 0;
        for (OutputNode* node = _head; node != null && count < capacity; node = node->Next)
        {
            nuint length = (nuint)(node->End - node->Data);
            if (length == 0) continue;
            vectors[count].Base = node->Data;
            vectors[count].Length = length;
            bytes += length;
            count++;
        }
        return count;
    }

    /// <summary>Takes off what was sent, and gives back the memory of the parts that are done.</summary>
    /// <param name="sent">Number of bytes, at most <see cref="PendingBytes"/>.</param>
    public void Advance(nuint sent)
    {
        Debug.Assert(!IsAttached && (long)sent <= _pendingBytes);
        _pendingBytes -= (long)sent;
        OutputNode* node = _head;
        while (node != null)
        {
            nuint length = (nuint)(node->End - node->Data);
            if (length > sent)
            {
                if (node->Kind == OutputNodeKind.Shared) _sharedBytes -= (long)sent;
                node->Data += sent;
                return;
            }
            sent -= length;
            node = RemoveHead();
        }
    }

    /// <summary>Appends bytes, copying them; for output that comes from elsewhere than a command of this client.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Debug.Assert(!IsAttached);
        ExpandTail();
        while (!bytes.IsEmpty)
        {
            OutputNode* tail = _tail;
            if (tail == null || tail->End == tail->Limit) tail = AddChunk(bytes.Length);
            int length = (int)Math.Min(bytes.Length, tail->Limit - tail->End);
            bytes[..length].CopyTo(new Span<byte>(tail->End, length));
            tail->End += length;
            _pendingBytes += length;
            bytes = bytes[length..];
        }
    }

    /// <summary>Appends bytes of a shared block without copying them.</summary>
    /// <param name="data">The first byte; must not change until released.</param>
    /// <param name="length">The length in bytes.</param>
    /// <param name="block">What <paramref name="release"/> gets; the caller has taken a reference on it already.</param>
    /// <param name="release">Called once, on the loop's thread, when the bytes are sent or dropped.</param>
    public void AppendShared(byte* data, nuint length, byte* block, delegate*<byte*, void> release)
    {
        Debug.Assert(!IsAttached);
        AddShared(data, length, block, release);
    }

    /// <summary>
    /// Moves output that is left over in chunks far too big for it into smaller ones. To be called when the socket takes no more and the
    /// client may stay in this state for long.
    /// </summary>
    public void Compact()
    {
        Debug.Assert(!IsAttached);
        if (_head == null) return;

        // Those in between are full; copying them would not help.
        Compact(_head);
        if (_tail != _head) Compact(_tail);
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        Debug.Assert(!IsAttached);
        while (_head != null) RemoveHead();
        _pendingBytes = 0;
    }

    /// <summary>Sets up the header of a chunk in a block of <paramref name="blockBytes"/> bytes.</summary>
    internal static void InitializeChunk(OutputNode* node, OutputNodeKind kind, uint blockBytes)
    {
        node->Next = null;
        node->Previous = null;
        node->Data = (byte*)node + OutputNode.HeaderBytes;
        node->End = node->Data;
        node->Limit = (byte*)node + blockBytes;
        node->Block = null;
        node->Release = null;
        node->MemoryBytes = blockBytes;
        node->Kind = kind;
    }

    /// <summary>
    /// Appends an empty chunk for at least <paramref name="bytes"/> bytes: one of the usual size, or for more than three quarters of
    /// that, one that just holds them.
    /// </summary>
    internal OutputNode* AddChunk(long bytes)
    {
        OutputNode* node;
        if (bytes <= (OutputChunkPool.ChunkBytes - OutputNode.HeaderBytes) / 4 * 3)
        {
            node = Pool.Rent();
        }
        else
        {
            node = NewChunk(OutputNode.HeaderBytes + bytes);
            node->Limit = node->Data + bytes;
        }
        Link(node);
        return node;
    }

    /// <summary>
    /// Makes the queue ready to be appended to: a tail that <see cref="Compact"/> shrunk is moved into a chunk of the usual size instead
    /// of staying as one of many small ones.
    /// </summary>
    internal void ExpandTail()
    {
        OutputNode* tail = _tail;
        if (tail == null || tail->Kind != OutputNodeKind.Chunk || tail->MemoryBytes >= OutputChunkPool.ChunkBytes) return;
        Replace(tail, Pool.Rent());
    }

    internal void AddShared(byte* data, nuint length, byte* block, delegate*<byte*, void> release)
    {
        OutputNode* node = (OutputNode*)NativeHeap.Allocate(OutputNode.HeaderBytes);
        node->Next = null;
        node->Data = data;
        node->End = data + length;
        node->Limit = node->End;
        node->Block = block;
        node->Release = release;
        node->MemoryBytes = (uint)NativeHeap.UsableSize((byte*)node);
        node->Kind = OutputNodeKind.Shared;
        _sharedBytes += (long)length;
        _pendingBytes += (long)length;
        Link(node);
    }

    internal void AddPending(long bytes) => _pendingBytes += bytes;

    /// <summary>Drops the nodes behind <paramref name="last"/>; all of them when it is null.</summary>
    internal void TruncateAfter(OutputNode* last)
    {
        OutputNode* node = last == null ? _head : last->Next;
        while (node != null)
        {
            OutputNode* next = node->Next;
            _pendingBytes -= node->End - node->Data;
            Forget(node);
            node = next;
        }
        _tail = last;
        if (last == null) _head = null;
        else last->Next = null;
    }

    private OutputNode* RemoveHead()
    {
        OutputNode* node = _head;
        OutputNode* next = node->Next;
        _head = next;
        if (next == null) _tail = null;
        else next->Previous = null;
        Forget(node);
        return next;
    }

    private void Compact(OutputNode* node)
    {
        if (node->Kind == OutputNodeKind.Shared) return;
        long used = node->End - node->Data;
        long wanted = OutputNode.HeaderBytes + used + (node == _tail ? (used / 4) + 64 : 0);
        if (wanted * 2 <= node->MemoryBytes) Replace(node, NewChunk(wanted));
    }

    private void Replace(OutputNode* node, OutputNode* replacement)
    {
        long used = node->End - node->Data;
        Buffer.MemoryCopy(node->Data, replacement->Data, used, used);
        replacement->End += used;
        replacement->Next = node->Next;
        replacement->Previous = node->Previous;
        if (node->Previous == null) _head = replacement;
        else node->Previous->Next = replacement;
        if (node->Next == null) _tail = replacement;
        else node->Next->Previous = replacement;
        _memoryBytes += (long)replacement->MemoryBytes - node->MemoryBytes;
        FreeNode(node);
    }

    private void Link(OutputNode* node)
    {
        node->Previous = _tail;
        if (_tail == null) _head = node;
        else _tail->Next = node;
        _tail = node;
        _nodeCount++;
        _memoryBytes += node->MemoryBytes;
    }

    private void Forget(OutputNode* node)
    {
        _nodeCount--;
        _memoryBytes -= node->MemoryBytes;
        if (node->Kind == OutputNodeKind.Shared) _sharedBytes -= node->End - node->Data;
        FreeNode(node);
    }

    private void FreeNode(OutputNode* node)
    {
        switch (node->Kind)
        {
            case OutputNodeKind.PooledChunk:
                Pool.Return(node);
                break;
            case OutputNodeKind.Chunk:
                NativeHeap.Free((byte*)node);
                break;
            default:
                node->Release(node->Block);
                NativeHeap.Free((byte*)node);
                break;
        }
    }

    private static OutputNode* NewChunk(long bytes)
    {
        OutputNode* node = (OutputNode*)NativeHeap.Allocate((nuint)bytes);
        InitializeChunk(node, OutputNodeKind.Chunk, (uint)NativeHeap.UsableSize((byte*)node));
        return node;
    }
}
