// The checks of single text directives. Each gives the error of a value, or null.

using System.Net;
using System.Net.Sockets;

namespace Carnelian.Server.Configuration;

internal static class DirectiveValidation
{
    private const int MaxHostnameLength = 255;
    private const int MaxAddressLength = 45;

    public static string? DbFileName(ServerConfiguration configuration, string value) => FileName("dbfilename", "filename", value);

    public static string? AppendFileName(ServerConfiguration configuration, string value) => FileName("appendfilename", "filename", value);

    public static string? AppendDirName(ServerConfiguration configuration, string value) => FileName("appenddirname", "dirname", value);

    public static string? ClusterConfigFile(ServerConfiguration configuration, string value) =>
        value.Length == 0 ? "cluster-config-file can't be empty" : null;

    public static string? Hostname(ServerConfiguration configuration, string value) =>
        value.Length > MaxHostnameLength ? "Hostnames must be less than 256 characters"
        : !value.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? "Hostnames may only contain alphanumeric characters, hyphens or dots"
        : null;

    public static string? HumanNodeName(ServerConfiguration configuration, string value) =>
        value.All(IsAnnounceable) ? null : "Announced human node name contained invalid character";

    public static string? ClusterAnnounceIp(ServerConfiguration configuration, string value) =>
        !value.All(IsAnnounceable) ? "cluster-announce-ip contains invalid character"
        : value.Length > MaxAddressLength ? "cluster-announce-ip is too long"
        : null;

    public static string? Ipv4(ServerConfiguration configuration, string value)
    {
        // The system's parser also takes 1.2.3 and octal parts, which clients do not.
        string[] parts = value.Split('.');
        bool valid = parts.Length == 4 && parts.All(static p => p is "0" or [>= '1' and <= '9', ..] && byte.TryParse(p, out _));
        return value.Length == 0 || valid ? null : "Invalid IPv4 address";
    }

    public static string? Ipv6(ServerConfiguration configuration, string value)
    {
        bool valid = !value.AsSpan().ContainsAny('%', '[', ']') && IPAddress.TryParse(value, out IPAddress? address)
            && address.AddressFamily == AddressFamily.InterNetworkV6;
        return value.Length == 0 || valid ? null : "Invalid IPv6 address";
    }

    public static string? Locale(ServerConfiguration configuration, string value) =>
        value is "" or "C" or "POSIX" or "C.UTF-8" or "C.utf8" ? null : "Invalid locale name";

    public static string? Version(ServerConfiguration configuration, string value)
    {
        string[] parts = value.Split('.');
        bool valid = parts.Length == 3 && parts.All(static p => p.Length is > 0 and < 4 && p.All(char.IsAsciiDigit));
        return value.Length == 0 || valid ? null : "argument must be empty or a version such as 8.0.0";
    }

    /// <summary>A template whose variables are all known and that does not come out empty.</summary>
    public static string? ProcTitleTemplate(ServerConfiguration configuration, string value)
    {
        const string Error = "template format is invalid or contains unknown variables";
        bool hasText = false;
        ReadOnlySpan<char> rest = value;
        while (!rest.IsEmpty)
        {
            if (rest[0] != '{')
            {
                hasText |= rest[0] != ' ';
                rest = rest[1..];
                continue;
            }
            if (rest.StartsWith("{{"))
            {
                hasText = true;
                rest = rest[2..];
                continue;
            }
            int end = rest.IndexOf('}');
            if (end < 0) return Error;
            switch (rest[1..end])
            {
                case "title" or "listen-addr" or "port" or "tls-port" or "config-file": hasText = true; break;
                case "unixsocket": hasText |= configuration.UnixSocket.Length > 0; break;
                case "server-mode": hasText |= configuration.ClusterEnabled; break;
                default: return Error;
            }
            rest = rest[(end + 1)..];
        }
        return hasText ? null : Error;
    }

    private static string? FileName(string name, string kind, string value) =>
        value.Length == 0 ? $"{name} can't be empty"
        : value.Contains('/') ? $"{name} can't be a path, just a {kind}"
        : null;

    /// <summary>Letters, digits, bytes of UTF-8 and a few separators: nothing that would break a node's line in the cluster's file.</summary>
    private static bool IsAnnounceable(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '/' or '`' or >= '\x80';
}
