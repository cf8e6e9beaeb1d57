namespace Carnelian.Protocol;

/// <summary>One argument of a command: bytes that lie in the buffer the command was read into, valid until that buffer is reused.</summary>
public unsafe struct Argument
{
    /// <summary>Of <see cref="Flags"/>: the bytes are those of a shared block, and all that is in it.</summary>
    public const int OwnBlock = 1;

    /// <summary>Of <see cref="Flags"/>: a handler has picked the argument out, for what it does later on.</summary>
    public const int Marked = 2;

    /// <summary>The first byte. Never null, also when the length is 0.</summary>
    public byte* Data;

    /// <summary>The length in bytes.</summary>
    public int Length;

    /// <summary>Bits for the dispatcher; 0 after parsing.</summary>
    public int Flags;

    /// <summary>The hash of a key argument, filled in by the dispatcher; 0 after parsing.</summary>
    public ulong Hash;

    /// <summary>The bytes as a span, with the same lifetime as <see cref="Data"/>.</summary>
    public readonly ReadOnlySpan<byte> Span => new(Data, Length);
}
