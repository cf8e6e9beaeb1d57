using System.Net;
using System.Net.Sockets;

namespace Carnelian.Server.Transport;

/// <summary>Addresses as the configuration writes them and as CLIENT LIST shows them.</summary>
internal static class EndPointText
{
    /// <summary>The longest path of a Unix socket, in bytes: the smallest limit of any system is not known here, Linux has this one.</summary>
    public const int MaxUnixPathLength = 107;

    /// <summary>Formats an IP address with its port; IPv6 in brackets and without its scope, IPv4 inside IPv6 as IPv4.</summary>
    public static string Format(IPAddress address, int port)
    {
        if (address.IsIPv4MappedToIPv6)
            return $"{address.MapToIPv4()}:{port}";
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return $"{address}:{port}";
        return address.ScopeId == 0 ? $"[{address}]:{port}" : $"[{new IPAddress(address.GetAddressBytes())}]:{port}";
    }

    /// <summary>Finds the address that <c>bind</c> means: <c>*</c>, <c>::*</c>, a number or a host name.</summary>
    /// <exception cref="TransportException">The name is not known.</exception>
    public static IPAddress Resolve(string address)
    {
        if (address == "*")
            return IPAddress.Any;
        if (address == "::*")
            return IPAddress.IPv6Any;
        if (IPAddress.TryParse(address, out IPAddress? ip))
            return ip;
        try
        {
            return Dns.GetHostAddresses(address)[0];
        }
        catch (SocketException e)
        {
            throw new TransportException(e.Message, e.NativeErrorCode);
        }
    }
}
