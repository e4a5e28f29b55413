using System;

namespace OnionSip.Wire;

/// <summary>
/// EXTEND-FAILED, CONNECT-FAILED, ASSOCIATE-FAILED, RELEASED and RESOLVE-FAILED: an id and a status. (WIRE.CONTROL,
/// WIRE.STATUS)
/// </summary>
/// <remarks>Drops: Truncated, TrailingBytes, BadType, BadStatus.</remarks>
public readonly record struct StatusMessage(ControlMessageType Type, ushort Id, ControlStatus Status)
{
    public const int Bytes = 4;

    public static bool TryParse(ReadOnlySpan<byte> message, out StatusMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out StatusMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.ParseType(message, out ControlMessageType type);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!CarriesStatus(type))
        {
            return WireParse.BadType;
        }

        WireReader reader = new(message[1..]);
        if (!reader.TryReadUInt16(out ushort id) || !reader.TryReadByte(out byte status))
        {
            return WireParse.Truncated;
        }

        if (status is 0 or > (byte)ControlStatus.BadRequest)
        {
            return WireParse.BadStatus;
        }

        parsed = new(type, id, (ControlStatus)status);
        return ControlMessage.End(in reader);
    }

    /// <summary>Writes type, id and status; returns 4.</summary>
    public static int Write(Span<byte> destination, ControlMessageType type, ushort id, ControlStatus status)
    {
        if (!CarriesStatus(type))
        {
            Throw.Argument("this message carries no status", nameof(type));
        }

        WireWriter writer = ControlMessage.Start(destination, type, id);
        writer.WriteByte((byte)status);
        return writer.Position;
    }

    private static bool CarriesStatus(ControlMessageType type) => type
        is ControlMessageType.ExtendFailed or ControlMessageType.ConnectFailed or ControlMessageType.AssociateFailed
        or ControlMessageType.Released or ControlMessageType.ResolveFailed;
}
