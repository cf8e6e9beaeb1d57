using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Server.Execution;

/// <summary>
/// Starts to load what the commands of a batch will look up inside of big values: members of sets and sorted sets, fields of hashes. The entries of
/// the keys are there by then; of each element named it asks for the bucket, and when all have been asked for, for the records.
/// </summary>
/// <remarks>
/// On the loop's thread, right before the batch runs. It looks at an entry under its shard's lock and asks for nothing it would have to wait
/// for. The second pass needs no lock: it reads buckets that may be stale, in memory that stays readable, and follows nothing.
/// </remarks>
internal static unsafe class ElementPrefetch
{
    /// <summary>Runs both passes over a batch.</summary>
    public static void Run(InputBatch batch, Keyspace keyspace)
    {
        Database database = batch.Database!;
        int count = batch.Parser.CommandCount, found = 0;
        ulong directory = 0;
        Argument* lastKey = null;
        for (int i = 0; i < count; i++)
        {
            CommandDefinition? command = batch.Definitions[i];
            if (command == null || command.FirstElement == 0)
                continue;
            ParsedCommand* parsed = batch.Parser.Commands + i;
            Argument* arguments = batch.Parser.Arguments + parsed->FirstArgument;
            Argument* key = arguments + command.FirstKey;
            if (parsed->ArgumentCount <= command.FirstElement || key->Hash == 0)
                continue;
            if (lastKey == null || lastKey->Hash != key->Hash)
            {
                // Commands of one batch often work on one key; another key with the same hash costs a prefetch in vain.
                lastKey = key;
                directory = DirectoryOf(database, keyspace, key);
            }
            if (directory == 0)
                continue;
            int step = command.ElementStep != 0 ? command.ElementStep : parsed->ArgumentCount;
            for (int k = command.FirstElement; k < parsed->ArgumentCount && found < InputBatch.MostKeys; k += step)
            {
                ulong hash = KeyHash.Compute(arguments[k].Data, arguments[k].Length);
                arguments[k].Hash = hash;
                batch.Hashes[found] = hash;
                batch.Words[found++] = TableLookup.PrefetchBucket(directory, hash);
            }
        }
        for (int i = 0; i < found; i++)
            TableLookup.PrefetchRecords(batch.Words[i], batch.Hashes[i]);
    }

    private static ulong DirectoryOf(Database database, Keyspace keyspace, Argument* key)
    {
        int shard = keyspace.ShardOf(key->Hash);
        if (!keyspace.Locks.TryAcquire(shard))
            return 0;
        Entry entry = database.Peek(new Key(key->Data, key->Length, key->Hash), now: 0);
        ulong directory = entry.Exists && entry.IsCollection ? CollectionType.Of(entry.Type).ElementDirectory(entry.Encoding, entry.Collection) : 0;
        keyspace.Locks.Release(shard);
        return directory;
    }
}
