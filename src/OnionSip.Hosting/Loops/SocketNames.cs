using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>Converts between addresses and the system's socket names. (HOST.UDP)</summary>
/// <remarks>Raw names have the Linux layout; elsewhere <see cref="SocketAddress"/> knows the system's own.</remarks>
internal static class SocketNames
{
    /// <summary>Enough for an IPv6 name.</summary>
    internal const int MaxBytes = 28;
    private const int IPv4Bytes = 16;
    private const ushort IPv4Family = 2;
    private const ushort IPv6Family = 10;

    /// <summary>Writes a Linux socket name and returns its length.</summary>
    internal static int WriteTo(Span<byte> name, in PeerAddress address)
    {
        bool isIPv4 = address.Address.IsIPv4;
        int length = isIPv4 ? IPv4Bytes : MaxBytes;
        name[..length].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(name, isIPv4 ? IPv4Family : IPv6Family);
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], address.Port);
        address.Address.WriteTo(name[(isIPv4 ? 4 : 8)..]);
        return length;
    }

    /// <summary>Reads a Linux socket name; false for another family.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> name, out PeerAddress address)
    {
        address = default;
        if (name.Length < IPv4Bytes)
        {
            return false;
        }

        ushort family = BinaryPrimitives.ReadUInt16LittleEndian(name);
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(name[2..]);
        if (family == IPv4Family)
        {
            address = new(IpAddress.FromBytes(name.Slice(4, 4)), port);
            return true;
        }

        if (family != IPv6Family || name.Length < MaxBytes)
        {
            return false;
        }

        address = new(IpAddress.FromBytes(name.Slice(8, 16)), port);
        return true;
    }

    /// <summary>Reads the framework's form of a name; false for another family. Allocates nothing.</summary>
    internal static bool TryRead(SocketAddress name, out PeerAddress address)
    {
        address = default;
        ReadOnlySpan<byte> bytes = name.Buffer.Span;
        if (name.Family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            return false;
        }

        // Every system puts the port at 2 and the address at 4 or 8, all in network order.
        bool isIPv4 = name.Family == AddressFamily.InterNetwork;
        ReadOnlySpan<byte> host = isIPv4 ? bytes.Slice(4, 4) : bytes.Slice(8, 16);
        address = new(IpAddress.FromBytes(host), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        return true;
    }

    /// <summary>Writes into the framework's form of a name, which must be of the address's family. Allocates nothing.</summary>
    internal static void WriteTo(SocketAddress name, in PeerAddress address)
    {
        Span<byte> bytes = name.Buffer.Span;
        bytes[2..].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], address.Port);
        address.Address.WriteTo(bytes[(address.Address.IsIPv4 ? 4 : 8)..]);
    }

    /// <summary>Linux: datagrams leave with Don't Fragment, whatever path MTU anybody reported.</summary>
    /// <remarks>Ours are far below any MTU; without fragments the system need not draw a number for each.</remarks>
    internal static void ForbidFragments(Socket socket)
    {
        const int IPv4Level = 0, IPv4Option = 10, IPv6Level = 41, IPv6Option = 23, Probe = 3;
        if (OperatingSystem.IsLinux())
        {
            bool isIPv4 = socket.AddressFamily == AddressFamily.InterNetwork;
            socket.SetRawSocketOption(isIPv4 ? IPv4Level : IPv6Level, isIPv4 ? IPv4Option : IPv6Option, [Probe, 0, 0, 0]);
        }
    }

    internal static IPEndPoint ToEndPoint(in PeerAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = address.Address.WriteTo(bytes);
        return new(new IPAddress(bytes[..length]), address.Port);
    }

    internal static PeerAddress FromEndPoint(EndPoint? endPoint)
    {
        IPEndPoint ip = (IPEndPoint)endPoint!;
        Span<byte> bytes = stackalloc byte[16];
        ip.Address.TryWriteBytes(bytes, out int length);
        return new(IpAddress.FromBytes(bytes[..length]), (ushort)ip.Port);
    }

    internal static AddressFamily FamilyOf(in PeerAddress address) =>
        address.Address.IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
}
