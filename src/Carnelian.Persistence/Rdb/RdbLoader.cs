using System.Globalization;
using System.Text;
using Carnelian.Persistence.Rdb.Loading;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Storage;
using Carnelian.Storage.Loading;

namespace Carnelian.Persistence.Rdb;

/// <summary>Loads a file into a keyspace.</summary>
/// <remarks>
/// Its caller's thread, and as many more as the options allow. A key is added under the lock of its shard, which nobody needs to hold before; values are
/// read without. What was loaded before an error stays: the caller ends the server, or clears the databases.
/// </remarks>
public sealed unsafe class RdbLoader
{
    private const int MagicBytes = 9;
    private const int FirstVersionWithChecksum = 5;
    private const int WindowBytes = 1024 * 1024;

    /// <summary>Below that, threads are not worth while.</summary>
    private const long LeastParallelBytes = 4 * 1024 * 1024;

    /// <summary>Records are rarely shorter where there are many: a type, a key, a value, each string with its length.</summary>
    private const int LeastRecordBytes = 8;

    private readonly Keyspace _keyspace;
    private readonly RdbLoadOptions _options;
    private readonly LoadProgress _progress;
    private readonly TableReservation _reservation;
    private long _reservedKeys;
    private Database _database;
    private LoadRules _rules;
    private int _version;

    /// <summary>Makes a loader for one file.</summary>
    public RdbLoader(Keyspace keyspace, RdbLoadOptions options)
    {
        _keyspace = keyspace;
        _options = options;
        _progress = options.Progress;
        _database = keyspace[0];
        _reservation = new TableReservation(keyspace, options.HoldsAllLocks);
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
        if (!RdbVersion.TryParse(magic, out _version, out bool isValkey))
        {
            _options.Log(true, "Wrong signature trying to load DB from file");
            return false;
        }
        bool isForeign = isValkey != (_version >= RdbVersion.FirstValkey);
        if (!_options.TriesUnknownVersions && (isForeign || !RdbVersion.IsKnown(_version)))
        {
            _options.Log(true, $"Can't handle RDB format version {_version}");
            return false;
        }
        _rules = new LoadRules(RdbVersion.DialectOf(_version), _options.Limits, _options.Now, _options.DropsExpired, new HashTemplates());
        _options.Accepted?.Invoke();
        return true;
    }

    private RdbLoadOutcome LoadRecords(ref RdbInput input)
    {
        using var own = new RecordLoader(_keyspace, _options, _rules, _version);
        bool isParallel = _options.Threads > 1 && !_options.HoldsAllLocks && _options.KeyDelayMicroseconds == 0 && input.Remaining > LeastParallelBytes;
        LoadCrew? crew = isParallel ? new LoadCrew(_keyspace, _options, _rules, _version, _options.Threads - 1) : null;
        try
        {
            bool isAtEnd = false;
            while (!isAtEnd && (crew == null || own.IsInRecord || TryHandRecords(ref input, crew)) && input.TryReadByte(out byte type))
            {
                if (type == RdbOpcode.End)
                    isAtEnd = true;
                else if (!TryReadPart(ref input, own, type))
                    break;
                if (_options.Cancels != null && _options.Cancels())
                    return RdbLoadOutcome.Cancelled;
            }
            long offset = input.Offset;
            if (crew != null)
            {
                crew.Finish();
                crew.Report(ref input, ref offset);
            }
            if (!isAtEnd || input.Failure != RdbFailure.None || !own.TryFlush(ref input))
                return Report(input, offset);
            _reservation.Trim();
            return CheckSum(ref input);
        }
        finally
        {
            crew?.Dispose();
        }
    }

    /// <summary>Hands all records to the crew that are whole in the window; what comes then is none, or too large for that.</summary>
    private bool TryHandRecords(ref RdbInput input, LoadCrew crew)
    {
        while (true)
        {
            ReadOnlySpan<byte> window = input.Window;
            int length = window.Length == 0 || IsOfFile(window[0]) ? 0 : RecordSkimmer.Measure(input.At, window.Length, _rules);
            if (length == 0 && window.Length < WindowBytes && (window.Length == 0 || !IsOfFile(window[0])))
            {
                int before = window.Length;
                input.Extend(WindowBytes);
                if (input.Window.Length != before)
                {
                    if (crew.HasFailed || (_options.Cancels != null && _options.Cancels()))
                        return false;
                    continue;
                }
            }
            if (length == 0 || length > RecordBatch.Capacity)
                return !crew.HasFailed;
            crew.Add(input.At, length, _database, input.Offset);
            _ = input.TrySkip(length);
            _progress.LoadedBytes = input.Offset;
        }
    }

    private static bool IsOfFile(byte type) => type is >= RdbOpcode.RedisHashTemplate and not (RdbOpcode.Idle or RdbOpcode.Frequency or RdbOpcode.ExpireMilliseconds or RdbOpcode.ExpireSeconds);

    /// <summary>Reads what stands behind an opcode or type.</summary>
    private bool TryReadPart(ref RdbInput input, RecordLoader own, byte type)
    {
        _progress.LoadedBytes = input.Offset;
        switch (type)
        {
            case RdbOpcode.SelectDatabase:
                if (!own.TryFlush(ref input) || !TrySelect(ref input))
                    return false;
                own.Database = _database;
                return true;
            case RdbOpcode.ResizeDatabase:
                if (!input.TryReadLength(out ulong keys) || !input.TryReadLength(out ulong volatileKeys))
                    return false;
                if (_options.Sink is { } sink)
                    sink.Size(keys, volatileKeys);
                else
                    Reserve(input, keys);
                return true;
            case RdbOpcode.Aux:
                return TryReadAux(ref input);
            case RdbOpcode.Function2:
                return TryReadFunction(ref input);
            case RdbOpcode.FunctionPreview:
                return input.Fail(RdbFailure.UnknownType, "Pre-release function format not supported.");
            case RdbOpcode.ModuleAux:
                return TryReadModuleAux(ref input);
            case RdbOpcode.SlotInfo:
                return input.TryReadLength(out _) && input.TryReadLength(out _) && input.TryReadLength(out _);
            case RdbOpcode.ValkeySlotImport when _rules.Dialect == RdbDialect.Valkey:
                return TrySkipSlotImport(ref input);
            case RdbOpcode.RedisHashTemplate when _rules.Dialect == RdbDialect.Redis:
                return _rules.Templates!.TryAdd(ref input);
            default:
                return own.TryRead(ref input, type);
        }
    }

    /// <summary>Makes room for the keys of a database, but all in all for no more than the rest of the file can hold.</summary>
    private void Reserve(in RdbInput input, ulong keys)
    {
        long most = Math.Max(input.MostExpected(long.MaxValue, LeastRecordBytes) - _reservedKeys, 0);
        keys = Math.Min(keys, (ulong)most);
        _reservedKeys += (long)keys;
        _reservation.Make(_database, (long)keys);
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
    internal static bool TrySkipSlotImport(ref RdbInput input)
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

    private RdbLoadOutcome CheckSum(ref RdbInput input)
    {
        if (_version < FirstVersionWithChecksum)
            return RdbLoadOutcome.Loaded;
        ulong sum = input.Sum;
        if (!input.TryReadInt64(out long stored))
            return Report(input, input.Offset);
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
            return Report(input, input.Offset);
        }
        return RdbLoadOutcome.Loaded;
    }

    private RdbLoadOutcome Report(in RdbInput input, long offset)
    {
        switch (input.Failure)
        {
            case RdbFailure.Corrupt:
                _options.Log(true, $"Internal error in RDB reading offset {offset} -> {input.Detail}");
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
}
