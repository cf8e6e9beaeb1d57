using System.Runtime.InteropServices;

namespace Carnelian.Storage.Streams;

/// <summary>When a pending entry was delivered, and which it is: the order in which XREADGROUP CLAIM takes entries.</summary>
/// <param name="Time">As in <see cref="PendingEntry.Time"/>.</param>
/// <param name="Id">The entry.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DeliveryKey(long Time, StreamId Id) : IOrderedKey<DeliveryKey>
{
    /// <inheritdoc/>
    public static bool IsLess(in DeliveryKey left, in DeliveryKey right) =>
        left.Time < right.Time || (left.Time == right.Time && left.Id < right.Id);
}
