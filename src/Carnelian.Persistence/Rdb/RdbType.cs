namespace Carnelian.Persistence.Rdb;

/// <summary>
/// What a value in an RDB file or a DUMP payload is. Numbers from 22 on mean different things in files of Redis (<c>REDIS</c>) and of Valkey
/// (<c>VALKEY</c>): the names say whose they are.
/// </summary>
public static class RdbType
{
    /// <summary>A string.</summary>
    public const byte String = 0;

    /// <summary>A list: elements one by one.</summary>
    public const byte List = 1;

    /// <summary>A set: members one by one.</summary>
    public const byte Set = 2;

    /// <summary>A sorted set: members with scores as text.</summary>
    public const byte SortedSet = 3;

    /// <summary>A hash: fields and values one by one.</summary>
    public const byte Hash = 4;

    /// <summary>A sorted set: members with binary scores.</summary>
    public const byte SortedSet2 = 5;

    /// <summary>A value of a module of which nothing is known but its bytes; never seen in released versions.</summary>
    public const byte Module = 6;

    /// <summary>A value of a module, which can be skipped.</summary>
    public const byte Module2 = 7;

    /// <summary>A hash in a zipmap.</summary>
    public const byte HashZipMap = 9;

    /// <summary>A list in a ziplist.</summary>
    public const byte ListZipList = 10;

    /// <summary>A set in an intset.</summary>
    public const byte SetIntSet = 11;

    /// <summary>A sorted set in a ziplist.</summary>
    public const byte SortedSetZipList = 12;

    /// <summary>A hash in a ziplist.</summary>
    public const byte HashZipList = 13;

    /// <summary>A list of ziplists.</summary>
    public const byte ListQuickList = 14;

    /// <summary>A stream.</summary>
    public const byte StreamListPacks = 15;

    /// <summary>A hash in a listpack.</summary>
    public const byte HashListPack = 16;

    /// <summary>A sorted set in a listpack.</summary>
    public const byte SortedSetListPack = 17;

    /// <summary>A list of listpacks and plain nodes.</summary>
    public const byte ListQuickList2 = 18;

    /// <summary>A stream with the first id, the greatest deleted id and the number of entries added.</summary>
    public const byte StreamListPacks2 = 19;

    /// <summary>A set in a listpack.</summary>
    public const byte SetListPack = 20;

    /// <summary>A stream with the times at which consumers were active.</summary>
    public const byte StreamListPacks3 = 21;

    /// <summary>Valkey 9: a hash whose fields have deadlines.</summary>
    public const byte ValkeyHash2 = 22;

    /// <summary>Redis before 7.4: a hash whose fields have deadlines.</summary>
    public const byte RedisHashMetadataPreview = 22;

    /// <summary>Redis before 7.4: such a hash in a listpack.</summary>
    public const byte RedisHashListPackExPreview = 23;

    /// <summary>Redis 7.4: a hash whose fields have deadlines.</summary>
    public const byte RedisHashMetadata = 24;

    /// <summary>Redis 7.4: such a hash in a listpack.</summary>
    public const byte RedisHashListPackEx = 25;

    /// <summary>Redis 8.6: a stream with what makes XADD idempotent.</summary>
    public const byte RedisStreamListPacks4 = 26;

    /// <summary>Redis 8.8: a stream with entries that were given back.</summary>
    public const byte RedisStreamListPacks5 = 27;

    /// <summary>Redis 8.8: an array.</summary>
    public const byte RedisArray = 28;

    /// <summary>Redis 8.10: a hash with the names of its fields, and its values in a listpack; in what DUMP gives.</summary>
    public const byte RedisTemplatePack = 29;

    /// <summary>Redis 8.10: a hash that names a template of the file, and its values in a listpack.</summary>
    public const byte RedisTemplatePackReference = 30;

    /// <summary>Redis 8.10: a hash with the names of its fields, then values one by one; in what DUMP gives.</summary>
    public const byte RedisTemplateArray = 31;

    /// <summary>Redis 8.10: a hash that names a template of the file, then values one by one.</summary>
    public const byte RedisTemplateArrayReference = 32;
}
