using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>The registers of the keys of a command: dense ones by their addresses, the others raw, the highest of all.</summary>
/// <param name="dense">Room for <see cref="MostDense"/> addresses.</param>
/// <param name="raw">Room for raw registers, all of them.</param>
internal unsafe struct FoundRegisters(nint* dense, byte* raw)
{
    /// <summary>How many dense registers are remembered by their addresses; more become raw.</summary>
    public const int MostDense = 16;

    private int _count;
    private bool _hasRaw;

    /// <summary>Whether any were dense.</summary>
    public bool HasDense { get; private set; }

    /// <summary>Whether there were dense registers alone, which all are remembered.</summary>
    public readonly bool AreInDense => _count != 0 && !_hasRaw;

    /// <summary>The addresses of dense registers, in the order in which they were added.</summary>
    public readonly Span<nint> Dense => new(dense, _count);

    /// <summary>The raw registers.</summary>
    public readonly Span<byte> Raw => new(raw, HyperLogLogFormat.Registers);

    /// <summary>Adds those of a HyperLogLog, which stays where it is until it is changed.</summary>
    /// <returns>False if its sparse registers are corrupt.</returns>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> registers = bytes[HyperLogLogFormat.HeaderSize..];
        if (!HyperLogLogFormat.IsDense(bytes))
        {
            StartRaw();
            return SparseRegisters.TryMergeInto(registers, Raw);
        }
        HasDense = true;
        if (_count == MostDense)
            MergeDense();
        dense[_count++] = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(registers));
        return true;
    }

    /// <summary>Has the raw registers hold all.</summary>
    public void MergeDense()
    {
        StartRaw();
        if (_count != 0)
            DenseRegisters.MergeInto(Dense, Raw);
        _count = 0;
    }

    private void StartRaw()
    {
        if (!_hasRaw)
            Raw.Clear();
        _hasRaw = true;
    }
}
