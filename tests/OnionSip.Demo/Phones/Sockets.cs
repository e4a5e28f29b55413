using System;
using System.Net;
using System.Net.Sockets;
using OnionSip.Machines;

namespace OnionSip.Demo.Phones;

/// <summary>Small steps with sockets that all parties of the demo share.</summary>
internal static class Sockets
{
    private const int BindAttempts = 200;
    private const int FirstPort = 20_000;
    private const int LastPort = 32_000;

    internal static PeerAddress ToPeer(EndPoint? endPoint)
    {
        IPEndPoint known = (IPEndPoint)endPoint!;
        return new(IpAddress.FromBytes(known.Address.MapToIPv4().GetAddressBytes()), (ushort)known.Port);
    }

    internal static IPEndPoint ToEndPoint(PeerAddress peer) => new(IPAddress.Parse(peer.Address.Reveal()), peer.Port);

    /// <summary>A UDP socket on a port that TCP has free as well.</summary>
    internal static Socket BindUdp(IPEndPoint address)
    {
        Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        try
        {
            socket.Bind(address);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>An even port and its odd neighbour.</summary>
    internal static (Socket Even, Socket Odd) BindPair(IPAddress address)
    {
        for (int attempt = 0; attempt < BindAttempts; attempt++)
        {
            int port = Random.Shared.Next(FirstPort / 2, LastPort / 2) * 2;
            Socket? even = null;
            try
            {
                even = BindUdp(new(address, port));
                return (even, BindUdp(new(address, port + 1)));
            }
            catch (SocketException)
            {
                even?.Dispose();
            }
        }

        throw new InvalidOperationException("no free pair of ports on " + address);
    }

    /// <summary>A port below the system's own range that is free for UDP and TCP on an address, and so is the one above.</summary>
    internal static int FindFreePort(IPAddress address)
    {
        for (int attempt = 0; attempt < BindAttempts; attempt++)
        {
            int port = Random.Shared.Next(FirstPort / 2, LastPort / 2) * 2;
            if (IsFree(address, port) && IsFree(address, port + 1))
            {
                return port;
            }
        }

        throw new InvalidOperationException("no free port on " + address);
    }

    private static bool IsFree(IPAddress address, int port)
    {
        try
        {
            using Socket udp = BindUdp(new(address, port));
            using Socket tcp = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
