using Carnelian.Server.Clients;

namespace Carnelian.Server.Tracking;

/// <summary>A prefix of BCAST, and who wants to hear of the keys that begin with it.</summary>
internal sealed record BroadcastPrefix(byte[] Prefix, Client[] Clients);
