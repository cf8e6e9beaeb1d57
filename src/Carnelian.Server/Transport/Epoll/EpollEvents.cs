using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian.Server.Transport.Epoll;

/// <summary>
/// The kernel's array of epoll events. Each is 32 bits that say what happened and 64 bits that say to whom; on x86-64 they follow one
/// another, on every other 64-bit processor the second ones are aligned to 8 bytes. Both distances are constants to the compiler once a method is hot.
/// </summary>
/// <param name="capacity">The number of events.</param>
internal readonly unsafe struct EpollEvents(int capacity)
{
    /// <summary>The size of one event where it is largest, in bytes.</summary>
    public const int MaxSize = 16;

    private static readonly int s_tokenOffset = TokenOffset(RuntimeInformation.ProcessArchitecture);
    private static readonly int s_size = Size(RuntimeInformation.ProcessArchitecture);

    private readonly byte* _start = (byte*)NativeMemory.AllocZeroed((nuint)capacity, MaxSize);

    /// <summary>The first event, for the kernel.</summary>
    public byte* Start => _start;

    /// <summary>Where the token of an event begins, in bytes.</summary>
    public static int TokenOffset(Architecture processor) => processor == Architecture.X64 ? 4 : 8;

    /// <summary>The distance from one event to the next, in bytes.</summary>
    public static int Size(Architecture processor) => TokenOffset(processor) + sizeof(long);

    /// <summary>What happened.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint What(int index) => *(uint*)(_start + (nint)index * s_size);

    /// <summary>To whom it happened.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Token(int index) => Unsafe.ReadUnaligned<long>(_start + (nint)index * s_size + s_tokenOffset);

    /// <summary>Fills in one event.</summary>
    /// <param name="target">Room for <see cref="MaxSize"/> bytes.</param>
    public static void Write(byte* target, uint what, long token)
    {
        *(uint*)target = what;
        Unsafe.WriteUnaligned(target + s_tokenOffset, token);
    }

    /// <summary>Frees the array.</summary>
    public void Free() => NativeMemory.Free(_start);
}
