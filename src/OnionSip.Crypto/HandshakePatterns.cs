using System;

namespace OnionSip.Crypto;

/// <summary>One step of a message pattern, named as in the Noise specification.</summary>
internal enum HandshakeToken : byte
{
    E,
    S,
    EE,
    ES,
    SE,
    SS,
    E1,
    Ekem1,
}

/// <summary>The message patterns as tables. (CRYPTO.NOISE)</summary>
/// <remarks>All of them have one pre-message: the responder's static key. Messages alternate, the initiator first.</remarks>
internal static class HandshakePatterns
{
    internal static bool IsHybrid(HandshakePattern pattern) =>
        pattern is HandshakePattern.NKhfs or HandshakePattern.IKhfs or HandshakePattern.XKhfs;

    /// <summary>True when the initiator has a static key too.</summary>
    internal static bool InitiatorHasStatic(HandshakePattern pattern) =>
        pattern is not (HandshakePattern.NK or HandshakePattern.NKhfs);

    internal static int MessageCount(HandshakePattern pattern) =>
        pattern is HandshakePattern.XK or HandshakePattern.XKhfs ? 3 : 2;

    internal static ReadOnlySpan<byte> ProtocolName(HandshakePattern pattern) => pattern switch
    {
        HandshakePattern.NK => "Noise_NK_25519_ChaChaPoly_SHA256"u8,
        HandshakePattern.IK => "Noise_IK_25519_ChaChaPoly_SHA256"u8,
        HandshakePattern.XK => "Noise_XK_25519_ChaChaPoly_SHA256"u8,
        HandshakePattern.NKhfs => "Noise_NKhfs_25519+ML-KEM-768_ChaChaPoly_SHA256"u8,
        HandshakePattern.IKhfs => "Noise_IKhfs_25519+ML-KEM-768_ChaChaPoly_SHA256"u8,
        HandshakePattern.XKhfs => "Noise_XKhfs_25519+ML-KEM-768_ChaChaPoly_SHA256"u8,
        _ => throw new ArgumentException("unknown pattern", nameof(pattern)),
    };

    internal static ReadOnlySpan<HandshakeToken> Tokens(HandshakePattern pattern, int messageIndex) => (pattern, messageIndex) switch
    {
        (HandshakePattern.NK or HandshakePattern.XK, 0) => [HandshakeToken.E, HandshakeToken.ES],
        (HandshakePattern.NK or HandshakePattern.XK, 1) => [HandshakeToken.E, HandshakeToken.EE],
        (HandshakePattern.IK, 0) => [HandshakeToken.E, HandshakeToken.ES, HandshakeToken.S, HandshakeToken.SS],
        (HandshakePattern.IK, 1) => [HandshakeToken.E, HandshakeToken.EE, HandshakeToken.SE],
        (HandshakePattern.NKhfs or HandshakePattern.XKhfs, 0) => [HandshakeToken.E, HandshakeToken.ES, HandshakeToken.E1],
        (HandshakePattern.NKhfs or HandshakePattern.XKhfs, 1) => [HandshakeToken.E, HandshakeToken.EE, HandshakeToken.Ekem1],
        (HandshakePattern.IKhfs, 0) =>
            [HandshakeToken.E, HandshakeToken.ES, HandshakeToken.E1, HandshakeToken.S, HandshakeToken.SS],
        (HandshakePattern.IKhfs, 1) => [HandshakeToken.E, HandshakeToken.EE, HandshakeToken.Ekem1, HandshakeToken.SE],
        (HandshakePattern.XK or HandshakePattern.XKhfs, 2) => [HandshakeToken.S, HandshakeToken.SE],
        _ => throw new ArgumentException("the pattern has no such message", nameof(messageIndex)),
    };

    /// <summary>Bytes of a message without its payload, the payload's tag included.</summary>
    internal static int Overhead(HandshakePattern pattern, int messageIndex)
    {
        // The first DH sets a key, and every pattern does one in its first message.
        bool hasKey = messageIndex > 0;
        int bytes = 0;
        foreach (HandshakeToken token in Tokens(pattern, messageIndex))
        {
            int tag = hasKey ? Aead.TagBytes : 0;
            switch (token)
            {
                case HandshakeToken.E:
                    bytes += X25519.PublicKeyBytes;
                    break;
                case HandshakeToken.S:
                    bytes += X25519.PublicKeyBytes + tag;
                    break;
                case HandshakeToken.E1:
                    bytes += MlKem768.EncapsulationKeyBytes + tag;
                    break;
                case HandshakeToken.Ekem1:
                    bytes += MlKem768.CiphertextBytes + tag;
                    break;
                default:
                    hasKey = true;
                    break;
            }
        }

        return bytes + (hasKey ? Aead.TagBytes : 0);
    }
}
