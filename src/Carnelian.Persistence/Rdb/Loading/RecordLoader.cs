using System.Text;
using Carnelian.Memory;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Storage;
using Carnelian.Storage.Loading;

namespace Carnelian.Persistence.Rdb.Loading;

/// <summary>Reads keys with their values, and what stands before them, and adds them to a database, some at a time: their places in the tables are loaded ahead.</summary>
/// <remarks>One thread. Takes the lock of a key's shard for the adding alone, unless its caller has all.</remarks>
internal sealed unsafe class RecordLoader : IDisposable
{
    private const int GroupSize = 16;
    private const int LeastKeyBytes = 256;
    private const int MicrosecondsPerMillisecond = 1000;

    private readonly Keyspace _keyspace;
    private readonly RdbLoadOptions _options;
    private readonly LoadRules _rules;
    private readonly int _version;
    private readonly Waiting* _group;
    private int _count;
    private byte* _key;
    private int _keySize;
    private long _owedMicroseconds;
    private long _deadline = -1;
    private long _idle = -1;
    private int _frequency = -1;
    private bool _hasMetadata;

    public RecordLoader(Keyspace keyspace, RdbLoadOptions options, in LoadRules rules, int version)
    {
        _keyspace = keyspace;
        _options = options;
        _rules = rules;
        _version = version;
        Database = keyspace[0];
        _group = (Waiting*)NativeHeap.Allocate((nuint)(GroupSize * sizeof(Waiting)));
    }

    /// <summary>Where keys go. Changes only when none waits.</summary>
    public Database Database { get; set; }

    /// <summary>Whether what was read last belongs to the key that comes next.</summary>
    public bool IsInRecord { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
            KeyLoader.Free(_group[i].Entry);
        NativeHeap.Free((byte*)_group);
        NativeHeap.Free(_key);
    }

    /// <summary>Reads what follows an opcode or type that is none of the file's own.</summary>
    /// <returns>False if it cannot be read.</returns>
    public bool TryRead(ref RdbInput input, byte type)
    {
        IsInRecord = true;
        switch (type)
        {
            case RdbOpcode.ExpireSeconds:
                if (!input.TryReadInt32(out int seconds))
                    return false;
                _deadline = seconds * 1000L;
                return true;
            case RdbOpcode.ExpireMilliseconds:
                return input.TryReadInt64(out _deadline);
            case RdbOpcode.Frequency:
                if (!input.TryReadByte(out byte frequency))
                    return false;
                _frequency = frequency;
                return true;
            case RdbOpcode.Idle:
                if (!input.TryReadLength(out ulong idle))
                    return false;
                _idle = (long)Math.Min(idle, int.MaxValue);
                return true;
            case RdbOpcode.RedisKeyMetadata when _rules.Dialect == RdbDialect.Redis:
                return _hasMetadata = ModuleReader.TrySkipMetadata(ref input, _options.SkipsModules);
        }
        bool isRead = TryReadKey(ref input, type);
        _deadline = _idle = _frequency = -1;
        _hasMetadata = false;
        IsInRecord = false;
        return isRead;
    }

    /// <summary>Adds the keys that wait.</summary>
    public bool TryFlush(ref RdbInput input)
    {
        // The loops have nothing to do meanwhile, so that they do not see to it that there is memory ahead.
        NativeHeap.Prepare();
        for (int i = 0; i < _count; i++)
            Database.PrefetchSlot(_group[i].Hash);
        for (int i = 0; i < _count; i++)
            KeyLoader.Prefetch(Database, _group[i].Hash);
        bool isAdded = true;
        int done = 0;
        for (; done < _count && isAdded; done++)
            isAdded = TryAdd(ref input, _group[done]);
        for (int i = done; i < _count; i++)
            KeyLoader.Free(_group[i].Entry);
        _options.Progress.AddKeys(isAdded ? done : done - 1);
        _count = 0;
        return isAdded;
    }

    private bool TryReadKey(ref RdbInput input, byte type)
    {
        if (!RdbVersion.HasType(_rules.Dialect, type))
        {
            return input.Fail(RdbFailure.UnknownType, RdbVersion.IsForeign(_version)
                ? $"Can't handle foreign type or opcode {type} in RDB with version {_version}"
                : "Unknown type or opcode when loading DB. Unrecoverable error, aborting now.");
        }
        if (!input.TryReadString(out byte* name, out int length))
            return false;
        if (input.IsTransient(name))
            KeepKey(ref name, length);
        var key = new Key(name, length);
        if (type == RdbType.Module2 && _options.SkipsModules)
            return TrySkipModule(ref input, key);
        if (_hasMetadata)
            LeaveMetadata(key);
        if (!RdbValueReader.TryRead(ref input, type, _rules, out LoadedValue value))
            return TryForgive(ref input, type, key);
        if (_deadline >= 0 && _deadline < _options.Now && _options.DropsExpired)
        {
            value.Free();
            _options.Progress.AddExpired(1);
            return true;
        }
        if (_options.Sink is { } sink)
        {
            sink.Take(key, value, _deadline, _idle, _frequency);
            _options.Progress.AddKeys(1);
            return true;
        }
        _group[_count++] = new Waiting { Entry = KeyLoader.MakeEntry(key, value, _deadline, AccessBits()), Hash = key.Hash };
        return (_count < GroupSize && _options.KeyDelayMicroseconds == 0) || TryFlush(ref input);
    }

    /// <summary>Has a key stay while its value is read.</summary>
    private void KeepKey(ref byte* name, int length)
    {
        if (length > _keySize)
        {
            NativeHeap.Free(_key);
            _keySize = Math.Max(length, LeastKeyBytes);
            _key = NativeHeap.Allocate((nuint)_keySize);
        }
        Buffer.MemoryCopy(name, _key, length, length);
        name = _key;
    }

    private bool TryAdd(ref RdbInput input, in Waiting waiting)
    {
        int shard = _keyspace.ShardOf(waiting.Hash);
        // Whoever holds all locks loads with one thread.
        if (!_options.HoldsAllLocks)
            _keyspace.Locks.Acquire(shard);
        bool isAdded = KeyLoader.TryAdd(Database, waiting.Entry, waiting.Hash);
        if (!isAdded && _options.Replaces)
        {
            Database.Delete(new Key(waiting.Entry.KeyData, waiting.Entry.KeyLength, waiting.Hash), 0, isLazy: false);
            isAdded = KeyLoader.TryAdd(Database, waiting.Entry, waiting.Hash);
        }
        if (!_options.HoldsAllLocks)
            _keyspace.Locks.Release(shard);
        if (_options.KeyDelayMicroseconds != 0)
            Delay();
        if (isAdded)
            return true;
        _options.Log(true, $"RDB has duplicated key '{Shown(waiting.Entry.Key)}' in DB {Database.Index}");
        KeyLoader.Free(waiting.Entry);
        return input.Corrupt($"Duplicated key found in RDB file");
    }

    private void Delay()
    {
        int delay = _options.KeyDelayMicroseconds;
        _owedMicroseconds += delay > 0 ? delay : Random.Shared.Next(-delay) == 0 ? 1 : 0;
        if (_owedMicroseconds < MicrosecondsPerMillisecond)
            return;
        Thread.Sleep((int)(_owedMicroseconds / MicrosecondsPerMillisecond));
        _owedMicroseconds %= MicrosecondsPerMillisecond;
    }

    private int AccessBits()
    {
        AccessClock clock = _keyspace.Access;
        if (clock.CountsFrequency)
            return _frequency >= 0 ? AccessClock.BitsForFrequency(_frequency, _options.Now) : clock.Fresh(_options.Now);
        return _idle >= 0 ? AccessClock.BitsForIdle(_idle, _options.Now) : clock.Fresh(_options.Now);
    }

    /// <summary>Leaves a key out whose value has no elements.</summary>
    private bool TryForgive(ref RdbInput input, byte type, in Key key)
    {
        if (input.Failure == RdbFailure.Module)
            _options.Log(true, $"Key '{Shown(key)}' in DB {Database.Index} is of a module{(type == RdbType.Module2 ? "; 'rdb-skip-unknown-modules yes' would leave it out" : "")}");
        if (!input.TryForgive(RdbFailure.Empty))
            return false;
        if (type == RdbType.ValkeyHash2 && _rules.Dialect == RdbDialect.Valkey)
        {
            _options.Progress.AddExpiredHash();
            return true;
        }
        _options.Progress.AddEmpty();
        _options.Log(false, _options.ShowsKeys ? $"rdbLoadObject skipping empty key: {Shown(key)}" : "rdbLoadObject skipping empty key");
        return true;
    }

    private bool TrySkipModule(ref RdbInput input, in Key key)
    {
        if (!input.TryReadLength(out ulong id) || !ModuleReader.TrySkip(ref input))
            return false;
        _options.Progress.AddSkipped();
        _options.Sink?.Skip(key, ModuleReader.NameOf(id));
        _options.Log(true, $"Skipping key '{Shown(key)}' of module type '{ModuleReader.NameOf(id)}', which nobody here knows");
        return true;
    }

    private void LeaveMetadata(in Key key)
    {
        _options.Sink?.LoseMetadata(key);
        _options.Log(true, $"Skipping what modules keep beside key '{Shown(key)}': nobody here knows them");
    }

    private string Shown(in Key key) => _options.ShowsKeys ? Encoding.UTF8.GetString(key.Bytes) : "*redacted*";

    /// <summary>A key that was read and not added yet.</summary>
    private struct Waiting
    {
        public Entry Entry;
        public ulong Hash;
    }
}
