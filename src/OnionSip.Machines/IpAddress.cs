using System;
using System.Net;

namespace OnionSip.Machines;

/// <summary>An IPv4 or IPv6 address as a value; prints redacted. (MACHINE.REDACTION)</summary>
/// <remarks>Shape: IPv4 is held as IPv4-mapped IPv6, so that one address has one value.</remarks>
public readonly record struct IpAddress(UInt128 Value)
{
    private static readonly UInt128 s_mappedPrefix = new(0, 0x0000_FFFF_0000_0000);

    public bool IsIPv4 => Value >> 32 == s_mappedPrefix >> 32;

    public static IpAddress FromIPv4(uint address) => new(s_mappedPrefix | address);

    /// <summary>Network byte order, 4 or 16 bytes.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromIPv4(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes)),
        _ => throw new ArgumentException("an address has 4 or 16 bytes", nameof(bytes)),
    };

    /// <summary>Writes 4 or 16 bytes in network order and returns how many.</summary>
    public int WriteTo(Span<byte> destination)
    {
        if (IsIPv4)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(Value & uint.MaxValue));
            return 4;
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination, Value);
        return 16;
    }

    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        bool parsed = IPAddress.TryParse(text, out IPAddress? value);
        address = parsed ? FromBytes(value!.GetAddressBytes()) : default;
        return parsed;
    }

    /// <summary>The address in clear, for the wire, configuration and a user's own screen; never for a log.</summary>
    public string Reveal()
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = WriteTo(bytes);
        return new IPAddress(bytes[..length]).ToString();
    }

    public override string ToString() => "[address]";
}
