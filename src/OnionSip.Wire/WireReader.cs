using System;
using System.Buffers.Binary;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>A cursor over received bytes; every read says whether there was enough. (WIRE.DATAGRAM)</summary>
/// <remarks>Never throws on peer input. A failed read leaves the position where it was.</remarks>
public ref struct WireReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public bool TryReadByte(out byte value)
    {
        value = _rest.IsEmpty ? default : _rest[0];
        return Advance(1);
    }

    public bool TryReadUInt16(out ushort value)
    {
        value = _rest.Length < 2 ? default : BinaryPrimitives.ReadUInt16BigEndian(_rest);
        return Advance(2);
    }

    public bool TryReadUInt32(out uint value)
    {
        value = _rest.Length < 4 ? default : BinaryPrimitives.ReadUInt32BigEndian(_rest);
        return Advance(4);
    }

    public bool TryReadUInt64(out ulong value)
    {
        value = _rest.Length < 8 ? default : BinaryPrimitives.ReadUInt64BigEndian(_rest);
        return Advance(8);
    }

    public bool TryReadBytes(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = count < 0 || _rest.Length < count ? default : _rest[..count];
        return count >= 0 && Advance(count);
    }

    /// <summary>
    /// An address of the given family, 4 or 6; an IPv4 address in IPv6 form is refused. (WIRE.ENDPOINT)
    /// </summary>
    public bool TryReadAddress(byte family, out IpAddress address)
    {
        ReadOnlySpan<byte> before = _rest;
        address = default;
        int length = family switch { 4 => 4, 6 => 16, _ => -1 };
        if (!TryReadBytes(length, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        IpAddress read = IpAddress.FromBytes(bytes);
        if (read.IsIPv4 != (family == 4))
        {
            _rest = before;
            return false;
        }

        address = read;
        return true;
    }

    /// <summary>Family, address and port. (WIRE.ENDPOINT)</summary>
    public bool TryReadEndpoint(out PeerAddress endpoint)
    {
        ReadOnlySpan<byte> before = _rest;
        endpoint = default;
        if (TryReadByte(out byte family)
            && TryReadAddress(family, out IpAddress address)
            && TryReadUInt16(out ushort port))
        {
            endpoint = new(address, port);
            return true;
        }

        _rest = before;
        return false;
    }

    private bool Advance(int count)
    {
        if (_rest.Length < count)
        {
            return false;
        }

        _rest = _rest[count..];
        return true;
    }
}
