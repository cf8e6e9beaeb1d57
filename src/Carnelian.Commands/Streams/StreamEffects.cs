using Carnelian.Journal;
using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>
/// What commands on streams come to in the journal: ids that the server has chosen are written out, approximate trimming becomes exact, and what
/// a delivery does to a group becomes XCLAIM and XGROUP SETID. Only while the journal is read.
/// </summary>
internal static unsafe class StreamEffects
{
    /// <summary>Says that an entry is pending, as it is now: XCLAIM, which also removes it from the group if the stream has it no longer.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The argument that is the key.</param>
    /// <param name="group">The group.</param>
    /// <param name="id">The entry's id.</param>
    /// <param name="entry">The pending entry.</param>
    /// <param name="claimant">Who runs the command, in the place of an owner that there is not.</param>
    /// <param name="text">The id as the command has it; empty if it does not name it.</param>
    public static void AddClaim(
        scoped ref CommandContext ctx, int key, StreamGroup group, StreamId id, PendingEntry entry, StreamConsumer claimant, ReadOnlySpan<byte> text = default)
    {
        if (ctx.Effects == null)
            return;
        JournalUnit effects = ctx.ReplaceEffect(14);
        effects.Add("XCLAIM"u8);
        effects.Add(ctx.Arg(key));
        effects.Add(group.Name);
        effects.Add(entry.Owner.Exists ? entry.Owner.Name : claimant.Name);
        effects.Add("0"u8);
        if (text.IsEmpty)
            Add(effects, id);
        else
            effects.Add(text);
        effects.Add("TIME"u8);
        effects.Add(entry.DeliveryTime);
        effects.Add("RETRYCOUNT"u8);
        effects.Add(entry.Deliveries);
        effects.Add("FORCE"u8);
        effects.Add("JUSTID"u8);
        effects.Add("LASTID"u8);
        Add(effects, group.LastId);
    }

    /// <summary>Says how far a group has read.</summary>
    public static void AddGroupPosition(scoped ref CommandContext ctx, int key, StreamGroup group)
    {
        if (ctx.Effects == null)
            return;
        JournalUnit effects = ctx.ReplaceEffect(7);
        effects.Add("XGROUP"u8);
        effects.Add("SETID"u8);
        effects.Add(ctx.Arg(key));
        effects.Add(group.Name);
        Add(effects, group.LastId);
        effects.Add("ENTRIESREAD"u8);
        effects.Add(group.EntriesRead);
    }

    /// <summary>Says that a group has a new consumer.</summary>
    public static void AddConsumer(scoped ref CommandContext ctx, int key, StreamGroup group, StreamConsumer consumer)
    {
        if (ctx.Effects == null)
            return;
        JournalUnit effects = ctx.ReplaceEffect(5);
        effects.Add("XGROUP"u8);
        effects.Add("CREATECONSUMER"u8);
        effects.Add(ctx.Arg(key));
        effects.Add(group.Name);
        effects.Add(consumer.Name);
    }

    /// <summary>XADD or XTRIM with the id that was chosen, and with what trimming has left.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="stream">The stream afterwards.</param>
    /// <param name="options">The options.</param>
    /// <param name="id">The entry's id, where the command gives none or only a part.</param>
    public static void ReplaceOptions(scoped ref CommandContext ctx, StreamValue stream, in AddOptions options, StreamId id)
    {
        bool choosesId = options.IdArgument != 0 && !(options.HasId && options.HasSequence);
        // What groups still refer to stays, whole blocks of it: which entries go then, no number of entries tells.
        bool isApproximate = options.Trim is { IsWanted: true, IsApproximate: true, References: ReferencePolicy.Keep };
        if (ctx.Effects == null || !(choosesId || isApproximate || options.Producer != 0))
            return;
        int dropped = options.Producer == 0 ? 0 : options.Message == 0 ? 2 : 3;
        JournalUnit effects = ctx.ReplaceEffect(ctx.ArgCount - dropped);
        for (int i = 0; i < ctx.ArgCount; i++)
        {
            if (dropped != 0 && i >= options.Producer - 1 && i < options.Producer - 1 + dropped)
                continue;
            if (choosesId && i == options.IdArgument)
                Add(effects, id);
            else if (isApproximate && i == options.TrimArgument - 1)
                effects.Add("="u8);
            else if (isApproximate && i == options.TrimArgument && options.Trim.IsById)
                Add(effects, stream.FirstRecordedId);
            else if (isApproximate && i == options.TrimArgument)
                effects.Add(stream.Length);
            else
                effects.Add(ctx.Arg(i));
        }
    }

    /// <summary>Says which message an entry was, so that it is not added twice.</summary>
    public static void AddMessage(scoped ref CommandContext ctx, ReadOnlySpan<byte> producer, scoped ReadOnlySpan<byte> message, StreamId id)
    {
        JournalUnit effects = ctx.ReplaceEffect(5);
        effects.Add("XIDMPRECORD"u8);
        effects.Add(ctx.Arg(1));
        effects.Add(producer);
        effects.Add(message);
        Add(effects, id);
    }

    private static void Add(JournalUnit effects, StreamId id)
    {
        byte* text = stackalloc byte[StreamId.MostTextBytes];
        effects.Add(new ReadOnlySpan<byte>(text, id.Format(text)));
    }
}
