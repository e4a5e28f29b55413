using System;
using System.Security.Cryptography;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>Cookies that need no memory: a MAC over source address, port and handshake id. (LINK.COOKIE)</summary>
/// <remarks>
/// Shape:   HMAC-SHA256(secret, label, address(16), port(2), handshake id(8)).
/// Bounds:  two secrets, whoever asks and however often: this bucket's, which makes, and the one before, which is still accepted.
/// Secrets: both, replaced every <see cref="LinkParameters.CookieBucket"/>.
/// </remarks>
internal sealed class CookieJar
{
    private const int SecretBytes = 32;
    private const int AddressBytes = 16;
    private const int MaxInputBytes = Labels.MaxBytes + AddressBytes + 2 + LinkLayout.HandshakeIdBytes;

    private readonly Entropy _entropy;
    private readonly byte[] _current = new byte[SecretBytes];
    private readonly byte[] _previous = new byte[SecretBytes];
    private Instant _rotateAt;

    internal CookieJar(Instant now, Entropy entropy)
    {
        _entropy = entropy;
        entropy.Fill(_current);
        entropy.Fill(_previous);
        _rotateAt = now + LinkParameters.CookieBucket;
    }

    internal void Bake(Instant now, in PeerAddress from, ulong handshakeId, Span<byte> cookie)
    {
        Rotate(now);
        Compute(_current, in from, handshakeId, cookie);
    }

    /// <summary>Checks a fragment's MAC; the cookie it was made with is handed out, since the answer needs it.</summary>
    internal bool TryVerify(Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram, Span<byte> cookie)
    {
        Rotate(now);
        ulong handshakeId = HandshakeDatagram.IdOf(datagram);
        Compute(_current, in from, handshakeId, cookie);
        if (FragmentMac.Verify(cookie, datagram))
        {
            return true;
        }

        Compute(_previous, in from, handshakeId, cookie);
        return FragmentMac.Verify(cookie, datagram);
    }

    private void Rotate(Instant now)
    {
        if (now < _rotateAt)
        {
            return;
        }

        bool isPreviousFresh = now < _rotateAt + LinkParameters.CookieBucket;
        if (isPreviousFresh)
        {
            _current.CopyTo(_previous, 0);
        }
        else
        {
            _entropy.Fill(_previous);
        }

        _entropy.Fill(_current);
        _rotateAt = now + LinkParameters.CookieBucket;
    }

    private static void Compute(ReadOnlySpan<byte> secret, in PeerAddress from, ulong handshakeId, Span<byte> cookie)
    {
        Span<byte> input = stackalloc byte[MaxInputBytes];
        WireWriter writer = new(input);
        writer.WriteBytes(Labels.Cookie);
        writer.WriteUInt64((ulong)(from.Address.Value >> 64));
        writer.WriteUInt64((ulong)(from.Address.Value & ulong.MaxValue));
        writer.WriteUInt16(from.Port);
        writer.WriteUInt64(handshakeId);
        _ = HMACSHA256.HashData(secret, input[..writer.Position], cookie);
    }
}
