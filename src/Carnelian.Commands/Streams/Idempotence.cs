using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>The part of XADD that keeps a message from being added twice: IDMP and IDMPAUTO.</summary>
internal static class Idempotence
{
    private const int HashBytes = 32;

    [ThreadStatic]
    private static IncrementalHash? t_sha;

    /// <summary>Checks the producer's and the message's id, or writes the error.</summary>
    public static bool Check(scoped ref CommandContext ctx, in AddOptions options)
    {
        if (options.HasId)
        {
            ctx.Reply.Error("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs"u8);
            return false;
        }
        if (ctx.Arg(options.Producer).IsEmpty)
        {
            ctx.Reply.Error(options.Message != 0 ? "ERR IDMP requires a non-empty producer ID"u8 : "ERR IDMPAUTO requires a non-empty producer ID"u8);
            return false;
        }
        if (options.Message != 0 && ctx.Arg(options.Message).IsEmpty)
        {
            ctx.Reply.Error("ERR IDMP requires a non-empty idempotent ID"u8);
            return false;
        }
        return true;
    }

    /// <summary>If the message was added before, writes the id that it got then.</summary>
    public static bool TryAnswer(scoped ref CommandContext ctx, StreamValue stream, in AddOptions options)
    {
        if (!stream.Exists || !stream.Idempotency.Exists)
            return false;
        IdempotencyMap map = stream.Idempotency;
        map.Expire(ctx.Now);
        Span<byte> hash = stackalloc byte[HashBytes];
        ReadOnlySpan<byte> message = options.Message != 0 ? ctx.Arg(options.Message) : hash;
        if (options.Message == 0)
            Hash(ref ctx, options.Fields, hash);
        if (!map.TryFind(ctx.Arg(options.Producer), message, out StreamId id))
            return false;
        map.Duplicates++;
        StreamAccess.WriteId(ref ctx, id);
        return true;
    }

    /// <summary>Notes the entry that a message has become.</summary>
    public static void Note(scoped ref CommandContext ctx, StreamValue stream, in AddOptions options, StreamId id)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        ReadOnlySpan<byte> message = options.Message != 0 ? ctx.Arg(options.Message) : hash;
        if (options.Message == 0)
            Hash(ref ctx, options.Fields, hash);
        stream.GetIdempotency(ctx.Services.Limits.IdempotencySeconds, ctx.Services.Limits.IdempotencyIds)
            .Add(ctx.Arg(options.Producer), message, id, ctx.Now);
        // An entry that was trimmed at once leaves nothing to note.
        if (ctx.Effects != null && stream.Contains(id))
            StreamEffects.AddMessage(ref ctx, ctx.Arg(options.Producer), message, id);
    }

    /// <summary>The id of a message without one: the sum of the hashes of its fields with their values, in which their order does not matter.</summary>
    private static void Hash(scoped ref CommandContext ctx, int first, scoped Span<byte> hash)
    {
        IncrementalHash sha = t_sha ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        Span<ulong> pair = stackalloc ulong[HashBytes / sizeof(ulong)];
        Span<ulong> sum = MemoryMarshal.Cast<byte, ulong>(hash);
        sum.Clear();
        for (int i = first; i < ctx.ArgCount; i += 2)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, ctx.Arg(i).Length);
            sha.AppendData(length);
            sha.AppendData(ctx.Arg(i));
            sha.AppendData(ctx.Arg(i + 1));
            sha.GetHashAndReset(MemoryMarshal.AsBytes(pair));
            for (int word = 0; word < pair.Length; word++)
                sum[word] = unchecked(sum[word] + pair[word]);
        }
    }
}
