using System.Runtime.CompilerServices;
using Carnelian.Storage;

namespace Carnelian.Commands.Hashes;

/// <summary>The events of fields, beside those of keys: which fields of a hash a command has changed. Only for those who asked for them.</summary>
internal static class FieldEvents
{
    /// <summary>Notes a field for an event, if anybody wants to know.</summary>
    public static void Add(scoped ref CommandContext ctx, ref List<byte[]>? fields, ReadOnlySpan<byte> field)
    {
        if (AreWanted(ref ctx))
            (fields ??= []).Add(field.ToArray());
    }

    /// <summary>Publishes an event of fields, behind that of their key.</summary>
    public static void Publish(scoped ref CommandContext ctx, in Key key, ReadOnlySpan<byte> name, List<byte[]>? fields)
    {
        if (fields != null)
            ctx.Services.NotifyFields(ctx.Database.Index, name, key.Bytes, fields);
    }

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
        List<byte[]>? fields = null;
        for (int i = first; i < ctx.ArgCount; i += step)
            Add(ref ctx, ref fields, ctx.Arg(i));
        Publish(ref ctx, key, name, fields);
    }
}
