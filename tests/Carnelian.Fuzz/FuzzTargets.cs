using Carnelian.Fuzz.Targets;

namespace Carnelian.Fuzz;

/// <summary>All targets; a new one is added here.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyDictionary<string, Func<FuzzTarget>> All { get; } = new SortedDictionary<string, Func<FuzzTarget>>
    {
        ["config"] = static () => new ConfigTarget(),
        ["resp"] = static () => new RespTarget(),
        ["inline"] = static () => new InlineTarget(),
        ["glob"] = static () => new GlobTarget(),
        ["intset"] = static () => new IntSetTarget(),
        ["listpack"] = static () => new ListPackTarget(),
        ["stream"] = static () => new StreamBlockTarget(),
        ["rdb"] = static () => new RdbTarget(),
        ["restore"] = static () => new RestoreTarget(),
        ["aof"] = static () => new AofTarget(),
        ["number"] = static () => new NumberTarget(),
    };
}
