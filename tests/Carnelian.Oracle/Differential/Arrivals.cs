using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>What came in on a connection: the replies to its own commands, and messages.</summary>
internal sealed class Arrivals(List<byte[]> messages)
{
    public List<byte[]> Replies { get; } = [];

    public List<byte[]> Messages { get; } = messages;

    public bool Closed { get; private set; }

    public void Add(byte[] frame)
    {
        if (frame.Length == 0)
            Closed = true;
        else if (IsMessage(frame))
            Messages.Add(frame);
        else
            Replies.Add(frame);
    }

    /// <summary>Whether two servers delivered the same.</summary>
    public bool Agrees(Arrivals other, Step step, IReadOnlyList<byte[][]> queued)
    {
        if (Closed != other.Closed || Replies.Count != other.Replies.Count || !SameMessages(other))
            return false;
        if (step.Name is "UNSUBSCRIBE" or "PUNSUBSCRIBE" or "SUNSUBSCRIBE")
            return SameUnsubscriptions(other);
        for (int i = 0; i < Replies.Count; i++)
        {
            // SUBSCRIBE inside EXEC replies more than once, so that what follows stands behind EXEC's own reply.
            int at = i;
            if (!ReplyRules.Agree(step.Arguments, Replies[i], other.Replies[i], queued)
                && !queued.Any(command => ReplyRules.Agree(command, Replies[at], other.Replies[at], [])))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString()
    {
        var parts = Replies.Select(frame => Replay.Text(frame)).Concat(Messages.Select(frame => "message " + Replay.Text(frame)));
        return string.Join("\n      ", parts.Concat(Closed ? ["(connection closed)"] : [])) is { Length: > 0 } text ? text : "(nothing)";
    }

    // Patterns that match the same message are served in no particular order; messages of channels are ordered.
    private bool SameMessages(Arrivals other) =>
        Sorted(Messages).SequenceEqual(Sorted(other.Messages)) && InOrder(Messages).SequenceEqual(InOrder(other.Messages));

    private static IEnumerable<string> Sorted(List<byte[]> frames) => frames.Select(frame => Replay.Text(frame)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> InOrder(List<byte[]> frames) =>
        frames.Where(frame => RespValue.Parse(frame).Elements[0].Value != "pmessage").Select(frame => Replay.Text(frame));

    // Without arguments the channels are left in no particular order, but the remaining number always falls.
    private bool SameUnsubscriptions(Arrivals other)
    {
        List<RespValue> left = [.. Replies.Select(frame => RespValue.Parse(frame))], right = [.. other.Replies.Select(frame => RespValue.Parse(frame))];
        if (left.Concat(right).Any(reply => reply.Elements.Count != 3))
            return left.Zip(right).All(pair => pair.First.SameAs(pair.Second));
        return left.Select(reply => $"{reply.Type} {reply.Elements[0]} {reply.Elements[2]}").SequenceEqual(right.Select(reply => $"{reply.Type} {reply.Elements[0]} {reply.Elements[2]}"))
            && left.Select(reply => reply.Elements[1].ToString()).Order(StringComparer.Ordinal).SequenceEqual(right.Select(reply => reply.Elements[1].ToString()).Order(StringComparer.Ordinal));
    }

    private static bool IsMessage(byte[] frame)
    {
        if (frame[0] is not ((byte)'*' or (byte)'>'))
            return false;
        RespValue value = RespValue.Parse(frame);
        return value.Elements.Count is 3 or 4 && value.Elements[0].Type == '$' && value.Elements[0].Value is "message" or "pmessage" or "smessage";
    }
}
