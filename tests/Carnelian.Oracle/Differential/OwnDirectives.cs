namespace Carnelian.Oracle.Differential;

/// <summary>Directives whose values belong to one process or are this server's own choice, and so may differ.</summary>
internal static class OwnDirectives
{
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "port", "dir", "bind", "pidfile", "logfile", "unixsocket", "io-threads", "hash-seed", "syslog-ident", "maxclients",
    };

    /// <summary>Whether two errors of CONFIG SET maxmemory-policy differ by the policies that only this server has.</summary>
    public static bool IsSameListOfPolicies(string expected, string actual) =>
        expected.Contains("maxmemory-policy", StringComparison.Ordinal) && actual == expected.Replace("noeviction", "noeviction, volatile-lrm, allkeys-lrm", StringComparison.Ordinal);

    /// <summary>Whether only this server has a directive.</summary>
    public static bool IsExtra(string name) => name is "announce-redis-version" or "stream-idmp-duration" or "stream-idmp-maxsize" or "rdb-format" or "rdb-skip-unknown-modules";

    public static bool IsMasked(string name) => Names.Contains(name);
}
