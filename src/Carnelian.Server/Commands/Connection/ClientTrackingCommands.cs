using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Tracking;
using Carnelian.Server.Transactions;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Connection;

/// <summary>CLIENT: what a client that caches values asks for.</summary>
public static class ClientTrackingCommands
{
    [Command("CLIENT|TRACKING", Arity = -3, Group = CommandGroup.Connection, Since = "6.0.0", Complexity = "O(1). Some options may introduce additional complexity.",
        Summary = "Tells the connection of changes of keys that it has read, or that begin with some prefixes.",
        Flags = NoScript | Loading | Stale,
        Arguments = "status(ON | OFF), [REDIRECT client-id:integer], [PREFIX prefix]..., [BCAST], [OPTIN], [OPTOUT], [NOLOOP]")]
    public static void Tracking(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        TrackingHub hub = client.Loop.Server.Tracking;
        var prefixes = new List<byte[]>();
        if (!TryOptions(ref ctx, prefixes, out TrackingOptions options, out long redirect))
            return;
        if (ctx.ArgIs(2, "off"u8))
        {
            hub.Disable(client);
        }
        else if (!ctx.ArgIs(2, "on"u8))
        {
            ctx.WriteSyntaxError();
            return;
        }
        else
        {
            if (Conflict(client.Tracking, options, prefixes) is { } error)
            {
                ctx.Reply.Error(Encoding.Latin1.GetBytes(error));
                return;
            }
            if ((options & TrackingOptions.Broadcast) != 0 && prefixes.Count == 0 && client.Tracking?.Prefixes is not [[], ..])
                prefixes.Add([]);
            hub.Enable(client, options, redirect, prefixes);
        }
        ctx.Reply.Ok();
    }

    [Command("CLIENT|CACHING", Arity = 3, Group = CommandGroup.Connection, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Says whether the keys that the next command reads are to be tracked.",
        Flags = NoScript | Loading | Stale | AllowBusy,
        Arguments = "mode(YES | NO)")]
    public static void Caching(scoped ref CommandContext ctx)
    {
        ClientTracking? tracking = ((Client)ctx.Session).Tracking;
        bool isYes = ctx.ArgIs(2, "yes"u8);
        if (tracking == null)
        {
            ctx.Reply.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"u8);
        }
        else if (!isYes && !ctx.ArgIs(2, "no"u8))
        {
            ctx.WriteSyntaxError();
        }
        else if (!tracking.Has(isYes ? TrackingOptions.OptIn : TrackingOptions.OptOut))
        {
            ctx.Reply.Error(isYes
                ? "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."u8
                : "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."u8);
        }
        else
        {
            tracking.HasException = true;
            ctx.Reply.Ok();
        }
    }

    [Command("CLIENT|GETREDIR", Arity = 2, Group = CommandGroup.Connection, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Returns the number of the connection that hears of changes in place of this one.",
        Flags = NoScript | Loading | Stale | AllowBusy)]
    public static void GetRedirect(scoped ref CommandContext ctx) => ctx.Reply.Integer(((Client)ctx.Session).Tracking?.Redirect ?? -1);

    [Command("CLIENT|TRACKINGINFO", Arity = 2, Group = CommandGroup.Connection, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Shows what this connection is told of changes.",
        Flags = NoScript | Loading | Stale)]
    public static void TrackingInfo(scoped ref CommandContext ctx)
    {
        ClientTracking? tracking = ((Client)ctx.Session).Tracking;
        ReplyWriter reply = ctx.Reply;
        string[] flags = [.. FlagsOf(tracking)];
        reply.Map(3);
        reply.Bulk("flags"u8);
        reply.Set(flags.Length);
        foreach (string flag in flags)
            reply.Bulk(Encoding.ASCII.GetBytes(flag));
        reply.Bulk("redirect"u8);
        reply.Integer(tracking?.Redirect ?? -1);
        reply.Bulk("prefixes"u8);
        byte[][] prefixes = tracking?.Prefixes ?? [];
        reply.Array(prefixes.Length);
        foreach (byte[] prefix in prefixes)
            reply.Bulk(prefix);
    }

    private static IEnumerable<string> FlagsOf(ClientTracking? tracking)
    {
        yield return tracking == null ? "off" : "on";
        if (tracking == null)
            yield break;
        if (tracking.Has(TrackingOptions.Broadcast))
            yield return "bcast";
        if (tracking.Has(TrackingOptions.OptIn))
            yield return "optin";
        if (tracking.Has(TrackingOptions.OptIn) && tracking.HasException)
            yield return "caching-yes";
        if (tracking.Has(TrackingOptions.OptOut))
            yield return "optout";
        if (tracking.Has(TrackingOptions.OptOut) && tracking.HasException)
            yield return "caching-no";
        if (tracking.Has(TrackingOptions.NoLoop))
            yield return "noloop";
        if (tracking.IsRedirectBroken)
            yield return "broken_redirect";
    }

    /// <summary>Reads the options behind ON or OFF, or writes the error.</summary>
    private static bool TryOptions(scoped ref CommandContext ctx, List<byte[]> prefixes, out TrackingOptions options, out long redirect)
    {
        options = TrackingOptions.None;
        redirect = 0;
        for (int i = 3; i < ctx.ArgCount; i++)
        {
            bool hasMore = i + 1 < ctx.ArgCount;
            if (ctx.ArgIs(i, "redirect"u8) && hasMore)
            {
                if (redirect != 0)
                {
                    ctx.Reply.Error("ERR A client can only redirect to a single other client"u8);
                    return false;
                }
                if (!ctx.TryInteger(++i, out redirect))
                    return false;
                if (((Client)ctx.Session).Loop.Server.Clients.Find(redirect) == null)
                {
                    ctx.Reply.Error("ERR The client ID you want redirect to does not exist"u8);
                    return false;
                }
            }
            else if (ctx.ArgIs(i, "prefix"u8) && hasMore)
            {
                prefixes.Add(ctx.Arg(++i).ToArray());
            }
            else if (OptionOf(ref ctx, i) is var option and not TrackingOptions.None)
            {
                options |= option;
            }
            else
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        return true;
    }

    private static TrackingOptions OptionOf(scoped ref CommandContext ctx, int index) =>
        ctx.ArgIs(index, "bcast"u8) ? TrackingOptions.Broadcast
        : ctx.ArgIs(index, "optin"u8) ? TrackingOptions.OptIn
        : ctx.ArgIs(index, "optout"u8) ? TrackingOptions.OptOut
        : ctx.ArgIs(index, "noloop"u8) ? TrackingOptions.NoLoop
        : TrackingOptions.None;

    /// <summary>Why options cannot go together, or not with what is in force.</summary>
    private static string? Conflict(ClientTracking? current, TrackingOptions options, List<byte[]> prefixes)
    {
        const TrackingOptions Choice = TrackingOptions.OptIn | TrackingOptions.OptOut;
        bool isBroadcast = (options & TrackingOptions.Broadcast) != 0;
        if (!isBroadcast && prefixes.Count != 0)
            return "ERR PREFIX option requires BCAST mode to be enabled";
        if (current != null && current.Has(TrackingOptions.Broadcast) != isBroadcast)
            return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.";
        if (isBroadcast && (options & Choice) != 0)
            return "ERR OPTIN and OPTOUT are not compatible with BCAST";
        if ((options & Choice) == Choice)
            return "ERR You can't specify both OPTIN mode and OPTOUT mode";
        TrackingOptions opposite = (options & Choice) == TrackingOptions.None ? TrackingOptions.None : ~options & Choice;
        if (current != null && current.Has(opposite))
            return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.";
        return Overlap(current?.Prefixes ?? [], prefixes);
    }

    private static string? Overlap(byte[][] existing, List<byte[]> prefixes)
    {
        // In order, one that begins with another comes behind it, and so does all that stands between the two.
        byte[][] sorted = [.. existing, .. prefixes];
        Array.Sort(sorted, ByteKeyComparer.Instance);
        if (!sorted.Zip(sorted.Skip(1), Overlaps).Contains(true))
            return null;
        for (int i = 0; i < prefixes.Count; i++)
        {
            foreach (byte[] other in existing)
            {
                if (Overlaps(prefixes[i], other))
                    return Describe(prefixes[i], "an existing", other);
            }
            foreach (byte[] other in prefixes.Skip(i + 1))
            {
                if (Overlaps(prefixes[i], other))
                    return Describe(prefixes[i], "another provided", other);
            }
        }
        return null;
    }

    private static bool Overlaps(byte[] a, byte[] b) => a.AsSpan().StartsWith(b) || b.AsSpan().StartsWith(a);

    private static string Describe(byte[] prefix, string which, byte[] other) =>
        $"ERR Prefix '{Encoding.Latin1.GetString(prefix)}' overlaps with {which} prefix '{Encoding.Latin1.GetString(other)}'. Prefixes for a single client must not overlap.";
}
