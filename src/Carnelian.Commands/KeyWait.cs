using Carnelian.Protocol;

namespace Carnelian.Commands;

/// <summary>What a client waits for that a command has found nothing for; see <see cref="CommandContext.TryBlock"/>.</summary>
/// <param name="type">The type of value that can serve the command.</param>
/// <param name="firstKey">The argument that is the first of the keys.</param>
/// <param name="keyCount">How many arguments in a row are keys; others that the command names are such as it may change when it is served.</param>
/// <param name="deadline">When to give up, in milliseconds of Unix time; 0 for never.</param>
public readonly ref struct KeyWait(Storage.ValueType type, int firstKey, int keyCount, long deadline)
{
    /// <summary>The type of value that can serve the command.</summary>
    public Storage.ValueType Type { get; } = type;

    /// <summary>The argument that is the first of the keys.</summary>
    public int FirstKey { get; } = firstKey;

    /// <summary>How many arguments in a row are keys.</summary>
    public int KeyCount { get; } = keyCount;

    /// <summary>When to give up, in milliseconds of Unix time; 0 for never.</summary>
    public long Deadline { get; } = deadline;

    /// <summary>When the command runs again though no key has changed, in milliseconds of Unix time; 0 for never. Each run sets it anew.</summary>
    public long RetryAt { get; init; }

    /// <summary>Whether the command runs again also when a key is removed or gets a value of another type, for it to fail then.</summary>
    public bool WantsRemoval { get; init; }

    /// <summary>
    /// The arguments with which the command runs again, if not those that it has: copies of them of which some are replaced (with
    /// <see cref="Argument.Hash"/> and <see cref="Argument.Flags"/> 0). They are copied at once.
    /// </summary>
    public ReadOnlySpan<Argument> Arguments { get; init; }
}
