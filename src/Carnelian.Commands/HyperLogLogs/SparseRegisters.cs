namespace Carnelian.Commands.HyperLogLogs;

/// <summary>
/// Registers as run lengths, in bytes that are edited in place within a larger buffer. Three forms: 00zzzzzz is 1 to 64 registers of zero,
/// 01zzzzzz zzzzzzzz 1 to 16384 of them, 1vvvvvnn 1 to 4 registers of a value from 1 to 32.
/// </summary>
/// <remarks>How runs are split and joined follows Valkey, so that the bytes after the same elements are the same. Bytes may come from a
/// client: nothing here reads beyond them.</remarks>
/// <param name="buffer">The bytes, and room for one more than they may become.</param>
/// <param name="length">How many bytes there are.</param>
internal ref struct SparseRegisters(Span<byte> buffer, int length)
{
    /// <summary>The largest value of a register.</summary>
    public const int MostValue = 32;

    /// <summary>By how many bytes one change may lengthen the registers.</summary>
    public const int MostGrowth = 4;

    private const int MostShortZeros = 64;
    private const int MostValueRun = 4;

    // Around a change only so many runs are looked at for neighbours to join.
    private const int JoinedRuns = 5;

    private readonly Span<byte> _buffer = buffer;

    // A run before the last change and its first register: who raises registers in ascending order goes on from there.
    private int _knownAt;
    private int _knownFirst;

    /// <summary>What a change came to.</summary>
    public enum Outcome
    {
        /// <summary>The register has this value or a higher one already.</summary>
        Unchanged,

        /// <summary>The register has the value now.</summary>
        Changed,

        /// <summary>The value, or the length that it would take, is beyond what is allowed; nothing has changed.</summary>
        TooLarge,

        /// <summary>The runs do not reach the register.</summary>
        Corrupt,
    }

    /// <summary>How many bytes there are now.</summary>
    public int Length { get; private set; } = length;

    /// <summary>Writes a run of zeros in its shortest form.</summary>
    /// <returns>Its length, 1 or 2 bytes.</returns>
    public static int WriteZeros(Span<byte> target, int count)
    {
        if (count <= MostShortZeros)
        {
            target[0] = (byte)(count - 1);
            return 1;
        }
        target[0] = (byte)(0x40 | count - 1 >> 8);
        target[1] = (byte)(count - 1);
        return 2;
    }

    /// <summary>Raises a register to a value.</summary>
    /// <param name="index">The register.</param>
    /// <param name="value">The value, at least 1.</param>
    /// <param name="mostLength">The most bytes that the registers may take.</param>
    public Outcome Raise(int index, int value, long mostLength)
    {
        if (value > MostValue)
            return Outcome.TooLarge;
        if (!TryFind(index, out Run run, out int at, out int first, out int before))
            return Outcome.Corrupt;
        if (run.Value >= value)
            return Outcome.Unchanged;
        if (run.Count == 1 && run.Size == 1)
        {
            _buffer[at] = ValueRun(value, 1);
        }
        else
        {
            Span<byte> split = stackalloc byte[MostGrowth + 1];
            int size = Split(split, run, index - first, value);
            if (size > run.Size && Length + size - run.Size > mostLength)
                return Outcome.TooLarge;
            bool isCut = at + run.Size > Length;
            if (isCut)
                _buffer[Length++] = 0;
            Replace(at, run.Size, split[..size]);
            if (isCut)
                Length--;
        }
        Join(before);
        return Outcome.Changed;
    }

    /// <summary>Raises each raw register to the sparse one where that is higher.</summary>
    /// <returns>Whether the runs are as many registers as there are; if not, raw is changed in part.</returns>
    public static bool TryMergeInto(ReadOnlySpan<byte> registers, scoped Span<byte> raw)
    {
        int first = 0;
        Run run;
        for (int at = 0; at < registers.Length; at += run.Size, first += run.Count)
        {
            if (!TryRead(registers, at, out run) || first + run.Count > HyperLogLogFormat.Registers)
                return false;
            for (int i = first; run.Value != 0 && i < first + run.Count; i++)
                raw[i] = Math.Max(raw[i], (byte)run.Value);
        }
        return first == HyperLogLogFormat.Registers;
    }

    /// <summary>Counts how many registers have each value.</summary>
    /// <returns>Whether the runs are as many registers as there are.</returns>
    public static bool TryAddToHistogram(ReadOnlySpan<byte> registers, Span<int> histogram)
    {
        int first = 0;
        Run run;
        for (int at = 0; at < registers.Length; at += run.Size)
        {
            if (!TryRead(registers, at, out run))
                return false;
            first += run.Count;
            if (first > HyperLogLogFormat.Registers)
                return false;
            histogram[run.Value] += run.Count;
        }
        return first == HyperLogLogFormat.Registers;
    }

    /// <summary>Reads the run at a place. A second byte that is missing at the end counts as zero, as in Valkey, where strings end with one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> registers, int at, out Run run)
    {
        run = default;
        if (at >= registers.Length)
            return false;
        int head = registers[at];
        if ((head & 0x80) != 0)
            run = new Run(1, (head & 3) + 1, (head >> 2 & 31) + 1);
        else if ((head & 0x40) == 0)
            run = new Run(1, head + 1, 0);
        else
            run = new Run(2, ((head & 63) << 8 | (at + 1 < registers.Length ? registers[at + 1] : 0)) + 1, 0);
        return true;
    }

    /// <summary>Finds the run of a register.</summary>
    /// <param name="index">The register.</param>
    /// <param name="run">The run.</param>
    /// <param name="at">Where it is.</param>
    /// <param name="first">Its first register.</param>
    /// <param name="before">Where the run before it is, or 0.</param>
    private bool TryFind(int index, out Run run, out int at, out int first, out int before)
    {
        bool isKnown = index >= _knownFirst;
        at = before = isKnown ? _knownAt : 0;
        first = isKnown ? _knownFirst : 0;
        int beforeFirst = first;
        while (TryRead(_buffer[..Length], at, out run))
        {
            if (index < first + run.Count)
            {
                if (at == before && at > 0)
                {
                    // The run before the known one is not known.
                    _knownAt = _knownFirst = 0;
                    return TryFind(index, out run, out at, out first, out before);
                }
                _knownAt = before;
                _knownFirst = beforeFirst;
                return true;
            }
            before = at;
            beforeFirst = first;
            at += run.Size;
            first += run.Count;
        }
        return false;
    }

    private static byte ValueRun(int value, int count) => (byte)(0x80 | value - 1 << 2 | count - 1);

    private static int Split(Span<byte> target, in Run run, int before, int value)
    {
        int behind = run.Count - before - 1;
        int size = 0;
        if (before > 0)
            size += WriteRun(target, run.Value, before);
        target[size++] = ValueRun(value, 1);
        if (behind > 0)
            size += WriteRun(target[size..], run.Value, behind);
        return size;
    }

    private static int WriteRun(Span<byte> target, int value, int count)
    {
        if (value == 0)
            return WriteZeros(target, count);
        target[0] = ValueRun(value, count);
        return 1;
    }

    private void Replace(int at, int size, scoped ReadOnlySpan<byte> with)
    {
        _buffer[(at + size)..Length].CopyTo(_buffer[(at + with.Length)..]);
        with.CopyTo(_buffer[at..]);
        Length += with.Length - size;
    }

    /// <summary>Joins runs of the same value that follow each other, as far as one run can hold them.</summary>
    private void Join(int at)
    {
        for (int looked = 0; looked < JoinedRuns && TryRead(_buffer[..Length], at, out Run run); looked++)
        {
            if (run.Value != 0 && TryRead(_buffer[..Length], at + 1, out Run next) && next.Value == run.Value && run.Count + next.Count <= MostValueRun)
                Replace(at, 2, [ValueRun(run.Value, run.Count + next.Count)]);
            else
                at += run.Size;
        }
    }

    /// <summary>Some registers of the same value.</summary>
    /// <param name="Size">The bytes that the run takes: 1 or 2.</param>
    /// <param name="Count">The number of registers.</param>
    /// <param name="Value">Their value.</param>
    public readonly record struct Run(int Size, int Count, int Value);
}
