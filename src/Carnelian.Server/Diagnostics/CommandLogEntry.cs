namespace Carnelian.Server.Diagnostics;

/// <summary>A recorded command.</summary>
/// <param name="Id">Its number in its log.</param>
/// <param name="Time">When it ended, in seconds of Unix time.</param>
/// <param name="Value">Microseconds, or the bytes of the request or the reply.</param>
/// <param name="Arguments">Its arguments, shortened.</param>
/// <param name="Peer">The address of the client.</param>
/// <param name="ClientName">The name of the client.</param>
internal sealed record CommandLogEntry(long Id, long Time, long Value, byte[][] Arguments, string Peer, string ClientName);
