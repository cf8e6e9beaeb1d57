using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Carnelian.Storage;

namespace Carnelian.Server.Commands.Administration;

/// <summary>
/// The digest of DEBUG DIGEST: 20 bytes that are the same for two servers with the same data, Valkey's included. Parts whose order means
/// something are mixed in (combined with the SHA-1 of the part, then hashed again); the hashes of those without an order are combined by XOR.
/// </summary>
[SuppressMessage("Security", "CA5350", Justification = "A checksum that other servers compute the same way; it protects nothing.")]
internal struct DatasetDigest
{
    private const int Size = 20;

    private Bytes _bytes;

    /// <summary>The digest of a key's value and of whether it expires; the key's name is not in it.</summary>
    public static DatasetDigest OfValue(Entry entry)
    {
        DatasetDigest digest = default;
        digest.MixValue(entry);
        return digest;
    }

    /// <summary>The digest of all databases. Under all locks.</summary>
    public static DatasetDigest OfAll(Keyspace keyspace, long now)
    {
        DatasetDigest all = default;
        Span<byte> number = stackalloc byte[sizeof(int)];
        RecordList records = default;
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            if (keyspace[i].Count == 0)
                continue;
            BinaryPrimitives.WriteInt32BigEndian(number, i);
            all.Mix(number);
            for (int shard = 0; shard < keyspace.ShardCount; shard++)
            {
                for (long position = 0; position >= 0;)
                {
                    records.Clear();
                    keyspace[i].Collect(shard, ref position, ref records);
                    for (int k = 0; k < records.Count; k++)
                        all.AddKey(records, k, now);
                }
            }
        }
        records.Dispose();
        return all;
    }

    /// <inheritdoc/>
    public override readonly string ToString() => Convert.ToHexStringLower(_bytes);

    private unsafe void AddKey(in RecordList records, int index, long now)
    {
        var entry = new Entry(records[index]);
        if (entry.HasDeadline && entry.Deadline < now)
            return;
        DatasetDigest key = default;
        key.Mix(entry.KeyBytes);
        key.MixValue(entry);
        XorHash(key._bytes);
    }

    private void MixValue(Entry entry)
    {
        Span<byte> type = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(type, entry.Type == Storage.ValueType.Stream ? DebugStreams.TypeNumber : (int)entry.Type);
        Mix(type);
        switch (entry.Type)
        {
            case Storage.ValueType.List:
                DebugLists.Mix(ref this, entry);
                break;
            case Storage.ValueType.Set:
                DebugSets.Mix(ref this, entry);
                break;
            case Storage.ValueType.Hash:
                DebugHashes.Mix(ref this, entry);
                break;
            case Storage.ValueType.SortedSet:
                DebugSortedSets.Mix(ref this, entry);
                break;
            case Storage.ValueType.Stream:
                DebugStreams.Mix(ref this, entry);
                break;
            default:
                MixString(entry);
                break;
        }
        if (entry.HasDeadline)
            XorHash("!!expire!!"u8);
    }

    private void MixString(Entry entry)
    {
        if (entry.Encoding == ValueEncoding.Integer)
            Mix(Encoding.ASCII.GetBytes(entry.Integer.ToString(CultureInfo.InvariantCulture)));
        else
            Mix(entry.StringBytes);
    }

    /// <summary>Mixes a part in whose place among the others means something.</summary>
    internal void Mix(scoped ReadOnlySpan<byte> part)
    {
        XorHash(part);
        Span<byte> hash = stackalloc byte[Size];
        SHA1.HashData(_bytes, hash);
        hash.CopyTo(_bytes);
    }

    /// <summary>Adds the hash of a part whose place among the others means nothing.</summary>
    internal void XorHash(scoped ReadOnlySpan<byte> part)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA1.HashData(part, hash);
        Xor(hash);
    }

    /// <summary>Adds a digest of several parts as one part whose place means nothing.</summary>
    internal void XorHash(scoped in DatasetDigest part) => XorHash(part._bytes);

    private void Xor(scoped ReadOnlySpan<byte> other)
    {
        Span<byte> own = _bytes;
        for (int i = 0; i < Size; i++)
            own[i] ^= other[i];
    }

    [System.Runtime.CompilerServices.InlineArray(Size)]
    private struct Bytes
    {
        private byte _first;
    }
}
