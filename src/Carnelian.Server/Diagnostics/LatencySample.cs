namespace Carnelian.Server.Diagnostics;

/// <summary>The worst of what a latency event took within one second.</summary>
/// <param name="Time">The second, in Unix time.</param>
/// <param name="Milliseconds">The latency.</param>
internal readonly record struct LatencySample(long Time, long Milliseconds);
