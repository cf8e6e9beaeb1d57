// Marks tests that compare with the real valkey-server; without one on the machine they are skipped, not passed. It is
// looked for where ./test looks: in the folder that PEERS names.

namespace Carnelian.Tests.Commands;

/// <summary>A test that needs the real valkey-server: named by VALKEY_SERVER, or installed by tests/peers/install.</summary>
internal sealed class RealServerFactAttribute : FactAttribute
{
    public RealServerFactAttribute()
    {
        if (!File.Exists(Program))
            Skip = $"needs the real valkey-server, and there is none at {Program} (set VALKEY_SERVER)";
    }

    public static string Program { get; } = Environment.GetEnvironmentVariable("VALKEY_SERVER")
        ?? Path.Combine(Environment.GetEnvironmentVariable("PEERS") ?? "/opt/peers", "bin", "valkey-server");
}
