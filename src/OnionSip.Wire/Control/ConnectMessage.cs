using System;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>CONNECT: open a TCP connection for a stream. (WIRE.CONTROL)</summary>
/// <remarks>Drops: Truncated, TrailingBytes, BadLength, BadType, BadId (stream 0), BadName, BadAddress.</remarks>
public readonly ref struct ConnectMessage
{
    private ConnectMessage(StreamId stream, WireHost host, ushort port)
    {
        Stream = stream;
        Host = host;
        Port = port;
    }

    public StreamId Stream { get; }

    public WireHost Host { get; }

    public ushort Port { get; }

    public static bool TryParse(ReadOnlySpan<byte> message, out ConnectMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out ConnectMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Connect, out WireReader reader, out ushort stream);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (stream == 0)
        {
            return WireParse.BadId;
        }

        parse = WireHost.Read(ref reader, out WireHost host);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!reader.TryReadUInt16(out ushort port))
        {
            return WireParse.Truncated;
        }

        parsed = new(new(stream), host, port);
        return ControlMessage.End(in reader);
    }

    public static int Write(Span<byte> destination, StreamId stream, WireHost host, ushort port)
    {
        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Connect, stream.Value);
        host.Write(ref writer);
        writer.WriteUInt16(port);
        return writer.Position;
    }
}

/// <summary>CONNECTED: the stream is joined to a TCP connection with these two ends. (WIRE.CONTROL)</summary>
/// <remarks>Drops: Truncated, TrailingBytes, BadLength, BadType, BadId (stream 0), BadAddress.</remarks>
public readonly record struct ConnectedMessage(StreamId Stream, PeerAddress Local, PeerAddress Remote)
{
    public static bool TryParse(ReadOnlySpan<byte> message, out ConnectedMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out ConnectedMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Connected, out WireReader reader, out ushort stream);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (stream == 0)
        {
            return WireParse.BadId;
        }

        parse = ControlMessage.ReadEndpoint(ref reader, out PeerAddress local);
        if (parse != WireParse.None)
        {
            return parse;
        }

        parse = ControlMessage.ReadEndpoint(ref reader, out PeerAddress remote);
        if (parse != WireParse.None)
        {
            return parse;
        }

        parsed = new(new(stream), local, remote);
        return ControlMessage.End(in reader);
    }

    public static int Write(Span<byte> destination, StreamId stream, in PeerAddress local, in PeerAddress remote)
    {
        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Connected, stream.Value);
        writer.WriteEndpoint(in local);
        writer.WriteEndpoint(in remote);
        return writer.Position;
    }
}
