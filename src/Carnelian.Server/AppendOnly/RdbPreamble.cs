namespace Carnelian.Server.AppendOnly;

/// <summary>The RDB part that an AOF may begin with.</summary>
internal static class RdbPreamble
{
    private const int LeastBytes = 9;

    /// <summary>Whether a file begins with one. It stays at its beginning.</summary>
    public static bool Is(FileStream stream)
    {
        Span<byte> magic = stackalloc byte[LeastBytes];
        int length = stream.ReadAtLeast(magic, LeastBytes, throwOnEndOfStream: false);
        stream.Position = 0;
        return length == LeastBytes && (magic.StartsWith("REDIS"u8) || magic.StartsWith("VALKEY"u8));
    }
}
