namespace Carnelian.Fuzz;

/// <summary>Something that takes bytes from outside. Runs on the fuzzer's one thread, many thousand times a second.</summary>
internal abstract class FuzzTarget : IDisposable
{
    /// <summary>The name given on the command line, and the folder of its corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Words that the mutator puts into inputs, so that it need not find them by chance.</summary>
    public abstract IReadOnlyList<byte[]> Dictionary { get; }

    /// <summary>
    /// Tries one input. A malformed input must be refused by the code under test in its ordinary way; any exception is a finding, and so
    /// is a property that does not hold, reported by throwing <see cref="FuzzFailure"/>.
    /// </summary>
    public abstract void Run(ReadOnlySpan<byte> input);

    /// <summary>The most native memory in bytes that may be in use behind an input of this length, beyond what was in use before the run.</summary>
    public virtual long MemoryBound(int inputLength) => (1 << 20) + (64L * inputLength);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}

/// <summary>A property that an input breaks.</summary>
internal sealed class FuzzFailure(string message) : Exception(message);
