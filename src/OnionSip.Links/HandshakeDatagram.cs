using System;
using System.Buffers.Binary;
using OnionSip.Crypto;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>Writes and checks datagrams with receiver index 0. (LINK.HANDSHAKE-DATAGRAM)</summary>
/// <remarks>Drops: Malformed, BadVersion. Every byte is either used or must be zero.</remarks>
internal static class HandshakeDatagram
{
    internal static ulong IdOf(ReadOnlySpan<byte> datagram) =>
        BinaryPrimitives.ReadUInt64BigEndian(datagram[LinkLayout.HandshakeIdOffset..]);

    internal static void WriteHello(ReadOnlySpan<byte> nonce, Span<byte> datagram)
    {
        datagram.Clear();
        datagram[LinkLayout.TypeOffset] = (byte)HandshakeType.Hello;
        datagram[LinkLayout.VersionOffset] = LinkParameters.Version;
        nonce.CopyTo(datagram[LinkLayout.NonceOffset..]);
    }

    internal static LinkDrop CheckHello(ReadOnlySpan<byte> datagram) => Check(datagram, LinkLayout.HelloFillOffset);

    /// <summary>Answers a HELLO: its nonce and the cookie. (LINK.COOKIE)</summary>
    internal static void WriteCookie(ReadOnlySpan<byte> hello, ReadOnlySpan<byte> cookie, Span<byte> datagram)
    {
        hello.CopyTo(datagram);
        datagram[LinkLayout.TypeOffset] = (byte)HandshakeType.Cookie;
        cookie.CopyTo(datagram[LinkLayout.CookieOffset..]);
    }

    internal static LinkDrop CheckCookie(ReadOnlySpan<byte> datagram) => Check(datagram, LinkLayout.CookieFillOffset);

    /// <summary>
    /// Writes fragment <paramref name="index"/> of a message, the parity fragment after the last, with its MAC. (LINK.FRAGMENT)
    /// </summary>
    internal static void WriteFragment(
        HandshakeType type,
        HandshakeRole role,
        ulong handshakeId,
        ReadOnlySpan<byte> message,
        int index,
        ReadOnlySpan<byte> cookie,
        Span<byte> datagram)
    {
        int count = HandshakeForm.Fragments(message.Length);
        datagram.Clear();
        datagram[LinkLayout.TypeOffset] = (byte)type;
        datagram[LinkLayout.FragmentIndexOffset] = (byte)index;
        datagram[LinkLayout.FragmentCountOffset] = (byte)count;
        datagram[LinkLayout.LastLengthOffset] = (byte)HandshakeForm.LastLength(message.Length);
        datagram[LinkLayout.RoleOffset] = (byte)role;
        BinaryPrimitives.WriteUInt64BigEndian(datagram[LinkLayout.HandshakeIdOffset..], handshakeId);
        WritePart(message, index, count, datagram[LinkLayout.FragmentOffset..]);
        FragmentMac.Write(cookie, datagram);
    }

    /// <summary>Checks what can be checked without a key: role, count, index and last length are what that message has.</summary>
    internal static LinkDrop CheckFragment(HandshakeType type, ReadOnlySpan<byte> datagram)
    {
        HandshakeRole role = (HandshakeRole)datagram[LinkLayout.RoleOffset];
        if (!HandshakeForm.IsKnown(role))
        {
            return LinkDrop.Malformed;
        }

        int messageBytes = HandshakeForm.MessageBytes(role, type);
        int count = HandshakeForm.Fragments(messageBytes);
        return datagram[LinkLayout.FragmentCountOffset] == count
            && datagram[LinkLayout.FragmentIndexOffset] <= count
            && datagram[LinkLayout.LastLengthOffset] == HandshakeForm.LastLength(messageBytes)
            ? LinkDrop.None
            : LinkDrop.Malformed;
    }

    private static void WritePart(ReadOnlySpan<byte> message, int index, int count, Span<byte> payload)
    {
        if (index < count)
        {
            ReadOnlySpan<byte> rest = message[(index * LinkLayout.FragmentBytes)..];
            rest[..Math.Min(rest.Length, LinkLayout.FragmentBytes)].CopyTo(payload);
            return;
        }

        for (int offset = 0; offset < message.Length; offset++)
        {
            payload[offset % LinkLayout.FragmentBytes] ^= message[offset];
        }
    }

    private static LinkDrop Check(ReadOnlySpan<byte> datagram, int fillOffset)
    {
        if (datagram[LinkLayout.VersionOffset] != LinkParameters.Version)
        {
            return LinkDrop.BadVersion;
        }

        bool isZero = !datagram[(LinkLayout.VersionOffset + 1)..LinkLayout.NonceOffset].ContainsAnyExcept((byte)0)
            && !datagram[fillOffset..WireLayout.DatagramBytes].ContainsAnyExcept((byte)0);
        return isZero ? LinkDrop.None : LinkDrop.Malformed;
    }
}
