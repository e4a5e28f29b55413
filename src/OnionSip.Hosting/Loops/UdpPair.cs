using System.Net.Sockets;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>An even UDP port and its odd neighbour, for RTP and RTCP. (HOST.UDP)</summary>
internal static class UdpPair
{
    /// <summary>Binds <paramref name="evenPort"/> and the port above; false when either is taken.</summary>
    internal static bool TryBind(IpAddress address, ushort evenPort, out UdpPort even, out UdpPort odd)
    {
        even = null!;
        odd = null!;
        try
        {
            even = UdpPort.Bind(new(address, evenPort));
            odd = UdpPort.Bind(new(address, (ushort)(evenPort + 1)));
            return true;
        }
        catch (SocketException)
        {
            even?.Dispose();
            return false;
        }
    }
}
