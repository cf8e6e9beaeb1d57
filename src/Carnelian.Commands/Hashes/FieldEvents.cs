using System.Runtime.CompilerServices;
using Carnelian.Storage;

namespace Carnelian.Commands.Hashes;

/// <summary>The events of fields, beside those of keys: which fields of a hash a command has changed. Only for those who asked for them.</summary>
internal static class FieldEvents
{
    /// <summary>Publishes an event of all fields that are arguments of the command, behind that of their key.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The key.</param>
    /// <param name="name">The event.</param>
    /// <param name="first">The first field.</param>
    /// <param name="step">From one field to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PublishArguments(scoped ref CommandContext ctx, in Key key, ReadOnlySpan<byte> name, int first, int step)
    {
        if (AreWanted(ref ctx))
            PublishWanted(ref ctx, key, name, first, step);
    }

    /// <summary>Whether anybody wants to know.</summary>
    public static bool AreWanted(scoped ref CommandContext ctx) => (ctx.Services.Notifications & NotificationClass.Fields) != 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PublishWanted(scoped ref CommandContext ctx, in Key key, ReadOnlySpan<byte> name, int first, int step)
    {
        ChangedFields fields = default;
        for (int i = first; i < ctx.ArgCount; i += step)
            fields.Add(ref ctx, ctx.Arg(i));
        fields.Publish(ref ctx, key, name);
    }
}
