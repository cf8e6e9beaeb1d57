using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>
/// The longest common subsequence of two strings. A table holds its length for every pair of prefixes; walking back from the
/// last pair gives the bytes and the ranges, the last range first.
/// </summary>
public static unsafe class LcsCommand
{
    [Command("LCS", Arity = -3, Group = CommandGroup.String, Since = "7.0.0", Complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
        Summary = "Finds the longest common subsequence of two strings.",
        Flags = ReadOnly,
        Keys = "RO access @1..1",
        Arguments = "key1:key, key2:key, [LEN], [IDX], [MINMATCHLEN min-match-len:integer], [WITHMATCHLEN]")]
    public static void Lcs(scoped ref CommandContext ctx)
    {
        Entry first = ctx.Find(ctx.Key(1));
        Entry second = ctx.Find(ctx.Key(2));
        if ((first.Exists && first.Type != Storage.ValueType.String) || (second.Exists && second.Type != Storage.ValueType.String))
        {
            ctx.Reply.Error("ERR The specified keys must contain string values"u8);
            return;
        }
        bool wantsLength = false, wantsRanges = false, wantsMatchLength = false;
        long least = 0;
        for (int i = 3; i < ctx.ArgCount; i++)
        {
            if (ctx.ArgIs(i, "idx"u8))
            {
                wantsRanges = true;
            }
            else if (ctx.ArgIs(i, "len"u8))
            {
                wantsLength = true;
            }
            else if (ctx.ArgIs(i, "withmatchlen"u8))
            {
                wantsMatchLength = true;
            }
            else if (ctx.ArgIs(i, "minmatchlen"u8) && i + 1 < ctx.ArgCount)
            {
                if (!ctx.TryInteger(++i, out least))
                    return;
            }
            else
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        if (wantsRanges && wantsLength)
        {
            ctx.Reply.Error("ERR If you want both the length and indexes, please just use IDX."u8);
            return;
        }
        ReadOnlySpan<byte> a = StringValue.Bytes(first, stackalloc byte[20]);
        ReadOnlySpan<byte> b = StringValue.Bytes(second, stackalloc byte[20]);
        UInt128 bytes = (UInt128)(a.Length + 1L) * (UInt128)(b.Length + 1L) * sizeof(int);
        if (bytes > (UInt128)ctx.Services.MaxStringLength)
        {
            ctx.Reply.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"u8);
            return;
        }
        int* table = (int*)NativeHeap.Allocate((nuint)bytes);
        Fill(table, a, b);
        int length = table[((long)(a.Length + 1) * (b.Length + 1)) - 1];
        if (wantsLength)
            ctx.Reply.Integer(length);
        else if (wantsRanges)
            WriteRanges(ctx.Reply, table, a, b, least, wantsMatchLength);
        else
            WriteBytes(ctx.Reply, table, a, b, length);
        NativeHeap.Free((byte*)table);
    }

    private static void Fill(int* table, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        long width = b.Length + 1;
        new Span<byte>(table, checked((int)width * sizeof(int))).Clear();
        for (int i = 1; i <= a.Length; i++)
        {
            int* row = table + (i * width);
            int* above = row - width;
            row[0] = 0;
            for (int j = 1; j <= b.Length; j++)
                row[j] = a[i - 1] == b[j - 1] ? above[j - 1] + 1 : Math.Max(above[j], row[j - 1]);
        }
    }

    private static void WriteBytes(ReplyWriter reply, int* table, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int length)
    {
        byte* result = NativeHeap.Allocate((nuint)length + 1);
        long width = b.Length + 1;
        int i = a.Length, j = b.Length, left = length;
        while (i > 0 && j > 0)
        {
            if (a[i - 1] == b[j - 1])
            {
                result[--left] = a[--i];
                j--;
            }
            else if (table[((i - 1) * width) + j] > table[(i * width) + j - 1])
            {
                i--;
            }
            else
            {
                j--;
            }
        }
        reply.Bulk(result, length);
        NativeHeap.Free(result);
    }

    private static void WriteRanges(ReplyWriter reply, int* table, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, long least, bool wantsLength)
    {
        long width = b.Length + 1;
        reply.Map(2);
        reply.Bulk("matches"u8);
        DeferredLength matches = reply.BeginDeferred();
        int i = a.Length, j = b.Length, run = 0, count = 0;
        while (i > 0 && j > 0)
        {
            if (a[i - 1] == b[j - 1])
            {
                run++;
                i--;
                j--;
                continue;
            }
            count += WriteRange(reply, i, j, run, least, wantsLength);
            run = 0;
            if (table[((i - 1) * width) + j] > table[(i * width) + j - 1])
                i--;
            else
                j--;
        }
        count += WriteRange(reply, i, j, run, least, wantsLength);
        reply.EndArray(matches, count);
        reply.Bulk("len"u8);
        reply.Integer(table[((long)(a.Length + 1) * (b.Length + 1)) - 1]);
    }

    private static int WriteRange(ReplyWriter reply, int a, int b, int length, long least, bool wantsLength)
    {
        if (length == 0 || length < least)
            return 0;
        reply.Array(wantsLength ? 3 : 2);
        reply.Array(2);
        reply.Integer(a);
        reply.Integer(a + length - 1);
        reply.Array(2);
        reply.Integer(b);
        reply.Integer(b + length - 1);
        if (wantsLength)
            reply.Integer(length);
        return 1;
    }
}
