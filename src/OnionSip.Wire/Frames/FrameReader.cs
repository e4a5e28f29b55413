using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>Walks the frames of one relay cell body. (WIRE.FRAME)</summary>
/// <remarks>
/// Use:   <c>while (reader.TryRead(out FrameView frame))</c>, then look at <see cref="Error"/>.
/// Drops: BadType, Truncated (a length beyond the body), NonZeroFill; what was read before stays valid.
/// </remarks>
public ref struct FrameReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    /// <summary>Why the walk stopped: <see cref="WireParse.None"/> at a proper end.</summary>
    public WireParse Error { get; private set; }

    /// <summary>The next frame; false at the end of the body or at the first malformed byte. (WIRE.FRAME)</summary>
    public bool TryRead(out FrameView frame)
    {
        frame = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        FrameType type = (FrameType)_rest[0];
        if (type == FrameType.End)
        {
            return Stop(_rest.ContainsAnyExcept((byte)0) ? WireParse.NonZeroFill : WireParse.None);
        }

        if (type > FrameType.Report)
        {
            return Stop(WireParse.BadType);
        }

        if (_rest.Length < WireLayout.FrameHeaderBytes || _rest.Length - WireLayout.FrameHeaderBytes < _rest[3])
        {
            return Stop(WireParse.Truncated);
        }

        int end = WireLayout.FrameHeaderBytes + _rest[3];
        frame = new(type, BinaryPrimitives.ReadUInt16BigEndian(_rest[1..]), _rest[WireLayout.FrameHeaderBytes..end]);
        _rest = _rest[end..];
        return true;
    }

    private bool Stop(WireParse error)
    {
        _rest = default;
        Error = error;
        return false;
    }
}
