using System.Runtime.InteropServices;

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

    /// <summary>Differs from build to build: 16 hexadecimal digits.</summary>
    public static string BuildId { get; } = typeof(ServerIdentity).Module.ModuleVersionId.ToString("N")[..16];

    /// <summary>The operating system with its release and the processor's architecture, as uname names them.</summary>
    public static string System { get; } = DescribeSystem();

    private static string DescribeSystem()
    {
        string architecture = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x86_64",
            Architecture.Arm64 => "aarch64",
            Architecture other => other.ToString().ToLowerInvariant(),
        };
        const string release = "/proc/sys/kernel/osrelease";
        return OperatingSystem.IsLinux() && File.Exists(release)
            ? $"Linux {File.ReadAllText(release).Trim()} {architecture}"
            : $"{RuntimeInformation.OSDescription} {architecture}";
    }
}
