using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Carnelian.Memory;

/// <summary>A hint to the processor, where .NET has a way to give it: on others the memory comes when it is read.</summary>
public static unsafe class CacheLine
{
    /// <summary>Starts to load the line of an address into the cache. The address need not be valid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }
}
