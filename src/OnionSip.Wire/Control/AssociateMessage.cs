using System;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>ASSOCIATE: bind a UDP port pair of one family. (WIRE.CONTROL)</summary>
/// <remarks>
/// Drops: Truncated, TrailingBytes, BadLength, BadType, BadId (not an even flow), BadAddress (family).
/// </remarks>
public readonly record struct AssociateMessage(FlowId Flow, bool IsIPv6)
{
    public static bool TryParse(ReadOnlySpan<byte> message, out AssociateMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out AssociateMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Associate, out WireReader reader, out ushort flow);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!ControlMessage.IsFlowPair(flow))
        {
            return WireParse.BadId;
        }

        if (!reader.TryReadByte(out byte family))
        {
            return WireParse.Truncated;
        }

        if (family is not (4 or 6))
        {
            return WireParse.BadAddress;
        }

        parsed = new(new(flow), family == 6);
        return ControlMessage.End(in reader);
    }

    public static int Write(Span<byte> destination, FlowId flow, bool isIPv6)
    {
        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Associate, flow.Value);
        writer.WriteByte(isIPv6 ? (byte)6 : (byte)4);
        return writer.Position;
    }
}

/// <summary>ASSOCIATED: the even port that was bound; its odd neighbour is bound too. (WIRE.CONTROL)</summary>
/// <remarks>
/// Drops: Truncated, TrailingBytes, BadLength, BadType, BadId (not an even flow, or an odd port), BadAddress.
/// </remarks>
public readonly record struct AssociatedMessage(FlowId Flow, PeerAddress Endpoint)
{
    public static bool TryParse(ReadOnlySpan<byte> message, out AssociatedMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out AssociatedMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Associated, out WireReader reader, out ushort flow);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!ControlMessage.IsFlowPair(flow))
        {
            return WireParse.BadId;
        }

        parse = ControlMessage.ReadEndpoint(ref reader, out PeerAddress endpoint);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if ((endpoint.Port & 1) != 0)
        {
            return WireParse.BadId;
        }

        parsed = new(new(flow), endpoint);
        return ControlMessage.End(in reader);
    }

    public static int Write(Span<byte> destination, FlowId flow, in PeerAddress endpoint)
    {
        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Associated, flow.Value);
        writer.WriteEndpoint(in endpoint);
        return writer.Position;
    }
}
