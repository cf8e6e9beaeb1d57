using System.Text;
using Carnelian.Protocol;
using Xunit;

namespace Carnelian.Tests.Protocol;

/// <summary>Takes everything out of an output queue, in pieces as a socket would.</summary>
internal static unsafe class OutputReader
{
    public static byte[] Peek(OutputQueue queue)
    {
        IoVector* vectors = stackalloc IoVector[1024];
        int count = queue.Fill(vectors, 1024, out nuint bytes);
        MemoryStream all = new();
        for (int i = 0; i < count; i++) all.Write(new ReadOnlySpan<byte>(vectors[i].Base, (int)vectors[i].Length));
        Assert.Equal((long)bytes, all.Length);
        return all.ToArray();
    }

    public static string Take(OutputQueue queue)
    {
        byte[] all = Peek(queue);
        Assert.Equal(queue.PendingBytes, all.Length);
        queue.Advance((nuint)all.Length);
        Assert.Equal(0, queue.MemoryBytes);
        return Encoding.Latin1.GetString(all);
    }

    public static byte[] TakeInPieces(OutputQueue queue, Random random, int maxPiece)
    {
        IoVector* vectors = stackalloc IoVector[4];
        MemoryStream all = new();
        while (!queue.IsEmpty)
        {
            int count = queue.Fill(vectors, random.Next(1, 5), out nuint bytes);
            long left = Math.Min((long)bytes, random.Next(1, maxPiece + 1));
            nuint sent = (nuint)left;
            for (int i = 0; i < count && left > 0; i++)
            {
                int take = (int)Math.Min((long)vectors[i].Length, left);
                all.Write(new ReadOnlySpan<byte>(vectors[i].Base, take));
                left -= take;
            }
            queue.Advance(sent);
            if (random.Next(3) == 0) queue.Compact();
        }
        return all.ToArray();
    }
}
