namespace Carnelian.Server;

/// <summary>What the server says of itself.</summary>
internal static class ServerIdentity
{
    /// <summary>Carnelian's own version.</summary>
    public static string Version { get; } = typeof(ServerIdentity).Assembly.GetName().Version!.ToString(3);

    /// <summary>The Valkey version whose behaviour it has.</summary>
    public const string ValkeyVersion = "9.1.2";

    /// <summary>The Redis version that Valkey answers for; <c>announce-redis-version</c> sets another.</summary>
    public const string RedisVersion = "7.2.4";
}
