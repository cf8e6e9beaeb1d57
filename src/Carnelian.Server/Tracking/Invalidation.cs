using Carnelian.Server.PubSub;
using Carnelian.Storage;

namespace Carnelian.Server.Tracking;

/// <summary>The messages that tell clients which keys they have to forget.</summary>
internal static unsafe class Invalidation
{
    /// <summary>The RESP array of keys in a message.</summary>
    public static byte[] KeysOf(IReadOnlyCollection<byte[]> keys)
    {
        long length = RespText.CountLength(keys.Count) + keys.Sum(static key => (long)RespText.BulkLength(key));
        byte[] text = new byte[length];
        Span<byte> rest = RespText.WriteCount(text, (byte)'*', keys.Count);
        foreach (byte[] key in keys)
            rest = RespText.WriteBulk(rest, key);
        return text;
    }

    /// <summary>The RESP array of one key.</summary>
    public static byte[] KeysOf(ReadOnlySpan<byte> key)
    {
        byte[] text = new byte[RespText.CountLength(1) + RespText.BulkLength(key)];
        RespText.WriteBulk(RespText.WriteCount(text, (byte)'*', 1), key);
        return text;
    }

    /// <summary>What stands in the place of the keys if all are meant, in the version of RESP of the client that has read them.</summary>
    public static ReadOnlySpan<byte> Everything(int resp) => resp >= 3 ? "_\r\n"u8 : "$-1\r\n"u8;

    /// <summary>The message as a push of RESP3.</summary>
    public static StringBlock Push(ReadOnlySpan<byte> keys) => Join(">2\r\n$10\r\ninvalidate\r\n"u8, keys);

    /// <summary>The message as one of a channel, for a client of RESP2 that is subscribed to it.</summary>
    public static StringBlock ChannelMessage(ReadOnlySpan<byte> keys) => Join("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"u8, keys);

    /// <summary>Says that the client which heard of changes is gone.</summary>
    public static StringBlock RedirectBroken(long redirect) =>
        Join(">2\r\n$21\r\ntracking-redir-broken\r\n"u8, System.Text.Encoding.ASCII.GetBytes($":{redirect}\r\n"));

    private static StringBlock Join(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        StringBlock block = StringBlock.Create(head.Length + (long)tail.Length, head.Length + (long)tail.Length);
        head.CopyTo(new Span<byte>(block.Data, head.Length));
        tail.CopyTo(new Span<byte>(block.Data + head.Length, tail.Length));
        return block;
    }
}
