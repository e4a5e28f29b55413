using System;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>Builds a RESOLVED within 16 answers and 2,048 bytes. (WIRE.CONTROL)</summary>
/// <remarks>
/// An answer that does not fit, is of another kind or that the format cannot carry is left out: the method says false.
/// </remarks>
public ref struct ResolvedWriter
{
    private const int CountOffset = 8;
    private const int HeaderBytes = 9;

    private readonly Span<byte> _message;
    private readonly ResolveKind _kind;
    private int _position;

    /// <exception cref="ArgumentException">The destination has no room for the header.</exception>
    public ResolvedWriter(Span<byte> destination, ushort request, ResolveKind kind, uint ttlSeconds)
    {
        if (destination.Length < HeaderBytes)
        {
            Throw.Argument("no room for a RESOLVED", nameof(destination));
        }

        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Resolved, request);
        writer.WriteByte((byte)kind);
        writer.WriteUInt32(ttlSeconds);
        writer.WriteByte(0);
        _message = destination[..Math.Min(destination.Length, WireLayout.MaxControlMessageBytes)];
        _kind = kind;
        _position = HeaderBytes;
    }

    /// <summary>Bytes of the message so far.</summary>
    public readonly int Bytes => _position;

    public readonly int Count => _message[CountOffset];

    public bool TryAddAddress(IpAddress address)
    {
        ResolveKind kind = address.IsIPv4 ? ResolveKind.A : ResolveKind.Aaaa;
        if (!TryTake(kind, kind == ResolveKind.A ? 4 : 16, out Span<byte> room))
        {
            return false;
        }

        address.WriteTo(room);
        return true;
    }

    public bool TryAddSrv(ushort priority, ushort weight, ushort port, ReadOnlySpan<byte> target)
    {
        if (!WireNames.IsName(target) || !TryTake(ResolveKind.Srv, 7 + target.Length, out Span<byte> room))
        {
            return false;
        }

        WireWriter writer = new(room);
        writer.WriteUInt16(priority);
        writer.WriteUInt16(weight);
        writer.WriteUInt16(port);
        WireNames.Write(ref writer, target);
        return true;
    }

    public bool TryAddNaptr(in NaptrAnswer answer)
    {
        int length = 8 + answer.Flags.Length + answer.Service.Length + answer.Regexp.Length + answer.Replacement.Length;
        bool valid = WireNames.IsText(answer.Flags) && WireNames.IsText(answer.Service)
            && WireNames.IsText(answer.Regexp) && WireNames.IsText(answer.Replacement);
        if (!valid || !TryTake(ResolveKind.Naptr, length, out Span<byte> room))
        {
            return false;
        }

        WireWriter writer = new(room);
        writer.WriteUInt16(answer.Order);
        writer.WriteUInt16(answer.Preference);
        WireNames.Write(ref writer, answer.Flags);
        WireNames.Write(ref writer, answer.Service);
        WireNames.Write(ref writer, answer.Regexp);
        WireNames.Write(ref writer, answer.Replacement);
        return true;
    }

    private bool TryTake(ResolveKind kind, int length, out Span<byte> room)
    {
        room = default;
        if (kind != _kind || Count == WireLayout.MaxAnswers || _message.Length - _position < length)
        {
            return false;
        }

        room = _message.Slice(_position, length);
        _position += length;
        _message[CountOffset]++;
        return true;
    }
}
