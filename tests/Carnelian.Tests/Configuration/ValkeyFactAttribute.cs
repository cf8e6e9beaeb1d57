using Xunit;

namespace Carnelian.Tests.Configuration;

/// <summary>A test that compares with a real server and is skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ValkeyFactAttribute : FactAttribute
{
    public ValkeyFactAttribute()
    {
        if (!File.Exists(ValkeyServer.Program)) Skip = "There is no valkey-server: set VALKEY_SERVER to its path.";
    }
}
