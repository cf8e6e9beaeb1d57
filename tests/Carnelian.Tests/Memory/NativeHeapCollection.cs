using Xunit;

namespace Carnelian.Tests.Memory;

/// <summary>Tests that look at process-wide counters of the heap run alone, so that no other test allocates meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NativeHeapCollection
{
    public const string Name = "native heap";
}
