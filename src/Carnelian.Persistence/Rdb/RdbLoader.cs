using System.Globalization;
using System.Text;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Storage;
using Carnelian.Storage.Loading;
using Carnelian.Text;

namespace Carnelian.Persistence.Rdb;

/// <summary>Loads a file into a keyspace.</summary>
/// <remarks>
/// Its caller's thread. A key is added under the lock of its shard, which nobody needs to hold before; values are read without. What was loaded
/// before an error stays: the caller ends the server, or clears the databases.
/// </remarks>
public sealed unsafe class RdbLoader
{
    private const int MagicBytes = 9;
    private const int FirstVersionWithChecksum = 5;

    private readonly Keyspace _keyspace;
    private readonly RdbLoadOptions _options;
    private readonly LoadProgress _progress;
    private Database _database;
    private LoadRules _rules;
    private int _version;
    private long _deadline = -1;
    private long _idle = -1;
    private int _frequency = -1;

    /// <summary>Makes a loader for one file.</summary>
    public RdbLoader(Keyspace keyspace, RdbLoadOptions options)
    {
        _keyspace = keyspace;
        _options = options;
        _progress = options.Progress;
        _database = keyspace[0];
    }

    /// <summary>Loads what a source has, up to the end mark of the format.</summary>
    /// <param name="source">The source. More than the file may have been read of it.</param>
    /// <param name="length">How many bytes the file has had.</param>
    public RdbLoadOutcome Load(RdbSource source, out long length)
    {
        var input = new RdbInput(source);
        try
        {
            RdbLoadOutcome outcome = !TryReadHeader(ref input) ? RdbLoadOutcome.Refused : LoadRecords(ref input);
            length = input.Offset;
            return outcome;
        }
        catch (IOException e)
        {
            _options.Log(true, $"Error reading the RDB file: {e.Message}");
            length = input.Offset;
            return RdbLoadOutcome.Refused;
        }
        finally
        {
            input.Dispose();
        }
    }

    private bool TryReadHeader(ref RdbInput input)
    {
        if (!input.TryReadBytes(MagicBytes, out ReadOnlySpan<byte> magic))
            return WarnShort();
        bool isValkey = magic.StartsWith("VALKEY"u8);
        if ((!isValkey && !magic.StartsWith("REDIS"u8)) || !AsciiNumber.TryParseInt64(magic[(isValkey ? 6 : 5)..].TrimStart((byte)'0'), out long version))
        {
            _options.Log(true, "Wrong signature trying to load DB from file");
            return false;
        }
        _version = (int)version;
        bool isForeign = isValkey != (version >= RdbVersion.FirstValkey);
        if (!_options.TriesUnknownVersions && (isForeign || !RdbVersion.IsKnown(_version)))
        {
            _options.Log(true, $"Can't handle RDB format version {version}");
            return false;
        }
        _rules = new LoadRules(RdbVersion.DialectOf(_version), _options.Limits, _options.Now, _options.DropsExpired);
        return true;
    }

    private RdbLoadOutcome LoadRecords(ref RdbInput input)
    {
        while (input.TryReadByte(out byte type))
        {
            bool isRead;
            switch (type)
            {
                case RdbOpcode.End:
                    return CheckSum(ref input);
                case RdbOpcode.ExpireSeconds:
                    isRead = input.TryReadInt32(out int seconds);
                    _deadline = seconds * 1000L;
                    break;
                case RdbOpcode.ExpireMilliseconds:
                    isRead = input.TryReadInt64(out _deadline);
                    break;
                case RdbOpcode.Frequency:
                    isRead = input.TryReadByte(out byte frequency);
                    _frequency = frequency;
                    break;
                case RdbOpcode.Idle:
                    isRead = input.TryReadLength(out ulong idle);
                    _idle = (long)Math.Min(idle, int.MaxValue);
                    break;
                case RdbOpcode.SelectDatabase:
                    isRead = TrySelect(ref input);
                    break;
                case RdbOpcode.ResizeDatabase:
                    ulong volatileKeys = 0;
                    isRead = input.TryReadLength(out ulong keys) && input.TryReadLength(out volatileKeys);
                    if (isRead)
                        _options.Sink?.Size(keys, volatileKeys);
                    break;
                case RdbOpcode.Aux:
                    isRead = TryReadAux(ref input);
                    break;
                case RdbOpcode.Function2:
                    isRead = TryReadFunction(ref input);
                    break;
                case RdbOpcode.FunctionPreview:
                    isRead = input.Fail(RdbFailure.UnknownType, "Pre-release function format not supported.");
                    break;
                case RdbOpcode.ModuleAux:
                    isRead = TryReadModuleAux(ref input);
                    break;
                case RdbOpcode.SlotInfo:
                    isRead = input.TryReadLength(out _) && input.TryReadLength(out _) && input.TryReadLength(out _);
                    break;
                case RdbOpcode.ValkeySlotImport when _rules.Dialect == RdbDialect.Valkey:
                    isRead = TrySkipSlotImport(ref input);
                    break;
                default:
                    isRead = TryReadKey(ref input, type);
                    _deadline = _idle = _frequency = -1;
                    break;
            }
            if (!isRead)
                break;
            _progress.LoadedBytes = input.Offset;
        }
        return Report(ref input);
    }

    private bool TryReadKey(ref RdbInput input, byte type)
    {
        if (!IsKnownType(type))
            return input.Fail(RdbFailure.UnknownType, RdbVersion.IsForeign(_version)
                ? $"Can't handle foreign type or opcode {type} in RDB with version {_version}"
                : "Unknown type or opcode when loading DB. Unrecoverable error, aborting now.");
        if (!input.TryReadString(out byte* name, out int length))
            return false;
        byte[]? kept = null;
        input.Keep(ref name, length);
        if (type is RdbType.Module or RdbType.Module2 || length > 1024 * 1024)
        {
            // Other strings are kept while such a value is read.
            kept = new ReadOnlySpan<byte>(name, length).ToArray();
        }
        fixed (byte* copy = kept)
            return TryReadValue(ref input, type, kept == null ? new Key(name, length) : new Key(copy, length));
    }

    private bool TryReadValue(ref RdbInput input, byte type, in Key key)
    {
        if (type is RdbType.Module2 && _options.SkipsModules)
            return TrySkipModule(ref input, key);
        // Values keep strings too: what the key needs of its own is copied.
        int room = key.Length <= 512 ? key.Length : 0;
        byte* small = stackalloc byte[room + 1];
        byte[]? large = room == 0 && key.Length != 0 ? key.Bytes.ToArray() : null;
        fixed (byte* heap = large)
        {
            byte* name = large == null ? small : heap;
            key.Bytes.CopyTo(new Span<byte>(name, key.Length));
            return TryAdd(ref input, type, new Key(name, key.Length, key.Hash));
        }
    }

    private bool TryAdd(ref RdbInput input, byte type, in Key key)
    {
        if (!RdbValueReader.TryRead(ref input, type, _rules, out LoadedValue value))
            return SkipsEmpty(ref input, type, key);
        if (_deadline >= 0 && _deadline < _options.Now && _options.DropsExpired)
        {
            value.Free();
            _progress.AddExpired(1);
            return true;
        }
        if (_options.Sink is { } sink)
        {
            sink.Take(key, value, _deadline, _idle, _frequency);
            _progress.AddKeys(1);
            return true;
        }
        int shard = _keyspace.ShardOf(key.Hash);
        if (!_options.HoldsAllLocks)
            _keyspace.Locks.Acquire(shard);
        bool isAdded = KeyLoader.TryAdd(_database, key, value, _deadline, AccessBits());
        if (!isAdded && _options.Replaces)
        {
            _database.Delete(key, 0, isLazy: false);
            isAdded = KeyLoader.TryAdd(_database, key, value, _deadline, AccessBits());
        }
        if (!_options.HoldsAllLocks)
            _keyspace.Locks.Release(shard);
        if (isAdded)
        {
            _progress.AddKeys(1);
            if (_options.KeyDelayMicroseconds > 0)
                Thread.Sleep(TimeSpan.FromMicroseconds(_options.KeyDelayMicroseconds));
            return true;
        }
        value.Free();
        return input.Corrupt($"RDB has duplicated key '{Shown(key)}' in DB {_database.Index}");
    }

    private int AccessBits()
    {
        AccessClock clock = _keyspace.Access;
        if (clock.CountsFrequency)
            return _frequency >= 0 ? AccessClock.BitsForFrequency(_frequency, _options.Now) : clock.Fresh(_options.Now);
        return _idle >= 0 ? AccessClock.BitsForIdle(_idle, _options.Now) : clock.Fresh(_options.Now);
    }

    /// <summary>Leaves a key out whose value is empty.</summary>
    private bool SkipsEmpty(ref RdbInput input, byte type, in Key key)
    {
        if (input.Failure == RdbFailure.Module)
            return input.Fail(RdbFailure.Module, "");
        if (!input.TryForgive(RdbFailure.Empty))
            return false;
        if (type is RdbType.ValkeyHash2 && _rules.Dialect == RdbDialect.Valkey)
        {
            _progress.AddExpiredHash();
            return true;
        }
        _progress.AddEmpty();
        _options.Log(false, _options.ShowsKeys ? $"rdbLoadObject skipping empty key: {Shown(key)}" : "rdbLoadObject skipping empty key");
        return true;
    }

    private bool TrySkipModule(ref RdbInput input, in Key key)
    {
        if (!input.TryReadLength(out ulong id) || !ModuleReader.TrySkip(ref input))
            return false;
        _progress.AddSkipped();
        _options.Sink?.Skip(key, ModuleReader.NameOf(id));
        _options.Log(true, $"Skipping key '{Shown(key)}' of module type '{ModuleReader.NameOf(id)}', which nobody here knows");
        return true;
    }

    private bool TrySelect(ref RdbInput input)
    {
        if (!input.TryReadLength(out ulong index))
            return false;
        if (_options.Sink is { } sink)
        {
            sink.Select(index);
            return true;
        }
        if (index >= (ulong)_keyspace.DatabaseCount)
            return input.Fail(RdbFailure.UnknownType, $"FATAL: Data file was created with a Carnelian server configured to handle more than {_keyspace.DatabaseCount} databases. Exiting");
        _database = _keyspace[(int)index];
        return true;
    }

    private bool TryReadAux(ref RdbInput input)
    {
        if (!input.TryReadString(out ReadOnlySpan<byte> name))
            return false;
        string key = Encoding.Latin1.GetString(name);
        if (!input.TryReadString(out ReadOnlySpan<byte> text))
            return false;
        string value = Encoding.Latin1.GetString(text);
        switch (key)
        {
            case "redis-ver":
            case "valkey-ver":
                _options.Log(false, $"Loading RDB produced by {(key[0] == 'r' ? "Redis" : "Valkey")} version {value}");
                break;
            case "ctime" when long.TryParse(value, CultureInfo.InvariantCulture, out long created):
                _options.Log(false, $"RDB age {Math.Max(_options.Now / 1000 - created, 0)} seconds");
                break;
            case "used-mem" when long.TryParse(value, CultureInfo.InvariantCulture, out long used):
                _progress.UsedMemory = used;
                _options.Log(false, string.Create(CultureInfo.InvariantCulture, $"RDB memory usage when created {used / (1024.0 * 1024):F2} Mb"));
                break;
            case "aof-preamble" when value == "1":
                _options.Log(false, "RDB has an AOF tail");
                break;
            case "aof-base" when value == "1":
                _options.Log(false, "RDB is base AOF");
                break;
        }
        _options.Aux?.Invoke(key, value);
        return true;
    }

    private bool TryReadFunction(ref RdbInput input)
    {
        if (!input.TryReadString(out ReadOnlySpan<byte> library))
            return false;
        _options.Function?.Invoke(library.ToArray());
        return true;
    }

    private bool TryReadModuleAux(ref RdbInput input)
    {
        if (!input.TryReadLength(out ulong id) || !input.TryReadLength(out _) || !input.TryReadLength(out _))
            return false;
        if (!_options.SkipsModules)
            return input.Fail(RdbFailure.Module, $"The RDB file contains AUX module data I can't load: no matching module '{ModuleReader.NameOf(id)}'");
        _options.Log(true, $"Skipping the data of module '{ModuleReader.NameOf(id)}', which nobody here knows");
        return ModuleReader.TrySkip(ref input);
    }

    /// <summary>A slot that was being imported: a job's name and the ranges. What was imported so far comes as keys.</summary>
    private static bool TrySkipSlotImport(ref RdbInput input)
    {
        if (!input.TrySkipString() || !input.TryReadCount(out long ranges))
            return false;
        for (; ranges > 0; ranges--)
        {
            if (!input.TryReadLength(out _) || !input.TryReadLength(out _))
                return false;
        }
        return true;
    }

    private bool IsKnownType(byte type) =>
        type <= RdbType.StreamListPacks3 && type != 8
        || (_rules.Dialect == RdbDialect.Valkey ? type == RdbType.ValkeyHash2 : type is >= RdbType.RedisHashMetadataPreview and <= RdbType.RedisHashListPackEx);

    private RdbLoadOutcome CheckSum(ref RdbInput input)
    {
        if (_version < FirstVersionWithChecksum)
            return RdbLoadOutcome.Loaded;
        ulong sum = input.Sum;
        if (!input.TryReadInt64(out long stored))
            return Report(ref input);
        if (!_options.ChecksSum)
            return RdbLoadOutcome.Loaded;
        if (stored == 0)
        {
            _options.Log(false, "RDB file was saved with checksum disabled: no check performed.");
        }
        else if ((ulong)stored != sum)
        {
            _options.Log(true, $"Wrong RDB checksum expected: ({sum:x}) but got ({(ulong)stored:x}). Aborting now.");
            _ = input.Corrupt("RDB CRC error");
            return Report(ref input);
        }
        return RdbLoadOutcome.Loaded;
    }

    private RdbLoadOutcome Report(ref RdbInput input)
    {
        switch (input.Failure)
        {
            case RdbFailure.Corrupt:
                _options.Log(true, $"Internal error in RDB reading offset {input.Offset} -> {input.Detail}");
                return RdbLoadOutcome.Corrupt;
            case RdbFailure.ShortRead or RdbFailure.TooLong:
                _ = WarnShort();
                return RdbLoadOutcome.Refused;
            default:
                _options.Log(true, input.Detail);
                return RdbLoadOutcome.Refused;
        }
    }

    private bool WarnShort()
    {
        _options.Log(true, "Short read or OOM loading DB. Unrecoverable error, aborting now.");
        return false;
    }

    private string Shown(in Key key) => _options.ShowsKeys ? Encoding.UTF8.GetString(key.Bytes) : "*redacted*";
}
