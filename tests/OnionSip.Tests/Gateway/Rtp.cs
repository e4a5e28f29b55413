using System;
using OnionSip.Media;

namespace OnionSip.Tests.Gateway;

/// <summary>Packets for the tests.</summary>
internal static class Rtp
{
    public static byte[] Packet(byte payloadType, ushort sequence, uint timestamp, uint ssrc, ReadOnlySpan<byte> payload)
    {
        byte[] packet = new byte[RtpPacket.HeaderBytes + payload.Length];
        RtpPacket.Write(packet, payloadType, false, sequence, timestamp, ssrc, payload);
        return packet;
    }
}
