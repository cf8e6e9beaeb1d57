using System.Runtime.InteropServices;

namespace Carnelian.Journal;

/// <summary>A piece of the stream in native memory: this header, then its bytes.</summary>
/// <remarks>
/// Bytes below <see cref="Used"/> never change, so that sockets may send them without a copy. References: one of the backlog while the
/// block is in its list, one of each reader that stands in it, one of each output that has yet to send a part of it.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BacklogBlock
{
    /// <summary>The size of the header in bytes.</summary>
    public const int HeaderBytes = 32;

    public BacklogBlock* Next;

    /// <summary>The offset of the first byte in the stream.</summary>
    public long Offset;

    public int References;
    public int Used;
    public int Capacity;
}
