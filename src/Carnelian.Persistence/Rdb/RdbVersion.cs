namespace Carnelian.Persistence.Rdb;

/// <summary>The versions of the format: up to 11 common to both families, then those of Redis, from 80 on those of Valkey.</summary>
public static class RdbVersion
{
    /// <summary>The last version that both families share.</summary>
    public const int LastCommon = 11;

    /// <summary>The last version of Redis that is known: 8.10.</summary>
    public const int LastRedis = 15;

    /// <summary>The first version of Valkey: 9.0.</summary>
    public const int FirstValkey = 80;

    /// <summary>Up to this version a file of Valkey is read; a type that nobody knows yet is an error of its own.</summary>
    public const int LastValkey = 89;

    /// <summary>Reads how a file begins: magic and version.</summary>
    /// <param name="magic">The first nine bytes.</param>
    /// <param name="version">The version; 0 if there is none.</param>
    /// <param name="isValkey">Whether the magic is that of Valkey.</param>
    /// <returns>False if it is no RDB file.</returns>
    public static bool TryParse(ReadOnlySpan<byte> magic, out int version, out bool isValkey)
    {
        version = 0;
        isValkey = magic.StartsWith("VALKEY"u8);
        if (!isValkey && !magic.StartsWith("REDIS"u8))
            return false;
        foreach (byte digit in magic[(isValkey ? 6 : 5)..])
        {
            if (!char.IsAsciiDigit((char)digit))
                break;
            version = version * 10 + digit - '0';
        }
        return true;
    }

    /// <summary>Whether files and payloads of a version can be read.</summary>
    public static bool IsKnown(int version) => version is >= 1 and <= LastRedis or >= FirstValkey and <= LastValkey;

    /// <summary>Whether a version belongs to Redis alone.</summary>
    public static bool IsForeign(int version) => version is > LastCommon and < FirstValkey;

    /// <summary>Whose types the numbers from 22 on are.</summary>
    public static RdbDialect DialectOf(int version) => IsForeign(version) ? RdbDialect.Redis : RdbDialect.Valkey;

    /// <summary>Whether a number is a type of values.</summary>
    public static bool HasType(RdbDialect dialect, byte type) =>
        (type <= RdbType.StreamListPacks3 && type != 8)
        || (dialect == RdbDialect.Valkey ? type == RdbType.ValkeyHash2 : type is >= RdbType.RedisHashMetadataPreview and <= RdbType.RedisTemplateArrayReference and not RdbType.RedisArray);
}
