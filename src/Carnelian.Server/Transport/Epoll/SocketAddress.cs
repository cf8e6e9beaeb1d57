using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Carnelian.Server.Transport.Epoll;

/// <summary>The kernel's socket addresses: to and from text.</summary>
internal static unsafe class SocketAddress
{
    /// <summary>Enough for every family.</summary>
    public const int Size = 128;

    /// <summary>Fills in an address and returns its length.</summary>
    public static uint Write(byte* target, IPAddress address, int port)
    {
        new Span<byte>(target, Size).Clear();
        bool isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        *(ushort*)target = (ushort)(isV6 ? LinuxCalls.AfInet6 : LinuxCalls.AfInet);
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(target + 2, 2), (ushort)port);
        address.TryWriteBytes(new Span<byte>(target + (isV6 ? 8 : 4), isV6 ? 16 : 4), out _);
        if (isV6)
            *(uint*)(target + 24) = (uint)address.ScopeId;
        return isV6 ? 28u : 16u;
    }

    /// <summary>Formats an IP address with its port; IPv6 in brackets.</summary>
    public static string Format(byte* source, out bool isLocal)
    {
        bool isV6 = *(ushort*)source == LinuxCalls.AfInet6;
        int port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(source + 2, 2));
        var address = new IPAddress(new ReadOnlySpan<byte>(source + (isV6 ? 8 : 4), isV6 ? 16 : 4));
        isLocal = IPAddress.IsLoopback(address);
        return EndPointText.Format(address, port);
    }
}
