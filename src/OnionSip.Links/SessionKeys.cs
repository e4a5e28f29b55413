using System;
using System.Security.Cryptography;
using OnionSip.Crypto;

namespace OnionSip.Links;

/// <summary>Makes the two directions of a link out of a finished handshake. (LINK.KEYS)</summary>
/// <remarks>Secrets: the two keys of epoch 0, zeroed before it returns.</remarks>
internal static class SessionKeys
{
    internal static void Split(
        HandshakeState handshake,
        bool isInitiator,
        AeadSuite suite,
        uint remoteIndex,
        LinkOptions options,
        out LinkSender sender,
        out LinkReceiver receiver)
    {
        Span<byte> forward = stackalloc byte[Aead.KeyBytes];
        Span<byte> backward = stackalloc byte[Aead.KeyBytes];
        handshake.Split(forward, backward);
        sender = new LinkSender(suite, isInitiator ? forward : backward, remoteIndex, options);
        receiver = new LinkReceiver(suite, isInitiator ? backward : forward);
        CryptographicOperations.ZeroMemory(forward);
        CryptographicOperations.ZeroMemory(backward);
    }
}
