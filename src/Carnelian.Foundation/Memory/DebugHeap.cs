using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Carnelian.Memory;

/// <summary>
/// A checking layer over the heap, for the test suite and for bug hunts. Every block lies between guard bytes that are checked when it is freed; new blocks and freed
/// ones are filled with patterns; freed blocks are kept back in a quarantine and checked again for writes when they leave it; a
/// table of live blocks tells double frees and foreign pointers, and who leaks. One lock guards everything.
/// </summary>
/// <remarks>
/// Layout: 64 guard bytes, the block (of the same usable size as without the debug heap), at least 32 guard bytes. The block begins at a multiple of 64.
/// A violation is reported to a delegate, which by default ends the process; if it returns, the operation is abandoned.
/// </remarks>
internal sealed unsafe class DebugHeap
{
    public const byte GuardBefore = 0xB1;
    public const byte GuardBehind = 0xB2;
    public const byte FreshPattern = 0xA7;
    public const byte FreedPattern = 0xDF;

    private const nuint FrontBytes = 64;
    private const nuint MinimumBackBytes = 32;
    private const long DefaultQuarantineBytes = 16 * 1024 * 1024;

    // The records of many small blocks, with their stacks, would outweigh the blocks by far.
    private const int MaxQuarantineBlocks = 50_000;

    private static readonly string? s_mode = Environment.GetEnvironmentVariable("CARNELIAN_DEBUG_HEAP");

    /// <summary>Fixed at start, so that compiled code carries no test for it.</summary>
    public static readonly bool Enabled = s_mode is "1" or "stack";

    /// <summary>The process's debug heap.</summary>
    public static readonly DebugHeap Instance = new(DefaultQuarantineBytes, captureStacks: s_mode == "stack", HeapFailure.Die);

    private readonly Lock _lock = new();
    private readonly Dictionary<nint, DebugBlock> _live = [];
    private readonly Dictionary<nint, DebugBlock> _freed = [];
    private readonly Queue<DebugBlock> _quarantine = new();
    private readonly Dictionary<nint, nuint> _poolBlocks = [];
    private readonly long _quarantineLimit;
    private readonly bool _captureStacks;
    private readonly Action<string> _violation;
    private long _quarantineBytes;
    private long _usedBytes;
    private long _serial;

    /// <param name="quarantineBytes">Freed blocks are kept up to this sum of their sizes.</param>
    /// <param name="captureStacks">Whether to remember the stack of every allocation and free (slow).</param>
    /// <param name="violation">Called with a description of the damage.</param>
    public DebugHeap(long quarantineBytes, bool captureStacks, Action<string> violation)
    {
        _quarantineLimit = quarantineBytes;
        _captureStacks = captureStacks;
        _violation = violation;
    }

    public long UsedBytes => Volatile.Read(ref _usedBytes);

    /// <summary>The block of the heap below that holds a block of this one.</summary>
    public static byte* RawBlock(byte* block) => block - FrontBytes;

    public byte* Allocate(nuint size)
    {
        if (size > SizeClasses.MaxSize)
            HeapFailure.ThrowOutOfMemory(size);
        nuint usable = SizeClasses.GoodSize(size);
        nuint total = TotalSize(usable);
        byte* raw = SlabHeap.Allocate(total);
        byte* block = raw + FrontBytes;
        Fill(raw, FrontBytes, GuardBefore);
        Fill(block, usable, FreshPattern);
        Fill(block + usable, total - FrontBytes - usable, GuardBehind);
        StackTrace? stack = CaptureStack();
        lock (_lock)
        {
            _live.Add((nint)block, new DebugBlock((nint)block, size, usable, ++_serial) { AllocatedBy = stack });
            _usedBytes += (long)usable;
        }
        return block;
    }

    public void Free(byte* block)
    {
        if (block == null)
            return;
        StackTrace? stack = CaptureStack();
        lock (_lock)
        {
            if (!TryFindLive(block, "free", stack, out DebugBlock? found) || !CheckGuards(found, "free", stack))
                return;
            _live.Remove(found.Address);
            _usedBytes -= (long)found.UsableSize;
            Fill(block, found.UsableSize, FreedPattern);
            DebugBlock freed = found with { FreedBy = stack };
            _freed.Add(freed.Address, freed);
            _quarantine.Enqueue(freed);
            _quarantineBytes += (long)freed.UsableSize;
            while (_quarantineBytes > _quarantineLimit || _quarantine.Count > MaxQuarantineBlocks)
                ReleaseOldest();
        }
    }

    /// <summary>Always moves, so that whoever keeps the old address is found out.</summary>
    public byte* Reallocate(byte* block, nuint size)
    {
        if (block == null)
            return Allocate(size);
        nuint old = UsableSize(block);
        byte* copy = Allocate(size);
        nuint length = Math.Min(old, SizeClasses.GoodSize(size));
        Buffer.MemoryCopy(block, copy, length, length);
        Free(block);
        return copy;
    }

    /// <returns>0 after a reported violation.</returns>
    public nuint UsableSize(byte* block)
    {
        lock (_lock)
            return TryFindLive(block, "size query", CaptureStack(), out DebugBlock? found) ? found.UsableSize : 0;
    }

    public IReadOnlyList<DebugBlock> LiveBlocks()
    {
        lock (_lock)
            return [.. _live.Values.OrderBy(block => block.Serial)];
    }

    /// <summary>Checks every live and every quarantined block now.</summary>
    public void CheckAll()
    {
        lock (_lock)
        {
            foreach (DebugBlock block in _live.Values)
                CheckGuards(block, "check", null);
            foreach (DebugBlock block in _quarantine)
                CheckFreed(block);
        }
    }

    /// <summary>Checks everything and describes the live blocks, the oldest ones of each size with who has allocated them.</summary>
    /// <returns>Null if there are none.</returns>
    public string? DescribeLeaks()
    {
        const int Shown = 3;
        CheckAll();
        lock (_lock)
        {
            if (_live.Count == 0 && _poolBlocks.Count == 0)
                return null;
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture,
                $"Debug heap: leak of {_live.Count} blocks with {_usedBytes} bytes and {_poolBlocks.Count} blocks of the pool");
            foreach (IGrouping<nuint, DebugBlock> size in _live.Values.GroupBy(block => block.RequestedSize).OrderBy(size => size.Key))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n{size.Count()} of {size.Key} bytes");
                foreach (DebugBlock block in size.OrderBy(block => block.Serial).Take(Shown))
                    text.Append(CultureInfo.InvariantCulture, $"\n  {Name(block)}\n{block.Stack}");
            }
            foreach (IGrouping<nuint, nuint> size in _poolBlocks.Values.GroupBy(size => size))
                text.Append(CultureInfo.InvariantCulture, $"\n{size.Count()} of {size.Key} bytes in the pool");
            return text.ToString();
        }
    }

    /// <summary>Checks all quarantined blocks and lets them go.</summary>
    public void EmptyQuarantine()
    {
        lock (_lock)
        {
            while (_quarantine.Count != 0)
                ReleaseOldest();
        }
    }

    /// <summary>Notes a block of the <see cref="TypeStablePool"/>, whose contents must stay as they are.</summary>
    public void PoolAllocated(byte* block, nuint size)
    {
        lock (_lock)
            _poolBlocks.Add((nint)block, size);
    }

    public void PoolFreed(byte* block, nuint size)
    {
        lock (_lock)
        {
            if (!_poolBlocks.Remove((nint)block, out nuint known))
                Report($"free of 0x{(nuint)block:x}, which is no live block of the pool", null, CaptureStack());
            else if (known != size)
                Report($"free of the pool's block 0x{(nuint)block:x} of {known} bytes with size {size}", null, CaptureStack());
        }
    }

    private void ReleaseOldest()
    {
        DebugBlock block = _quarantine.Dequeue();
        _freed.Remove(block.Address);
        _quarantineBytes -= (long)block.UsableSize;
        if (CheckFreed(block) && CheckGuards(block, "end of quarantine", null))
            SlabHeap.Free(RawBlock((byte*)block.Address));
    }

    private bool TryFindLive(byte* block, string operation, StackTrace? stack, [NotNullWhen(true)] out DebugBlock? found)
    {
        if (_live.TryGetValue((nint)block, out found))
            return true;
        if (_freed.TryGetValue((nint)block, out DebugBlock? freed))
        {
            string what = operation == "free" ? "double free" : $"{operation} after free";
            Report($"{what} of {Name(freed)}", freed, stack);
        }
        else
        {
            Report($"{operation} of 0x{(nuint)block:x}, which is no live block", null, stack);
        }
        return false;
    }

    private bool CheckGuards(DebugBlock block, string operation, StackTrace? stack)
    {
        byte* start = (byte*)block.Address;
        nint before = FirstDifference(start - FrontBytes, FrontBytes, GuardBefore);
        if (before >= 0)
        {
            Report($"bytes before {Name(block)} were overwritten at offset {before - (nint)FrontBytes}, found at {operation}", block, stack);
            return false;
        }
        nint behind = FirstDifference(start + block.UsableSize, TotalSize(block.UsableSize) - FrontBytes - block.UsableSize, GuardBehind);
        if (behind >= 0)
        {
            Report($"bytes behind {Name(block)} were overwritten at offset {(nint)block.UsableSize + behind}, found at {operation}", block, stack);
            return false;
        }
        return true;
    }

    private bool CheckFreed(DebugBlock block)
    {
        nint offset = FirstDifference((byte*)block.Address, block.UsableSize, FreedPattern);
        if (offset < 0)
            return true;
        Report($"write after free at offset {offset} of {Name(block)}", block, null);
        return false;
    }

    private static string Name(DebugBlock block) =>
        $"block 0x{block.Address:x} (#{block.Serial}, {block.RequestedSize} bytes asked, {block.UsableSize} usable)";

    private void Report(string what, DebugBlock? block, StackTrace? stack)
    {
        string text = $"Debug heap: {what}";
        if (block?.AllocatedBy != null)
            text += $"\nallocated at:\n{block.AllocatedBy}";
        if (block?.FreedBy != null)
            text += $"\nfreed at:\n{block.FreedBy}";
        if (stack != null)
            text += $"\nnow at:\n{stack}";
        _violation(text);
    }

    // With its own frames: how many there are depends on what the compiler has inlined.
    private StackTrace? CaptureStack() => _captureStacks ? new StackTrace(fNeedFileInfo: false) : null;

    private static nuint TotalSize(nuint usable) => (FrontBytes + usable + MinimumBackBytes + 63) & ~(nuint)63;

    private static void Fill(byte* start, nuint length, byte pattern) =>
        NativeMemory.Fill(start, length, pattern);

    private static nint FirstDifference(byte* start, nuint length, byte pattern)
    {
        const nuint Step = 1 << 30;
        for (nuint done = 0; done < length; done += Step)
        {
            ReadOnlySpan<byte> part = new(start + done, (int)Math.Min(Step, length - done));
            int index = part.IndexOfAnyExcept(pattern);
            if (index >= 0)
                return (nint)done + index;
        }
        return -1;
    }
}
