using System;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>First byte of a message on stream 0. (WIRE.CONTROL)</summary>
public enum ControlMessageType : byte
{
    None = 0,
    Extend = 1,
    Extended = 2,
    ExtendFailed = 3,
    Connect = 4,
    Connected = 5,
    ConnectFailed = 6,
    Associate = 7,
    Associated = 8,
    AssociateFailed = 9,
    Consent = 10,
    Release = 11,
    Released = 12,
    Resolve = 13,
    Resolved = 14,
    ResolveFailed = 15,
}

/// <summary>
/// What all messages on stream 0 share: a type, then a body. The u16 length before them is the mux's. (WIRE.CONTROL)
/// </summary>
/// <remarks>
/// Use: every parser takes the whole message, type included, and every writer writes one and returns its bytes.
/// </remarks>
public static class ControlMessage
{
    /// <summary>Drops: Truncated, BadLength, BadType. (WIRE.CONTROL)</summary>
    public static WireParse ParseType(ReadOnlySpan<byte> message, out ControlMessageType type)
    {
        type = ControlMessageType.None;
        if (message.IsEmpty)
        {
            return WireParse.Truncated;
        }

        if (message.Length > WireLayout.MaxControlMessageBytes)
        {
            return WireParse.BadLength;
        }

        if (message[0] is 0 or > (byte)ControlMessageType.ResolveFailed)
        {
            return WireParse.BadType;
        }

        type = (ControlMessageType)message[0];
        return WireParse.None;
    }

    /// <summary>Which end sends this type; the other end never does. (WIRE.CONTROL)</summary>
    public static bool IsFromClient(ControlMessageType type) => type
        is ControlMessageType.Extend or ControlMessageType.Connect or ControlMessageType.Associate
        or ControlMessageType.Consent or ControlMessageType.Release or ControlMessageType.Resolve;

    /// <summary>Opens a message of the expected type and reads the u16 that follows.</summary>
    internal static WireParse Begin(
        ReadOnlySpan<byte> message, ControlMessageType expected, out WireReader reader, out ushort id)
    {
        reader = default;
        id = 0;
        WireParse parse = ParseType(message, out ControlMessageType type);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (type != expected)
        {
            return WireParse.BadType;
        }

        reader = new(message[1..]);
        return reader.TryReadUInt16(out id) ? WireParse.None : WireParse.Truncated;
    }

    /// <summary>An endpoint, told apart when refused: Truncated or BadAddress. (WIRE.ENDPOINT)</summary>
    internal static WireParse ReadEndpoint(scoped ref WireReader reader, out PeerAddress endpoint)
    {
        if (reader.TryReadEndpoint(out endpoint))
        {
            return WireParse.None;
        }

        ReadOnlySpan<byte> rest = reader.Rest;
        int needed = rest.IsEmpty ? 1 : rest[0] switch { 4 => 7, 6 => 19, _ => 0 };
        return rest.Length < needed ? WireParse.Truncated : WireParse.BadAddress;
    }

    internal static WireParse End(in WireReader reader) =>
        reader.IsAtEnd ? WireParse.None : WireParse.TrailingBytes;

    /// <summary>Flow ids on stream 0 name a pair by its even id; 0 is reserved. (WIRE.CONTROL)</summary>
    internal static bool IsFlowPair(ushort id) => id != 0 && (id & 1) == 0;

    internal static WireWriter Start(Span<byte> destination, ControlMessageType type, ushort id)
    {
        WireWriter writer = new(destination);
        writer.WriteByte((byte)type);
        writer.WriteUInt16(id);
        return writer;
    }
}
