using System;
using System.Security.Cryptography;
using OnionSip.Crypto;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>The MAC of a fragment under the cookie: only who received the cookie can add to a handshake. (LINK.FRAGMENT-MAC)</summary>
/// <remarks>Shape: the first 16 bytes of HMAC-SHA256(cookie, label, the datagram without its MAC).</remarks>
internal static class FragmentMac
{
    private const int MaxInputBytes = Labels.MaxBytes + WireLayout.DatagramBytes;
    private const int HashBytes = 32;

    internal static void Write(ReadOnlySpan<byte> cookie, Span<byte> datagram)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Compute(cookie, datagram, hash);
        hash[..LinkLayout.MacBytes].CopyTo(datagram[LinkLayout.MacOffset..]);
    }

    internal static bool Verify(ReadOnlySpan<byte> cookie, ReadOnlySpan<byte> datagram)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Compute(cookie, datagram, hash);
        return CryptographicOperations.FixedTimeEquals(
            hash[..LinkLayout.MacBytes], datagram.Slice(LinkLayout.MacOffset, LinkLayout.MacBytes));
    }

    private static void Compute(ReadOnlySpan<byte> cookie, ReadOnlySpan<byte> datagram, Span<byte> hash)
    {
        Span<byte> input = stackalloc byte[MaxInputBytes];
        WireWriter writer = new(input);
        writer.WriteBytes(Labels.FragmentMac);
        writer.WriteBytes(datagram[..LinkLayout.MacOffset]);
        writer.WriteBytes(datagram[LinkLayout.FragmentOffset..WireLayout.DatagramBytes]);
        _ = HMACSHA256.HashData(cookie, input[..writer.Position], hash);
    }
}
