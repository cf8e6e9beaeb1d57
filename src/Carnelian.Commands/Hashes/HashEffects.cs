using Carnelian.Commands.Strings;
using Carnelian.Journal;
using Carnelian.Storage.Hashes;

namespace Carnelian.Commands.Hashes;

/// <summary>What commands on fields come to in the journal. Only while it is read.</summary>
internal static class HashEffects
{
    /// <summary>Says that the marked fields have been removed, in the place of the command.</summary>
    public static void ReplaceByRemoval(scoped ref CommandContext ctx, in Storage.Key key, int fields)
    {
        ctx.Propagation = Propagation.Never;
        AddRemoval(ref ctx, key, fields);
    }

    /// <summary>Says that the marked fields are removed before the command.</summary>
    public static void AddRemoval(scoped ref CommandContext ctx, in Storage.Key key, int fields)
    {
        JournalUnit effects = ctx.Effects!;
        effects.Begin(ctx.Database.Index, 2 + fields);
        effects.Add("HDEL"u8);
        effects.Add(key.Bytes);
        ctx.AddMarked();
    }

    /// <summary>Says that the marked fields have got a deadline; -1 for none.</summary>
    public static void ReplaceByDeadline(scoped ref CommandContext ctx, in Storage.Key key, int fields, long deadline)
    {
        JournalUnit effects = ctx.ReplaceEffect(fields + (deadline < 0 ? 4 : 5));
        effects.Add(deadline < 0 ? "HPERSIST"u8 : "HPEXPIREAT"u8);
        effects.Add(key.Bytes);
        if (deadline >= 0)
            effects.Add(deadline);
        effects.Add("FIELDS"u8);
        effects.Add(fields);
        ctx.AddMarked();
    }

    /// <summary>Says that a field has got a value, and keeps a deadline.</summary>
    public static void ReplaceBySet(scoped ref CommandContext ctx, Hash hash, scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value)
    {
        bool isVolatile = hash.TryGetDeadline(field, ctx.Now, out long deadline) && deadline >= 0;
        JournalUnit effects = ctx.ReplaceEffect(isVolatile ? 8 : 4);
        effects.Add(isVolatile ? "HSETEX"u8 : "HSET"u8);
        effects.Add(ctx.Arg(1));
        if (isVolatile)
        {
            effects.Add("PXAT"u8);
            effects.Add(deadline);
            effects.Add("FIELDS"u8);
            effects.Add(1);
        }
        effects.Add(field);
        effects.Add(value);
    }

    /// <summary>Leaves the conditions of HSETEX out, and gives its time as a point in time.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="conditions">How many conditions there are before the fields.</param>
    /// <param name="fields">The argument FIELDS.</param>
    /// <param name="expiration">The time.</param>
    public static void ReplaceOptions(scoped ref CommandContext ctx, int conditions, int fields, scoped in Expiration expiration)
    {
        JournalUnit effects = ctx.ReplaceEffect(ctx.ArgCount - conditions);
        for (int i = 0; i < ctx.ArgCount; i++)
        {
            if (i >= 2 && i < fields && i != expiration.Argument && IsCondition(ctx.Arg(i)))
                continue;
            if (expiration.HasTime && !expiration.IsDeadline && i == expiration.Argument)
                effects.Add(expiration.Deadline);
            else
                effects.Add(expiration.HasTime && !expiration.IsDeadline && i == expiration.Argument - 1 ? "PXAT"u8 : ctx.Arg(i));
        }
    }

    private static bool IsCondition(ReadOnlySpan<byte> word) =>
        word.Length is 2 or 3 && (word[^1] | 0x20) == 'x' && (word[^2] | 0x20) is 'n' or 'x';
}
