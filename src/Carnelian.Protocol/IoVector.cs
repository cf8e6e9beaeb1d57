namespace Carnelian.Protocol;

/// <summary>A range of memory to send, laid out as the system's <c>struct iovec</c>.</summary>
public unsafe struct IoVector
{
    /// <summary>The first byte.</summary>
    public byte* Base;

    /// <summary>The length in bytes.</summary>
    public nuint Length;
}
