using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Machines;

namespace OnionSip.Media;

/// <summary>An a= line; <paramref name="Value"/> is null where there is no colon. (MEDIA.SDP)</summary>
public readonly record struct SdpAttribute(string Name, string? Value)
{
    public override string ToString() => Name;
}

/// <summary>An o= line. (MEDIA.SDP)</summary>
public sealed record SdpOrigin(
    string User, string SessionId, string Version, string NetworkType, string AddressType, string Address)
{
    /// <summary>A fresh origin that says nothing: user "-", a random id, version 1. (MEDIA.OFFER)</summary>
    public static SdpOrigin Create(Entropy entropy, IpAddress address)
    {
        ulong id = entropy.NextUInt64() >> 2;
        string family = address.IsIPv4 ? "IP4" : "IP6";
        return new SdpOrigin("-", id.ToString(CultureInfo.InvariantCulture), "1", "IN", family, address.Reveal());
    }

    /// <summary>The same session described anew: version + 1 (RFC 3264 §8).</summary>
    public SdpOrigin Next()
    {
        bool counts = ulong.TryParse(Version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong version)
            && version < ulong.MaxValue;
        return this with { Version = (counts ? version + 1 : 1).ToString(CultureInfo.InvariantCulture) };
    }

    public override string ToString() => "[origin]";

    internal static bool TryParse(string text, out SdpOrigin? origin)
    {
        string[] fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        origin = fields.Length == 6
            ? new SdpOrigin(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5])
            : null;
        return origin is not null;
    }

    internal string Reveal() => string.Join(' ', User, SessionId, Version, NetworkType, AddressType, Address);
}

/// <summary>A c= line; a multicast scope behind the address is dropped. (MEDIA.SDP)</summary>
public sealed record SdpConnection(string AddressType, string Address)
{
    public static SdpConnection Of(IpAddress address) => new(address.IsIPv4 ? "IP4" : "IP6", address.Reveal());

    /// <summary>True when the address is the wildcard: the peer wants no media (RFC 2543 hold).</summary>
    public bool IsHold =>
        TryGetAddress(out IpAddress address) && (address.Value == 0 || address == IpAddress.FromIPv4(0));

    /// <summary>The address as a number; false for a name.</summary>
    public bool TryGetAddress(out IpAddress address) => IpAddress.TryParse(Address, out address);

    public override string ToString() => "[connection]";

    internal static bool TryParse(string text, out SdpConnection? connection)
    {
        connection = null;
        string[] fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 3 || fields[0] != "IN" || fields[1] is not ("IP4" or "IP6"))
        {
            return false;
        }

        connection = new SdpConnection(fields[1], fields[2].Split('/')[0]);
        return connection.Address.Length > 0;
    }

    internal string Reveal() => "IN " + AddressType + " " + Address;
}

/// <summary>One format of an RTP line with what rtpmap and fmtp say of it. (MEDIA.SDP)</summary>
/// <param name="PayloadType">0 to 127.</param>
/// <param name="Name">As written; compares without case.</param>
/// <param name="ClockRate">Hz.</param>
/// <param name="Channels">1 unless written.</param>
/// <param name="Format">The fmtp parameters, raw; null when there are none.</param>
public sealed record SdpCodec(int PayloadType, string Name, int ClockRate, int Channels = 1, string? Format = null)
{
    public bool Is(string name, int clockRate) =>
        string.Equals(Name, name, StringComparison.OrdinalIgnoreCase) && ClockRate == clockRate && Channels == 1;

    /// <summary>The static payload types that mean something without rtpmap (RFC 3551 §6).</summary>
    internal static SdpCodec? Static(int payloadType) => payloadType switch
    {
        0 => new SdpCodec(0, "PCMU", 8_000),
        3 => new SdpCodec(3, "GSM", 8_000),
        4 => new SdpCodec(4, "G723", 8_000),
        8 => new SdpCodec(8, "PCMA", 8_000),
        9 => new SdpCodec(9, "G722", 8_000),
        13 => new SdpCodec(13, "CN", 8_000),
        18 => new SdpCodec(18, "G729", 8_000),
        _ => null,
    };

    internal static bool TryParseMap(string text, out SdpCodec? codec)
    {
        codec = null;
        string[] fields = text.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 2 || !TryPayloadType(fields[0], out int payloadType))
        {
            return false;
        }

        string[] parts = fields[1].Trim().Split('/');
        int channels = 1;
        if (parts.Length is < 2 or > 3 || parts[0].Length == 0 || !TryNumber(parts[1], 1_000_000, out int clockRate)
            || (parts.Length == 3 && !TryNumber(parts[2], 255, out channels)))
        {
            return false;
        }

        codec = new SdpCodec(payloadType, parts[0], clockRate, channels);
        return true;
    }

    internal static bool TryPayloadType(string text, out int payloadType) => TryNumber(text, 127, out payloadType);

    internal static bool TryNumber(string text, int max, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max;
}

/// <summary>An a=crypto line (RFC 4568) with one inline key; prints redacted. (MEDIA.SDES)</summary>
/// <remarks>Secrets: <paramref name="Key"/> is the base64 of key and salt.</remarks>
public sealed record SdpCrypto(int Tag, string Suite, string Key, string? Parameters)
{
    public const string AesCm128Sha1Tag80 = "AES_CM_128_HMAC_SHA1_80";
    public const string AesCm128Sha1Tag32 = "AES_CM_128_HMAC_SHA1_32";

    /// <summary>Octets of key and salt together for the suites above.</summary>
    public const int KeyAndSaltBytes = 30;

    /// <summary>A line of our own for the mandatory suite.</summary>
    public static SdpCrypto Create(int tag, string suite, ReadOnlySpan<byte> keyAndSalt) =>
        new(tag, suite, Convert.ToBase64String(keyAndSalt), null);

    /// <summary>The key and salt; false when they have another length.</summary>
    public bool TryGetKey(Span<byte> keyAndSalt) =>
        keyAndSalt.Length == KeyAndSaltBytes && Convert.TryFromBase64String(Key, keyAndSalt, out int bytes)
            && bytes == KeyAndSaltBytes;

    public override string ToString() => "[crypto]";

    internal static bool TryParse(string text, out SdpCrypto? crypto)
    {
        crypto = null;
        string[] fields = text.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 3 || !SdpCodec.TryNumber(fields[0], 999_999_999, out int tag)
            || !fields[2].StartsWith("inline:", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // Lifetime and MKI follow behind "|"; a line with an MKI (it has a colon) cannot be used and is left alone.
        string[] inline = fields[2]["inline:".Length..].Split(';')[0].Split('|');
        bool hasMki = Array.Exists(inline, static part => part.Contains(':', StringComparison.Ordinal));
        crypto = hasMki ? null : new SdpCrypto(tag, fields[1], inline[0], fields.Length == 4 ? fields[3] : null);
        return crypto is not null;
    }

    internal string Reveal() =>
        string.Create(CultureInfo.InvariantCulture, $"{Tag} {Suite} inline:{Key}")
        + (Parameters is null ? string.Empty : " " + Parameters);
}

/// <summary>Finds attributes in a list. (MEDIA.SDP)</summary>
internal static class SdpAttributes
{
    public static string? Find(IReadOnlyList<SdpAttribute> attributes, string name)
    {
        foreach (SdpAttribute attribute in attributes)
        {
            if (string.Equals(attribute.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return attribute.Value ?? string.Empty;
            }
        }

        return null;
    }

    public static SdpDirection? Direction(IReadOnlyList<SdpAttribute> attributes)
    {
        foreach (SdpAttribute attribute in attributes)
        {
            if (attribute.Value is null && SdpDirections.TryParse(attribute.Name, out SdpDirection direction))
            {
                return direction;
            }
        }

        return null;
    }
}
