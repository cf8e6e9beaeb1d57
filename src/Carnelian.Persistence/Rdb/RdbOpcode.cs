namespace Carnelian.Persistence.Rdb;

/// <summary>What stands in an RDB file where the type of a value would.</summary>
public static class RdbOpcode
{
    /// <summary>Redis 8.10: a template of hashes.</summary>
    public const byte RedisHashTemplate = 242;

    /// <summary>Redis 8.6: metadata of the key that follows.</summary>
    public const byte RedisKeyMetadata = 243;

    /// <summary>Valkey 9: a slot that is being imported.</summary>
    public const byte ValkeySlotImport = 243;

    /// <summary>The number of keys in a slot.</summary>
    public const byte SlotInfo = 244;

    /// <summary>A library of functions.</summary>
    public const byte Function2 = 245;

    /// <summary>A function as a release candidate of 7.0 wrote it.</summary>
    public const byte FunctionPreview = 246;

    /// <summary>What a module keeps beside the keys.</summary>
    public const byte ModuleAux = 247;

    /// <summary>The idle time of the key that follows, in seconds.</summary>
    public const byte Idle = 248;

    /// <summary>The access frequency of the key that follows.</summary>
    public const byte Frequency = 249;

    /// <summary>A fact on the file: a name and a value.</summary>
    public const byte Aux = 250;

    /// <summary>The sizes of the tables of the database.</summary>
    public const byte ResizeDatabase = 251;

    /// <summary>The deadline of the key that follows, in milliseconds.</summary>
    public const byte ExpireMilliseconds = 252;

    /// <summary>The deadline of the key that follows, in seconds.</summary>
    public const byte ExpireSeconds = 253;

    /// <summary>The database of the keys that follow.</summary>
    public const byte SelectDatabase = 254;

    /// <summary>The end.</summary>
    public const byte End = 255;
}
