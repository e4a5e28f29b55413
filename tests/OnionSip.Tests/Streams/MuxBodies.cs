using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Tests.Streams;

/// <summary>Bodies by hand.</summary>
internal static class MuxBodies
{
    public static List<byte[]> Take(StreamMux mux, Instant now)
    {
        List<byte[]> bodies = [];
        byte[] body = new byte[WireLayout.BodyBytes];
        while (mux.PollBody(now, body))
        {
            bodies.Add(body);
            body = new byte[WireLayout.BodyBytes];
        }

        return bodies;
    }

    public static byte[] Stream(ushort stream, uint offset, bool isFin, ReadOnlySpan<byte> bytes)
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        writer.TryWriteStream(new(stream), offset, isFin, bytes);
        return body;
    }

    public static byte[] Ack(ushort stream, uint next, uint limit, params OffsetRange[] ranges)
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        writer.TryWriteStreamAck(new(stream), next, limit, ranges);
        return body;
    }

    public static byte[] Reset(ushort stream)
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        writer.TryWriteStreamReset(new(stream));
        return body;
    }

    public static byte[] Part(ushort flow, ushort packet, byte part, byte parts, ReadOnlySpan<byte> bytes)
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        writer.TryWriteFlowPart(new(flow), packet, part, parts, bytes);
        return body;
    }
}
