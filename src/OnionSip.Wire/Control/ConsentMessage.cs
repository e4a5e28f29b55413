using System;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>CONSENT: the remote endpoints an association may send to from now on. (WIRE.CONTROL)</summary>
/// <remarks>
/// Drops: Truncated, TrailingBytes, BadLength, BadType, BadId (not an even flow), BadCount, BadAddress.
/// </remarks>
public readonly ref struct ConsentMessage
{
    private readonly ReadOnlySpan<byte> _endpoints;

    private ConsentMessage(FlowId flow, int count, ReadOnlySpan<byte> endpoints)
    {
        Flow = flow;
        Count = count;
        _endpoints = endpoints;
    }

    public FlowId Flow { get; }

    /// <summary>1 to 8.</summary>
    public int Count { get; }

    /// <summary>Copies the endpoints and returns how many there are.</summary>
    public int CopyEndpoints(Span<PeerAddress> destination)
    {
        WireReader reader = new(_endpoints);
        for (int index = 0; index < Count; index++)
        {
            reader.TryReadEndpoint(out destination[index]);
        }

        return Count;
    }

    public static bool TryParse(ReadOnlySpan<byte> message, out ConsentMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out ConsentMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Consent, out WireReader reader, out ushort flow);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!ControlMessage.IsFlowPair(flow))
        {
            return WireParse.BadId;
        }

        if (!reader.TryReadByte(out byte count))
        {
            return WireParse.Truncated;
        }

        if (count is 0 or > WireLayout.MaxConsentEndpoints)
        {
            return WireParse.BadCount;
        }

        ReadOnlySpan<byte> endpoints = reader.Rest;
        for (int index = 0; index < count; index++)
        {
            parse = ControlMessage.ReadEndpoint(ref reader, out _);
            if (parse != WireParse.None)
            {
                return parse;
            }
        }

        parsed = new(new(flow), count, endpoints);
        return ControlMessage.End(in reader);
    }

    public static int Write(Span<byte> destination, FlowId flow, ReadOnlySpan<PeerAddress> endpoints)
    {
        if (endpoints.Length is 0 or > WireLayout.MaxConsentEndpoints)
        {
            Throw.Argument("a CONSENT names 1..8 endpoints", nameof(endpoints));
        }

        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Consent, flow.Value);
        writer.WriteByte((byte)endpoints.Length);
        foreach (ref readonly PeerAddress endpoint in endpoints)
        {
            writer.WriteEndpoint(in endpoint);
        }

        return writer.Position;
    }
}

/// <summary>RELEASE: the client gives an association up. (WIRE.CONTROL)</summary>
/// <remarks>Drops: Truncated, TrailingBytes, BadLength, BadType, BadId (not an even flow).</remarks>
public readonly record struct ReleaseMessage(FlowId Flow)
{
    public static bool TryParse(ReadOnlySpan<byte> message, out ReleaseMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out ReleaseMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Release, out WireReader reader, out ushort flow);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!ControlMessage.IsFlowPair(flow))
        {
            return WireParse.BadId;
        }

        parsed = new(new(flow));
        return ControlMessage.End(in reader);
    }

    public static int Write(Span<byte> destination, FlowId flow) =>
        ControlMessage.Start(destination, ControlMessageType.Release, flow.Value).Position;
}
