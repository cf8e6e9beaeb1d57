using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Carnelian.Memory;

/// <summary>The ways in which the heap gives up, kept out of line so that its hot paths stay small.</summary>
internal static unsafe class HeapFailure
{
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ThrowOutOfMemory(nuint size) =>
        throw new OutOfMemoryException($"Out of memory allocating {size} bytes off the managed heap.");

    /// <summary>Ends the process: a free of something that is no block means that memory is already damaged.</summary>
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void InvalidBlock(byte* block) =>
        Die($"Native heap: 0x{(nuint)block:x} is not the address of a live block. Run with CARNELIAN_DEBUG_HEAP=stack to find the culprit.");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Die(string message)
    {
        Console.Error.WriteLine(message);
        Console.Error.Flush();
        Environment.FailFast(message);
    }
}
