using Carnelian.Storage.Streams;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads what a stream knows of its producers, so that a message that is sent again is not added again.</summary>
/// <remarks>
/// Layout, all numbers as lengths: how long ids are kept in seconds, how many for a producer, the producers: name, messages, each with its id and the entry
/// that it became; how many messages were added in the stream's life, and how many were not because they had been before. A message is as old as its entry.
/// </remarks>
internal static class ProducerReader
{
    // What a stream has whose keeper has not chosen anything: it needs no memory of its own.
    private const ulong UsualSeconds = 100;
    private const ulong UsualIds = 100;

    /// <summary>Reads it into a stream.</summary>
    public static bool TryRead(ref RdbInput input, StreamValue stream, long now)
    {
        if (!input.TryReadLength(out ulong seconds) || !input.TryReadLength(out ulong ids))
            return false;
        if (seconds > (ulong)IdempotencyMap.MostSeconds || ids > (ulong)IdempotencyMap.MostIds)
            return input.Corrupt("Stream IDMP configuration out of range");
        var messages = new List<Message>();
        if (!TryReadProducers(ref input, messages) || !input.TryReadLength(out ulong added) || !input.TryReadLength(out ulong duplicates))
            return false;
        if (messages.Count == 0 && added == 0 && duplicates == 0 && seconds is 0 or UsualSeconds && ids is 0 or UsualIds)
            return true;
        if (seconds == 0 || ids == 0)
            return input.Corrupt("Stream IDMP configuration out of range");
        IdempotencyMap map = stream.GetIdempotency((long)seconds, (long)ids);
        messages.Sort(static (one, other) => StreamId.Compare(one.Entry, other.Entry));
        foreach (Message message in messages)
        {
            if (map.TryFind(message.Producer, message.Id, out _))
                return input.Corrupt("Duplicated IDMP entry");
            map.Add(message.Producer, message.Id, message.Entry, (long)Math.Min(message.Entry.Milliseconds, (ulong)now));
        }
        map.SetCounters((long)Math.Min(added, long.MaxValue), (long)Math.Min(duplicates, long.MaxValue));
        return true;
    }

    private static bool TryReadProducers(ref RdbInput input, List<Message> messages)
    {
        if (!input.TryReadCount(out long producers))
            return false;
        for (; producers > 0; producers--)
        {
            if (!TryReadName(ref input, out byte[] producer) || !input.TryReadCount(out long count))
                return false;
            for (; count > 0; count--)
            {
                if (!TryReadName(ref input, out byte[] id) || !StreamReader.TryReadIdNumbers(ref input, out StreamId entry))
                    return false;
                messages.Add(new Message(producer, id, entry));
            }
        }
        return true;
    }

    private static bool TryReadName(ref RdbInput input, out byte[] name)
    {
        bool isRead = input.TryReadString(out ReadOnlySpan<byte> text);
        name = text.ToArray();
        return isRead;
    }

    private readonly record struct Message(byte[] Producer, byte[] Id, StreamId Entry);
}
