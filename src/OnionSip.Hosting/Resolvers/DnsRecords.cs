using System;
using System.Buffers.Binary;
using System.Text;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Resolvers;

/// <summary>Reads the record data of A, AAAA, SRV (RFC 2782) and NAPTR (RFC 3403), and checks names. (HOST.RESOLVER)</summary>
/// <remarks>
/// Shape: record data with uncompressed names, as the resolver library gives it.
/// Drops: false for anything cut short, left over, or not printable ASCII; never throws.
/// </remarks>
public static class DnsRecords
{
    public const int MaxNameCharacters = 253;
    private const int MaxLabelBytes = 63;

    /// <summary>True for labels of letters, digits, hyphen and underscore, with or without the last dot.</summary>
    public static bool IsHostName(ReadOnlySpan<char> name)
    {
        if (name.Length > 0 && name[^1] == '.')
        {
            name = name[..^1];
        }

        if (name.IsEmpty || name.Length > MaxNameCharacters)
        {
            return false;
        }

        int label = 0;
        foreach (char character in name)
        {
            bool isDot = character == '.';
            if (!isDot && !char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_'))
            {
                return false;
            }

            label = isDot ? label : label + 1;
            if ((isDot && label == 0) || label > MaxLabelBytes)
            {
                return false;
            }

            label = isDot ? 0 : label;
        }

        return label > 0;
    }

    public static bool TryParse(DnsKind kind, ReadOnlySpan<byte> data, out DnsAnswer answer)
    {
        answer = new();
        switch (kind)
        {
            case DnsKind.A when data.Length == 4:
            case DnsKind.Aaaa when data.Length == 16:
                answer = new() { Address = IpAddress.FromBytes(data) };
                return true;
            case DnsKind.Srv:
                return TryParseService(data, out answer);
            case DnsKind.Naptr:
                return TryParseNamingAuthority(data, out answer);
            default:
                return false;
        }
    }

    private static bool TryParseService(ReadOnlySpan<byte> data, out DnsAnswer answer)
    {
        answer = new();
        if (data.Length < 7)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = data[6..];
        if (!TryTakeName(ref rest, out string target) || !rest.IsEmpty)
        {
            return false;
        }

        answer = new()
        {
            Priority = BinaryPrimitives.ReadUInt16BigEndian(data),
            Weight = BinaryPrimitives.ReadUInt16BigEndian(data[2..]),
            Port = BinaryPrimitives.ReadUInt16BigEndian(data[4..]),
            Target = target,
        };
        return true;
    }

    private static bool TryParseNamingAuthority(ReadOnlySpan<byte> data, out DnsAnswer answer)
    {
        answer = new();
        if (data.Length < 4)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = data[4..];
        if (!TryTakeText(ref rest, out string flags) || !TryTakeText(ref rest, out string service)
            || !TryTakeText(ref rest, out string regexp)
            || !TryTakeName(ref rest, out string replacement) || !rest.IsEmpty)
        {
            return false;
        }

        answer = new()
        {
            Priority = BinaryPrimitives.ReadUInt16BigEndian(data),
            Weight = BinaryPrimitives.ReadUInt16BigEndian(data[2..]),
            Flags = flags,
            Service = service,
            Regexp = regexp,
            Target = replacement,
        };
        return true;
    }

    private static bool TryTakeText(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (rest.IsEmpty || rest.Length < 1 + rest[0])
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = rest.Slice(1, rest[0]);
        rest = rest[(1 + bytes.Length)..];
        return TryToText(bytes, out text);
    }

    /// <summary>A name in wire form to text without the last dot; the root is ".".</summary>
    private static bool TryTakeName(ref ReadOnlySpan<byte> rest, out string name)
    {
        StringBuilder text = new();
        name = ".";
        while (!rest.IsEmpty)
        {
            int length = rest[0];
            if (length == 0)
            {
                rest = rest[1..];
                name = text.Length == 0 ? "." : text.ToString();
                return text.Length <= MaxNameCharacters;
            }

            if (length > MaxLabelBytes || rest.Length < 1 + length || !TryToText(rest.Slice(1, length), out string label)
                || label.Contains('.'))
            {
                return false;
            }

            text.Append(text.Length == 0 ? "" : ".").Append(label);
            rest = rest[(1 + length)..];
        }

        return false;
    }

    private static bool TryToText(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        foreach (byte value in bytes)
        {
            if (value is < 0x20 or > 0x7e)
            {
                return false;
            }
        }

        text = Encoding.ASCII.GetString(bytes);
        return true;
    }
}
