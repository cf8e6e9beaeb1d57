// The values of directives that consist of several numbers.

namespace Carnelian.Server.Configuration;

/// <summary>Limits of the replies waiting for one client; 0 = no limit.</summary>
/// <param name="HardBytes">Bytes at which the client is closed at once.</param>
/// <param name="SoftBytes">Bytes that it may not exceed for longer than <paramref name="SoftSeconds"/>.</param>
/// <param name="SoftSeconds">Seconds above the soft limit after which it is closed.</param>
public readonly record struct ClientBufferLimit(long HardBytes, long SoftBytes, long SoftSeconds);

/// <summary>A save starts <paramref name="Seconds"/> after the last one when at least <paramref name="Changes"/> keys have changed.</summary>
public readonly record struct SavePoint(long Seconds, int Changes);

/// <summary>Host name or address and port of the primary.</summary>
public sealed record ReplicationSource(string Host, int Port);
