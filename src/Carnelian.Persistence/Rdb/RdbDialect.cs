namespace Carnelian.Persistence.Rdb;

/// <summary>Whose numbers the types of a file are: the two families number what came after version 11 differently.</summary>
public enum RdbDialect
{
    /// <summary>Redis: magic <c>REDIS</c>.</summary>
    Redis,

    /// <summary>Valkey: magic <c>VALKEY</c>, versions from 80 on.</summary>
    Valkey,
}
