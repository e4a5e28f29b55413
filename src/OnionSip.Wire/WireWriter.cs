using System;
using System.Buffers.Binary;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>A cursor over a caller's buffer. (WIRE.DATAGRAM)</summary>
/// <remarks>Throws: <see cref="ArgumentOutOfRangeException"/> only for caller mistakes (buffer too short).</remarks>
public ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private int _position;

    public readonly int Position => _position;

    public readonly int RemainingBytes => _destination.Length - _position;

    public void WriteByte(byte value) => _destination[_position++] = value;

    public void WriteUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_destination[_position..], value);
        _position += 2;
    }

    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_destination[_position..], value);
        _position += 4;
    }

    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_destination[_position..], value);
        _position += 8;
    }

    public void WriteBytes(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_destination[_position..]);
        _position += bytes.Length;
    }

    /// <summary>Family, address and port. (WIRE.ENDPOINT)</summary>
    public void WriteEndpoint(in PeerAddress endpoint)
    {
        WriteByte(endpoint.Address.IsIPv4 ? (byte)4 : (byte)6);
        _position += endpoint.Address.WriteTo(_destination[_position..]);
        WriteUInt16(endpoint.Port);
    }
}
