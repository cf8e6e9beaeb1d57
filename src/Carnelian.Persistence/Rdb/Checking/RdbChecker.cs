using System.Text;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Persistence.Rdb.Checking;

/// <summary>Reads a file from beginning to end without keeping anything, and tells what is in it, and where it is broken.</summary>
/// <remarks>The lines are those of <c>valkey-check-rdb</c>: tools read them.</remarks>
public sealed class RdbChecker(TextWriter output, long now)
{
    private const int MagicBytes = 9;
    private const int FirstVersionWithChecksum = 5;

    private static readonly string[] s_typeNames =
    [
        "string", "list-linked", "set-hashtable", "zset-v1", "hash-hashtable", "zset-v2", "module-pre-release", "module-value", "", "hash-zipmap", "list-ziplist",
        "set-intset", "zset-ziplist", "hash-ziplist", "quicklist", "stream", "hash-listpack", "zset-listpack", "quicklist-v2", "stream-v2", "set-listpack", "stream-v3",
        "hash-volatile-items",
    ];

    private static readonly ValueLimits s_limits =
        new(new HashLimits(512, 64), new ListLimits(-2, 1 << 30), new SetLimits(512, 128, 64), new SortedSetLimits(128, 64));

    private readonly FileStatistics _statistics = new();
    private readonly HashTemplates _templates = new();
    private string _doing = "start";
    private string? _key;
    private int _type = -1;
    private int _version;
    private int _database;
    private long _deadline = -1;
    private long _keys;
    private long _expires;
    private long _expired;
    private long _functions;

    /// <summary>Whether elements are measured for <see cref="WriteStatistics"/>.</summary>
    public bool HasStatistics { get; init; }

    /// <summary>How many bytes were read, which is the length of a sound file.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the file contradicts itself, which ends the report of a tool with a line of its own.</summary>
    public bool IsCorrupt { get; private set; }

    /// <summary>Checks a file.</summary>
    /// <param name="source">The file.</param>
    /// <param name="requiresRelaxed">Whether a server takes it only with <c>rdb-version-check relaxed</c>.</param>
    /// <returns>Whether the file is sound.</returns>
    public bool Check(RdbSource source, out bool requiresRelaxed)
    {
        var input = new RdbInput(source);
        bool isSound;
        try
        {
            isSound = Read(ref input);
        }
        catch (IOException e)
        {
            isSound = input.Fail(RdbFailure.ShortRead, e.Message);
        }
        requiresRelaxed = !RdbVersion.IsKnown(_version) || RdbVersion.IsForeign(_version);
        long offset = Length = input.Offset;
        if (!isSound)
            WriteError(input);
        else
            WriteResult(offset, 0, requiresRelaxed ? "\\o/ RDB looks OK, but loading requires config 'rdb-version-check relaxed'" : "\\o/ RDB looks OK! \\o/");
        WriteInfo();
        if (!isSound)
        {
            IsCorrupt = input.Failure == RdbFailure.Corrupt && _doing != "check-sum";
            if (!IsCorrupt)
                WriteResult(offset, 1, null);
        }
        input.Dispose();
        return isSound;
    }

    /// <summary>Prints what the file has.</summary>
    public void WriteStatistics(StatisticsFormat format) => _statistics.Write(output, format);

    private void WriteResult(long offset, int code, string? verdict)
    {
        output.WriteLine($"[offset {offset}] Check RDB returned error code {code} (0 means success)");
        if (verdict != null)
            output.WriteLine($"[offset {offset}] {verdict}");
    }

    private void WriteError(in RdbInput input)
    {
        output.WriteLine("--- RDB ERROR DETECTED ---");
        string text = input.Failure switch
        {
            RdbFailure.ShortRead or RdbFailure.TooLong => "Unexpected EOF reading RDB file",
            RdbFailure.Corrupt when _doing != "check-sum" => $"Internal error in RDB reading offset 0 -> {input.Detail}",
            _ => input.Detail,
        };
        output.WriteLine($"[offset {input.Offset}] {text}");
        output.WriteLine($"[additional info] While doing: {_doing}");
        if (_key != null)
            output.WriteLine($"[additional info] Reading key '{_key}'");
        if (_type >= 0)
            output.WriteLine($"[additional info] Reading type {_type} ({(_type < s_typeNames.Length ? s_typeNames[_type] : "unknown")})");
    }

    private void WriteInfo()
    {
        output.WriteLine($"[info] {_keys} keys read");
        output.WriteLine($"[info] {_expires} expires");
        output.WriteLine($"[info] {_expired} already expired");
        output.WriteLine($"[info] {_functions} functions");
    }

    private bool Read(ref RdbInput input)
    {
        if (!input.TryReadBytes(MagicBytes, out ReadOnlySpan<byte> magic))
            return false;
        if (!RdbVersion.TryParse(magic, out _version, out _))
            return input.Fail(RdbFailure.UnknownType, "Wrong signature trying to load DB from file");
        if (RdbVersion.IsForeign(_version))
            output.WriteLine($"[offset {input.Offset}] Foreign RDB version {_version} detected");
        else if (!RdbVersion.IsKnown(_version))
            output.WriteLine($"[offset {input.Offset}] Future RDB version {_version} detected");
        while (true)
        {
            _doing = "read-type";
            if (!input.TryReadByte(out byte type))
                return false;
            if (type == RdbOpcode.End)
                return CheckSum(ref input);
            if (!ReadPart(ref input, type))
                return false;
        }
    }

    private bool CheckSum(ref RdbInput input)
    {
        if (_version < FirstVersionWithChecksum)
            return true;
        _doing = "check-sum";
        ulong sum = input.Sum;
        if (!input.TryReadInt64(out long stored))
            return false;
        if (stored == 0)
            output.WriteLine($"[offset {input.Offset}] RDB file was saved with checksum disabled: no checksum for this file.");
        else if ((ulong)stored != sum)
            return input.Corrupt("RDB CRC error");
        else
            output.WriteLine($"[offset {input.Offset}] Checksum OK");
        return true;
    }

    private bool ReadPart(ref RdbInput input, byte type)
    {
        switch (type)
        {
            case RdbOpcode.ExpireSeconds:
                _doing = "read-expire";
                if (!input.TryReadInt32(out int seconds))
                    return false;
                _deadline = seconds * 1000L;
                return true;
            case RdbOpcode.ExpireMilliseconds:
                _doing = "read-expire";
                return input.TryReadInt64(out _deadline);
            case RdbOpcode.Frequency:
                return input.TryReadByte(out _);
            case RdbOpcode.Idle:
                return input.TryReadLength(out _);
            case RdbOpcode.SelectDatabase:
                _doing = "read-len";
                if (!input.TryReadLength(out ulong database))
                    return false;
                _database = (int)Math.Min(database, int.MaxValue);
                output.WriteLine($"[offset {input.Offset}] Selecting DB ID {database}");
                return true;
            case RdbOpcode.ResizeDatabase:
                _doing = "read-len";
                return input.TryReadLength(out _) && input.TryReadLength(out _);
            case RdbOpcode.SlotInfo:
                return input.TryReadLength(out _) && input.TryReadLength(out _) && input.TryReadLength(out _);
            case RdbOpcode.Aux:
                return ReadAux(ref input);
            case RdbOpcode.ModuleAux:
                return ReadModuleAux(ref input);
            case RdbOpcode.Function2:
                _doing = "read-functions";
                _functions++;
                return input.TrySkipString();
            case RdbOpcode.ValkeySlotImport when RdbVersion.DialectOf(_version) == RdbDialect.Valkey:
                return RdbLoader.TrySkipSlotImport(ref input);
            case RdbOpcode.RedisKeyMetadata when RdbVersion.DialectOf(_version) == RdbDialect.Redis:
                return ModuleReader.TrySkipMetadata(ref input, isWanted: true);
            case RdbOpcode.RedisHashTemplate when RdbVersion.DialectOf(_version) == RdbDialect.Redis:
                _doing = "read-hash-template";
                return _templates.TryAdd(ref input);
            default:
                return ReadKey(ref input, type);
        }
    }

    private bool ReadAux(ref RdbInput input)
    {
        _doing = "read-aux";
        if (!input.TryReadString(out ReadOnlySpan<byte> name))
            return false;
        string key = Encoding.UTF8.GetString(name);
        if (!input.TryReadString(out ReadOnlySpan<byte> value))
            return false;
        output.WriteLine($"[offset {input.Offset}] AUX FIELD {key} = '{Encoding.UTF8.GetString(value)}'");
        return true;
    }

    private bool ReadModuleAux(ref RdbInput input)
    {
        _doing = "read-module-aux";
        if (!input.TryReadLength(out ulong id) || !input.TryReadLength(out _) || !input.TryReadLength(out _))
            return false;
        output.WriteLine($"[offset {input.Offset}] MODULE AUX for: {ModuleReader.NameOf(id)}");
        return ModuleReader.TrySkip(ref input);
    }

    private bool ReadKey(ref RdbInput input, byte type)
    {
        RdbDialect dialect = RdbVersion.DialectOf(_version);
        if (!RdbVersion.HasType(dialect, type))
        {
            string kind = RdbVersion.IsKnown(_version) ? "" : RdbVersion.IsForeign(_version) ? $" in RDB file with foreign version {_version}" : $" in RDB file with future version {_version}";
            return input.Fail(RdbFailure.UnknownType, kind.Length == 0 ? $"Invalid object type: {type}" : $"Unknown object type {type}{kind}");
        }
        _type = type;
        _doing = "read-key";
        if (!input.TryReadString(out ReadOnlySpan<byte> name))
            return false;
        _key = Encoding.UTF8.GetString(name);
        long nameBytes = name.Length;
        _keys++;
        _doing = "read-object-value";
        if (!TryReadValue(ref input, type, new LoadRules(dialect, s_limits, now, DropsExpired: false, _templates), out int column, out long elements))
            return false;
        bool expires = _deadline >= 0, isExpired = expires && _deadline < now;
        _statistics.Of(_database, column).Add(nameBytes, elements, expires, isExpired);
        _expires += expires ? 1 : 0;
        _expired += isExpired ? 1 : 0;
        _key = null;
        _type = -1;
        _deadline = -1;
        return true;
    }

    private unsafe bool TryReadValue(ref RdbInput input, byte type, in LoadRules rules, out int column, out long elements)
    {
        column = 0;
        elements = 1;
        if (type == RdbType.Module2)
        {
            column = 5;
            return input.TryReadLength(out _) && ModuleReader.TrySkip(ref input);
        }
        if (!RdbValueReader.TryRead(ref input, type, rules, out LoadedValue value))
            return input.TryForgive(RdbFailure.Empty);
        if (value.IsCollection)
            elements = CollectionType.Of(value.Type).Count(value.Encoding, value.Data);
        // In a pack the scores count too, as there.
        if (value.Type == Storage.ValueType.SortedSet && value.Encoding == ValueEncoding.ListPack)
            elements *= 2;
        column = value.Type == Storage.ValueType.Stream ? 6 : (int)value.Type;
        if (HasStatistics)
            ElementSizes.Collect(value, _statistics.Of(_database, column));
        value.Free();
        return true;
    }
}
