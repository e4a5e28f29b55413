using System;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>How a host is named. (WIRE.HOST)</summary>
public enum HostKind : byte
{
    Name = 1,
    IPv4 = 4,
    IPv6 = 6,
}

/// <summary>Where a CONNECT goes: an address or a name; prints redacted. (WIRE.HOST)</summary>
/// <remarks>
/// Drops: Truncated, BadType, BadName, BadAddress. Throws: ArgumentException for a name that the format cannot carry.
/// </remarks>
public readonly ref struct WireHost
{
    private WireHost(HostKind kind, IpAddress address, ReadOnlySpan<byte> name)
    {
        Kind = kind;
        Address = address;
        Name = name;
    }

    public HostKind Kind { get; }

    /// <summary>The address, where <see cref="Kind"/> is not a name.</summary>
    public IpAddress Address { get; }

    /// <summary>ASCII, where <see cref="Kind"/> is a name.</summary>
    public ReadOnlySpan<byte> Name { get; }

    public static WireHost FromAddress(IpAddress address) =>
        new(address.IsIPv4 ? HostKind.IPv4 : HostKind.IPv6, address, default);

    public static WireHost FromName(ReadOnlySpan<byte> name)
    {
        if (!WireNames.IsName(name))
        {
            Throw.Argument("a host name has 1..253 printable ASCII characters", nameof(name));
        }

        return new(HostKind.Name, default, name);
    }

    internal static WireParse Read(scoped ref WireReader reader, out WireHost host)
    {
        host = default;
        if (!reader.TryReadByte(out byte kind))
        {
            return WireParse.Truncated;
        }

        if (kind == (byte)HostKind.Name)
        {
            WireParse parse = WireNames.ReadName(ref reader, out ReadOnlySpan<byte> name);
            host = parse == WireParse.None ? new(HostKind.Name, default, name) : default;
            return parse;
        }

        if (kind is not ((byte)HostKind.IPv4 or (byte)HostKind.IPv6))
        {
            return WireParse.BadType;
        }

        if (reader.Rest.Length < (kind == (byte)HostKind.IPv4 ? 4 : 16))
        {
            return WireParse.Truncated;
        }

        if (!reader.TryReadAddress(kind, out IpAddress address))
        {
            return WireParse.BadAddress;
        }

        host = FromAddress(address);
        return WireParse.None;
    }

    internal void Write(ref WireWriter writer)
    {
        writer.WriteByte((byte)Kind);
        if (Kind == HostKind.Name)
        {
            WireNames.Write(ref writer, Name);
            return;
        }

        Span<byte> bytes = stackalloc byte[16];
        int length = Address.WriteTo(bytes);
        writer.WriteBytes(bytes[..length]);
    }

    public override string ToString() => "[host]";
}
