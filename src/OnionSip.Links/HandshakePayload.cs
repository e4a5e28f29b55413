using System;
using System.Buffers.Binary;

namespace OnionSip.Links;

/// <summary>
/// What INIT and REPLY say inside their encryption; in REPLY the suites are the one chosen. (LINK.INIT-PAYLOAD, LINK.REPLY-PAYLOAD)
/// </summary>
/// <remarks>Drops: BadVersion, Malformed (index 0).</remarks>
internal readonly record struct HandshakePayload(byte Suites, uint ReceiverIndex, ulong Stamp, int Shard = 0)
{
    private const int IndexBits = 24;

    internal void WriteTo(Span<byte> destination)
    {
        destination[..LinkLayout.PayloadBytes].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(destination[(LinkLayout.PayloadIndexOffset - 1)..], ReceiverIndex);
        destination[LinkLayout.PayloadVersionOffset] = LinkParameters.Version;
        destination[LinkLayout.PayloadSuitesOffset] = Suites;
        BinaryPrimitives.WriteUInt64BigEndian(destination[LinkLayout.PayloadStampOffset..], Stamp);
        destination[LinkLayout.PayloadShardOffset] = (byte)Shard;
    }

    internal static LinkDrop TryParse(ReadOnlySpan<byte> source, out HandshakePayload payload)
    {
        uint index = BinaryPrimitives.ReadUInt32BigEndian(source[(LinkLayout.PayloadIndexOffset - 1)..]) & ((1u << IndexBits) - 1);
        payload = new(
            source[LinkLayout.PayloadSuitesOffset],
            index,
            BinaryPrimitives.ReadUInt64BigEndian(source[LinkLayout.PayloadStampOffset..]),
            source[LinkLayout.PayloadShardOffset] & (LinkParameters.MaxShards - 1));
        if (source[LinkLayout.PayloadVersionOffset] != LinkParameters.Version)
        {
            return LinkDrop.BadVersion;
        }

        return index == 0 ? LinkDrop.Malformed : LinkDrop.None;
    }
}
