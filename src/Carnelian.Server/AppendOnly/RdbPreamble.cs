namespace Carnelian.Server.AppendOnly;

/// <summary>The RDB part that an AOF may begin with.</summary>
internal static class RdbPreamble
{
    private const int LeastBytes = 9;

    /// <summary>Whether RDB files can be written.</summary>
    public static bool CanWrite => false;

    /// <summary>Whether a file begins with one. It stays at its beginning.</summary>
    public static bool Is(FileStream stream)
    {
        Span<byte> magic = stackalloc byte[LeastBytes];
        int length = stream.ReadAtLeast(magic, LeastBytes, throwOnEndOfStream: false);
        stream.Position = 0;
        return length == LeastBytes && (magic.StartsWith("REDIS"u8) || magic.StartsWith("VALKEY"u8));
    }

    /// <summary>Loads it; the file then stands behind it.</summary>
    /// <returns>False if it cannot be loaded; the log says why.</returns>
    public static bool TryLoad(ServerInstance server, FileStream stream)
    {
        _ = stream;
        server.Log.Write(Configuration.LogLevel.Warning, "RDB files cannot be read yet.");
        return false;
    }
}
