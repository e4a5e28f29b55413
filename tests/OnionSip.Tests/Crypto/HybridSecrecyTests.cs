using System;
using OnionSip.Crypto;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.NOISE: what the hybrid tokens are for, and the keys they must refuse.</summary>
public sealed class HybridSecrecyTests
{
    private static readonly byte[] s_initiatorEphemeral = Repeated(0x41, 32);
    private static readonly byte[] s_responderEphemeral = Repeated(0x42, 32);
    private static readonly byte[] s_responderStatic = Repeated(0x43, 32);
    private static readonly byte[] s_secret = [.. "read me if you can"u8];

    /// <summary>
    /// CRYPTO.NOISE: somebody who recorded a handshake and later has every X25519 private key (a quantum computer) reads the plain
    /// pattern and stays out of the hybrid one; with the ML-KEM secret added the same steps read that too.
    /// </summary>
    [Theory]
    [InlineData(HandshakePattern.NK, false, true)]
    [InlineData(HandshakePattern.NKhfs, false, false)]
    [InlineData(HandshakePattern.NKhfs, true, true)]
    public void BrokenCurve_ReadsOnlyThePlainPattern(HandshakePattern pattern, bool knowsKemSeed, bool expectedToRead)
    {
        byte[] kemSeed = Repeated(0x44, 64);
        byte[] publicKey = PublicOf(s_responderStatic);
        using HandshakeState initiator = new(
            pattern, true, [], [], publicKey, new ListedEntropy([.. s_initiatorEphemeral, .. kemSeed]));
        using HandshakeState responder = new(
            pattern, false, [], s_responderStatic, [], new ListedEntropy([.. s_responderEphemeral, .. Repeated(0x45, 32)]));
        byte[] first = new byte[HandshakeState.MessageBytes(pattern, 0, 0)];
        byte[] second = new byte[HandshakeState.MessageBytes(pattern, 1, s_secret.Length)];
        initiator.WriteMessage([], first);
        Assert.Equal(HandshakeRead.Ok, responder.ReadMessage(first, [], out _));
        responder.WriteMessage(s_secret, second);
        Assert.Equal(expectedToRead, Eavesdrop(pattern, first, second, knowsKemSeed ? kemSeed : null));
    }

    /// <summary>CRYPTO.NOISE rule 2: an unreduced ML-KEM key under a good tag is refused when read; the same message with a good key passes.</summary>
    [Theory]
    [InlineData(0, 0xff, HandshakeRead.BadKey)]
    [InlineData(1151, 0xff, HandshakeRead.BadKey)]
    [InlineData(-1, 0, HandshakeRead.Ok)]
    public void UnreducedKemKey_IsBadKey(int position, byte value, HandshakeRead expected)
    {
        byte[] kemPublic = new byte[MlKem768.EncapsulationKeyBytes];
        byte[] kemPrivate = new byte[MlKem768.DecapsulationKeyBytes];
        MlKem768.GenerateKeyPair(Repeated(0x46, 64), kemPublic, kemPrivate);
        if (position >= 0)
        {
            // Two touching bytes of ones hold a whole coefficient of 4095.
            int neighbour = position == 0 ? 1 : position - 1;
            kemPublic[position] = value;
            kemPublic[neighbour] = value;
        }

        using SymmetricState forger = new(HandshakePatterns.ProtocolName(HandshakePattern.NKhfs));
        byte[] message = new byte[HandshakeState.MessageBytes(HandshakePattern.NKhfs, 0, 0)];
        forger.MixHash([]);
        forger.MixHash(PublicOf(s_responderStatic));
        PublicOf(s_initiatorEphemeral).CopyTo(message, 0);
        forger.MixHash(message.AsSpan(0, 32));
        forger.MixKey(Agree(s_initiatorEphemeral, PublicOf(s_responderStatic)));
        int written = 32 + forger.EncryptAndHash(kemPublic, message.AsSpan(32));
        forger.EncryptAndHash([], message.AsSpan(written));
        using HandshakeState responder = new(
            HandshakePattern.NKhfs, false, [], s_responderStatic, [], new ListedEntropy());
        Assert.Equal(expected, responder.ReadMessage(message, [], out _));
    }

    /// <summary>CRYPTO.NOISE rule 2: the check on reading and the check of encapsulation agree on every coefficient.</summary>
    [Fact]
    public void EachCoefficient_IsCheckedAsInEncapsulation()
    {
        byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
        byte[] shared = new byte[32];
        for (int coefficient = 0; coefficient < 768; coefficient++)
        {
            foreach (int value in new[] { 3328, 3329 })
            {
                byte[] key = new byte[MlKem768.EncapsulationKeyBytes];
                SetCoefficient(key, coefficient, value);
                bool isReduced = KemPublicKey.IsReduced(key);
                Assert.Equal(value == 3328, isReduced);
                Assert.Equal(isReduced, MlKem768.TryEncapsulate(key, s_responderStatic, ciphertext, shared));
            }
        }
    }

    private static void SetCoefficient(byte[] key, int coefficient, int value)
    {
        int offset = coefficient / 2 * 3;
        bool isFirst = coefficient % 2 == 0;
        key[offset] = (byte)(isFirst ? value & 0xff : 0);
        key[offset + 1] = (byte)(isFirst ? value >> 8 : (value & 0x0f) << 4);
        key[offset + 2] = (byte)(isFirst ? 0 : value >> 4);
    }

    /// <summary>Follows the transcript with both X25519 ephemeral keys and no other secret, unless the KEM seed is given.</summary>
    private static bool Eavesdrop(HandshakePattern pattern, byte[] first, byte[] second, byte[]? kemSeed)
    {
        bool isHybrid = pattern == HandshakePattern.NKhfs;
        using SymmetricState transcript = new(HandshakePatterns.ProtocolName(pattern));
        transcript.MixHash([]);
        transcript.MixHash(PublicOf(s_responderStatic));
        transcript.MixHash(first.AsSpan(0, 32));
        transcript.MixKey(Agree(s_initiatorEphemeral, PublicOf(s_responderStatic)));
        byte[] kemPublic = new byte[MlKem768.EncapsulationKeyBytes];
        int offset = 32;
        if (isHybrid)
        {
            Assert.True(transcript.TryDecryptAndHash(first.AsSpan(offset, kemPublic.Length + 16), kemPublic));
            offset += kemPublic.Length + 16;
        }

        Assert.True(transcript.TryDecryptAndHash(first.AsSpan(offset), []));
        transcript.MixHash(second.AsSpan(0, 32));
        transcript.MixKey(Agree(s_initiatorEphemeral, second.AsSpan(0, 32)));
        offset = 32;
        if (isHybrid)
        {
            byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
            Assert.True(transcript.TryDecryptAndHash(second.AsSpan(offset, ciphertext.Length + 16), ciphertext));
            offset += ciphertext.Length + 16;
            transcript.MixKey(SharedSecret(kemPublic, ciphertext, kemSeed));
        }

        byte[] payload = new byte[s_secret.Length];
        return transcript.TryDecryptAndHash(second.AsSpan(offset), payload) && payload.AsSpan().SequenceEqual(s_secret);
    }

    private static byte[] SharedSecret(byte[] kemPublic, byte[] ciphertext, byte[]? kemSeed)
    {
        byte[] shared = new byte[32];
        if (kemSeed is not null)
        {
            byte[] regenerated = new byte[MlKem768.EncapsulationKeyBytes];
            byte[] kemPrivate = new byte[MlKem768.DecapsulationKeyBytes];
            MlKem768.GenerateKeyPair(kemSeed, regenerated, kemPrivate);
            Assert.Equal(kemPublic, regenerated);
            Assert.True(MlKem768.TryDecapsulate(kemPrivate, ciphertext, shared));
        }

        return shared;
    }

    private static byte[] Agree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey)
    {
        byte[] shared = new byte[32];
        Assert.True(X25519.TryAgree(privateKey, publicKey, shared));
        return shared;
    }

    private static byte[] PublicOf(byte[] privateKey)
    {
        byte[] publicKey = new byte[32];
        X25519.DerivePublicKey(privateKey, publicKey);
        return publicKey;
    }

    private static byte[] Repeated(byte value, int count)
    {
        byte[] bytes = new byte[count];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
