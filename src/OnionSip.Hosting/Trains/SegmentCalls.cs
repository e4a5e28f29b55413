using System.Runtime.InteropServices;

namespace OnionSip.Hosting.Trains;

/// <summary>Names and layouts of UDP segmentation on 64-bit Linux. (HOST.TRAINS)</summary>
internal static class SegmentCalls
{
    internal const int UdpLevel = 17;

    /// <summary><c>UDP_SEGMENT</c>: the system cuts what is sent into datagrams of this size.</summary>
    internal const int SendOption = 103;

    /// <summary><c>UDP_GRO</c>: the system may join datagrams of one sender and notes their size.</summary>
    internal const int ReceiveOption = 104;

    internal const int ControlHeaderBytes = 16;

    /// <summary>Header, two bytes of segment size, padding to eight.</summary>
    internal const int SendControlBytes = ControlHeaderBytes + 8;

    internal const int InputOutputError = 5;
    internal const int InvalidError = 22;
    internal const int TooLongError = 90;
    internal const int NoOptionError = 92;
    internal const int NotSupportedError = 95;

    /// <summary>Whether an error of sending a train may mean that segmentation itself is refused.</summary>
    internal static bool MayRefuseSegments(int error) =>
        error is InputOutputError or InvalidError or TooLongError or NoOptionError or NotSupportedError;

    [StructLayout(LayoutKind.Sequential)]
    internal struct ControlHeader
    {
        internal ulong Bytes;
        internal int Level;
        internal int Type;
    }
}
