using System;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using OnionSip.Machines;

namespace OnionSip.Crypto;

/// <summary>One side of one Noise handshake, plain or hybrid. (CRYPTO.NOISE)</summary>
/// <remarks>
/// Shape:   the caller alternates <see cref="WriteMessage"/> and <see cref="ReadMessage"/>, the initiator writing first, until
///          <see cref="IsComplete"/>; then <see cref="Split"/> once. A failed read or write ends the handshake: OutOfOrder from then on.
/// Bounds:  messages of at most 65,535 bytes.
/// Drops:   WrongLength, BadKey, BadTag, OutOfOrder (never throws on peer input).
/// Throws:  InvalidOperationException for writing or splitting out of turn, ArgumentException for wrong lengths: caller mistakes.
/// Secrets: static, ephemeral and ML-KEM private keys are zeroed when the last message is done, the chaining key at Split,
///          everything on Dispose.
/// Entropy: drawn in this order: the initiator 32 bytes for e, 64 (d, then z of FIPS 203) for e1; the responder 32 for e, 32 (m) for ekem1.
/// </remarks>
public sealed class HandshakeState : IDisposable
{
    public const int MaxMessageBytes = 65535;
    public const int HashBytes = SymmetricState.HashBytes;
    public const int KeyBytes = Aead.KeyBytes;

    private const int StaticOffset = 0;
    private const int EphemeralOffset = 32;
    private const int LocalPublicOffset = 64;
    private const int RemoteEphemeralOffset = 96;
    private const int KemOffset = 128;

    private readonly HandshakePattern _pattern;
    private readonly bool _isInitiator;
    private readonly Entropy _entropy;
    private readonly SymmetricState _symmetric;
    private PublicKeyValue _remoteStaticPublic;
    private int _messageIndex;
    private bool _isFailed;
    private bool _isSplit;

    [InlineArray(X25519.PublicKeyBytes)]
    private struct PublicKeyValue
    {
        private byte _first;
    }

    /// <summary>Starts a handshake from raw keys.</summary>
    /// <remarks>
    /// The local static private key has 32 bytes, or none for the initiator of NK; the remote static public key has 32 bytes for
    /// the initiator and none for the responder, who learns it or never does.
    /// </remarks>
    public HandshakeState(
        HandshakePattern pattern,
        bool isInitiator,
        ReadOnlySpan<byte> prologue,
        ReadOnlySpan<byte> localStaticPrivate,
        ReadOnlySpan<byte> remoteStaticPublic,
        Entropy entropy)
        : this(pattern, isInitiator, entropy)
    {
        bool hasStatic = !isInitiator || HandshakePatterns.InitiatorHasStatic(pattern);
        Throw.IfLengthIsNot(hasStatic ? X25519.PrivateKeyBytes : 0, localStaticPrivate.Length, nameof(localStaticPrivate));
        if (hasStatic)
        {
            localStaticPrivate.CopyTo(LocalStatic);
            X25519.DerivePublicKey(localStaticPrivate, LocalStaticPublic);
        }

        Begin(prologue, remoteStaticPublic);
    }

    /// <summary>The same without working out the static public key again: for responders, who run many.</summary>
    public HandshakeState(
        HandshakePattern pattern,
        bool isInitiator,
        ReadOnlySpan<byte> prologue,
        X25519KeyPair localStatic,
        ReadOnlySpan<byte> remoteStaticPublic,
        Entropy entropy)
        : this(pattern, isInitiator, entropy)
    {
        ArgumentNullException.ThrowIfNull(localStatic);
        if (isInitiator && !HandshakePatterns.InitiatorHasStatic(pattern))
        {
            throw new ArgumentException("the initiator of this pattern has no static key", nameof(localStatic));
        }

        localStatic.CopyPrivateKeyTo(LocalStatic);
        localStatic.PublicKey.CopyTo(LocalStaticPublic);
        Begin(prologue, remoteStaticPublic);
    }

    private HandshakeState(HandshakePattern pattern, bool isInitiator, Entropy entropy)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        _pattern = pattern;
        _isInitiator = isInitiator;
        _entropy = entropy;
        int kemBytes = !HandshakePatterns.IsHybrid(pattern) ? 0
            : isInitiator ? MlKem768.DecapsulationKeyBytes : MlKem768.EncapsulationKeyBytes;
        _symmetric = new SymmetricState(HandshakePatterns.ProtocolName(pattern), KemOffset + kemBytes);
    }

    /// <summary>True when every message of the pattern was written or read.</summary>
    public bool IsComplete => !_isFailed && _messageIndex == HandshakePatterns.MessageCount(_pattern);

    /// <summary>The transcript hash so far; at the end both sides have the same: a channel binding.</summary>
    public ReadOnlySpan<byte> HandshakeHash => _symmetric.Hash;

    /// <summary>
    /// The peer's static key: given, or learnt from IK's first or XK's third message; all zero while unknown or unproven.
    /// </summary>
    public ReadOnlySpan<byte> RemoteStaticPublic => _remoteStaticPublic;

    private bool IsMyTurn => (_messageIndex & 1) == (_isInitiator ? 0 : 1);

    private Span<byte> LocalStatic => _symmetric.HandshakeSecrets.Slice(StaticOffset, X25519.PrivateKeyBytes);

    private Span<byte> LocalEphemeral => _symmetric.HandshakeSecrets.Slice(EphemeralOffset, X25519.PrivateKeyBytes);

    private Span<byte> LocalStaticPublic => _symmetric.HandshakeSecrets.Slice(LocalPublicOffset, X25519.PublicKeyBytes);

    private Span<byte> RemoteEphemeral => _symmetric.HandshakeSecrets.Slice(RemoteEphemeralOffset, X25519.PublicKeyBytes);

    private Span<byte> LocalKemPrivate => _symmetric.HandshakeSecrets.Slice(KemOffset, MlKem768.DecapsulationKeyBytes);

    private Span<byte> RemoteKemPublic => _symmetric.HandshakeSecrets.Slice(KemOffset, MlKem768.EncapsulationKeyBytes);

    /// <summary>The exact length of a message with such a payload.</summary>
    public static int MessageBytes(HandshakePattern pattern, int messageIndex, int payloadBytes) =>
        HandshakePatterns.Overhead(pattern, messageIndex) + payloadBytes;

    /// <summary>Writes this side's next message and returns its length (<see cref="MessageBytes"/>).</summary>
    /// <returns>0 when the peer's published static key is of low order: nothing was written and the handshake has failed.</returns>
    /// <remarks>The payload and the destination must not overlap.</remarks>
    public int WriteMessage(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        if (_isFailed || IsComplete || !IsMyTurn || _symmetric.IsDisposed)
        {
            throw new InvalidOperationException("not this side's turn to write");
        }

        int length = MessageBytes(_pattern, _messageIndex, payload.Length);
        Throw.IfShorterThan(length, MaxMessageBytes, nameof(payload));
        Throw.IfShorterThan(length, destination.Length, nameof(destination));
        int written = 0;
        foreach (HandshakeToken token in HandshakePatterns.Tokens(_pattern, _messageIndex))
        {
            int tokenBytes = WriteToken(token, destination[written..]);
            if (tokenBytes < 0)
            {
                destination[..written].Clear();
                Fail();
                return 0;
            }

            written += tokenBytes;
        }

        written += _symmetric.EncryptAndHash(payload, destination[written..]);
        FinishMessage();
        GC.KeepAlive(this);
        return written;
    }

    /// <summary>Reads the peer's next message; the payload goes to the start of <paramref name="payload"/>.</summary>
    /// <remarks>Unless Ok nothing is in the payload and the handshake has failed.</remarks>
    public HandshakeRead ReadMessage(ReadOnlySpan<byte> message, Span<byte> payload, out int payloadBytes)
    {
        payloadBytes = 0;
        if (_isFailed || IsComplete || IsMyTurn || _symmetric.IsDisposed)
        {
            return HandshakeRead.OutOfOrder;
        }

        int contentBytes = message.Length - MessageBytes(_pattern, _messageIndex, 0);
        HandshakeRead verdict = contentBytes < 0 || contentBytes > payload.Length || message.Length > MaxMessageBytes
            ? HandshakeRead.WrongLength
            : ReadBody(message, payload[..contentBytes]);
        if (verdict == HandshakeRead.Ok)
        {
            payloadBytes = contentBytes;
            FinishMessage();
        }
        else
        {
            Fail();
        }

        GC.KeepAlive(this);
        return verdict;
    }

    /// <summary>Gives the two transport keys, once; the chaining key is erased.</summary>
    /// <exception cref="InvalidOperationException">The handshake is not complete or was split before.</exception>
    public void Split(Span<byte> initiatorToResponderKey, Span<byte> responderToInitiatorKey)
    {
        Throw.IfLengthIsNot(KeyBytes, initiatorToResponderKey.Length, nameof(initiatorToResponderKey));
        Throw.IfLengthIsNot(KeyBytes, responderToInitiatorKey.Length, nameof(responderToInitiatorKey));
        if (!IsComplete || _isSplit)
        {
            throw new InvalidOperationException("split needs a complete handshake, once");
        }

        _isSplit = true;
        _symmetric.Split(initiatorToResponderKey, responderToInitiatorKey);
        _symmetric.Dispose();
        GC.KeepAlive(this);
    }

    public void Dispose()
    {
        _symmetric.Dispose();
        _isSplit = true;
    }

    private void Begin(ReadOnlySpan<byte> prologue, ReadOnlySpan<byte> remoteStaticPublic)
    {
        Throw.IfLengthIsNot(_isInitiator ? X25519.PublicKeyBytes : 0, remoteStaticPublic.Length, nameof(remoteStaticPublic));
        remoteStaticPublic.CopyTo(_remoteStaticPublic);
        _symmetric.MixHash(prologue);
        _symmetric.MixHash(_isInitiator ? _remoteStaticPublic : LocalStaticPublic);
        GC.KeepAlive(this);
    }

    /// <summary>Bytes written, or -1 when the peer's key is of no use.</summary>
    private int WriteToken(HandshakeToken token, Span<byte> destination)
    {
        switch (token)
        {
            case HandshakeToken.E:
                return WriteEphemeral(destination);
            case HandshakeToken.S:
                return _symmetric.EncryptAndHash(LocalStaticPublic, destination);
            case HandshakeToken.E1:
                return WriteKemPublic(destination);
            case HandshakeToken.Ekem1:
                return WriteKemCiphertext(destination);
            default:
                return TryMixAgreement(token) ? 0 : -1;
        }
    }

    private int WriteEphemeral(Span<byte> destination)
    {
        Span<byte> publicKey = destination[..X25519.PublicKeyBytes];
        _entropy.Fill(LocalEphemeral);
        X25519.DerivePublicKey(LocalEphemeral, publicKey);
        _symmetric.MixHash(publicKey);
        return publicKey.Length;
    }

    private int WriteKemPublic(Span<byte> destination)
    {
        Span<byte> seed = stackalloc byte[MlKem768.SeedBytes];
        Span<byte> publicKey = stackalloc byte[MlKem768.EncapsulationKeyBytes];
        _entropy.Fill(seed);
        MlKem768.GenerateKeyPair(seed, publicKey, LocalKemPrivate);
        CryptographicOperations.ZeroMemory(seed);
        return _symmetric.EncryptAndHash(publicKey, destination);
    }

    private int WriteKemCiphertext(Span<byte> destination)
    {
        Span<byte> randomness = stackalloc byte[MlKem768.RandomnessBytes];
        Span<byte> shared = stackalloc byte[MlKem768.SharedSecretBytes];
        Span<byte> ciphertext = stackalloc byte[MlKem768.CiphertextBytes];
        _entropy.Fill(randomness);
        int written = -1;
        if (MlKem768.TryEncapsulate(RemoteKemPublic, randomness, ciphertext, shared))
        {
            written = _symmetric.EncryptAndHash(ciphertext, destination);
            _symmetric.MixKey(shared);
        }

        CryptographicOperations.ZeroMemory(randomness);
        CryptographicOperations.ZeroMemory(shared);
        return written;
    }

    private HandshakeRead ReadBody(ReadOnlySpan<byte> message, Span<byte> payload)
    {
        foreach (HandshakeToken token in HandshakePatterns.Tokens(_pattern, _messageIndex))
        {
            HandshakeRead verdict = ReadToken(token, ref message);
            if (verdict != HandshakeRead.Ok)
            {
                return verdict;
            }
        }

        if (_symmetric.TryDecryptAndHash(message, payload))
        {
            return HandshakeRead.Ok;
        }

        payload.Clear();
        return HandshakeRead.BadTag;
    }

    private HandshakeRead ReadToken(HandshakeToken token, ref ReadOnlySpan<byte> message)
    {
        switch (token)
        {
            case HandshakeToken.E:
                Take(ref message, X25519.PublicKeyBytes).CopyTo(RemoteEphemeral);
                _symmetric.MixHash(RemoteEphemeral);
                return HandshakeRead.Ok;
            case HandshakeToken.S:
                ReadOnlySpan<byte> sealedKey = Take(ref message, X25519.PublicKeyBytes + _symmetric.Expansion);
                return _symmetric.TryDecryptAndHash(sealedKey, _remoteStaticPublic) ? HandshakeRead.Ok : HandshakeRead.BadTag;
            case HandshakeToken.E1:
                return ReadKemPublic(Take(ref message, MlKem768.EncapsulationKeyBytes + _symmetric.Expansion));
            case HandshakeToken.Ekem1:
                return ReadKemCiphertext(Take(ref message, MlKem768.CiphertextBytes + _symmetric.Expansion));
            default:
                return TryMixAgreement(token) ? HandshakeRead.Ok : HandshakeRead.BadKey;
        }
    }

    /// <summary>Checked here and not when answering, so that a peer cannot make this side's own message fail.</summary>
    private HandshakeRead ReadKemPublic(ReadOnlySpan<byte> sealedKey)
    {
        if (!_symmetric.TryDecryptAndHash(sealedKey, RemoteKemPublic))
        {
            return HandshakeRead.BadTag;
        }

        return KemPublicKey.IsReduced(RemoteKemPublic) ? HandshakeRead.Ok : HandshakeRead.BadKey;
    }

    private HandshakeRead ReadKemCiphertext(ReadOnlySpan<byte> sealedCiphertext)
    {
        Span<byte> ciphertext = stackalloc byte[MlKem768.CiphertextBytes];
        if (!_symmetric.TryDecryptAndHash(sealedCiphertext, ciphertext))
        {
            return HandshakeRead.BadTag;
        }

        Span<byte> shared = stackalloc byte[MlKem768.SharedSecretBytes];
        bool isOpened = MlKem768.TryDecapsulate(LocalKemPrivate, ciphertext, shared);
        if (isOpened)
        {
            _symmetric.MixKey(shared);
        }

        CryptographicOperations.ZeroMemory(shared);
        return isOpened ? HandshakeRead.Ok : HandshakeRead.BadKey;
    }

    /// <summary>Does the DH that the token names; its first letter is the initiator's key, its second the responder's.</summary>
    private bool TryMixAgreement(HandshakeToken token)
    {
        bool initiatorUsesStatic = token is HandshakeToken.SE or HandshakeToken.SS;
        bool responderUsesStatic = token is HandshakeToken.ES or HandshakeToken.SS;
        bool localUsesStatic = _isInitiator ? initiatorUsesStatic : responderUsesStatic;
        bool remoteUsesStatic = _isInitiator ? responderUsesStatic : initiatorUsesStatic;
        Span<byte> shared = stackalloc byte[X25519.SharedSecretBytes];
        bool agreed = X25519.TryAgree(
            localUsesStatic ? LocalStatic : LocalEphemeral,
            remoteUsesStatic ? _remoteStaticPublic : RemoteEphemeral,
            shared);
        if (agreed)
        {
            _symmetric.MixKey(shared);
        }

        CryptographicOperations.ZeroMemory(shared);
        return agreed;
    }

    private void FinishMessage()
    {
        _messageIndex++;
        if (IsComplete)
        {
            CryptographicOperations.ZeroMemory(_symmetric.HandshakeSecrets);
        }
    }

    private void Fail()
    {
        _isFailed = true;
        if (!_isInitiator)
        {
            // Learnt from a message that did not hold: nobody proved it.
            ((Span<byte>)_remoteStaticPublic).Clear();
        }

        Dispose();
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> source, int bytes)
    {
        ReadOnlySpan<byte> taken = source[..bytes];
        source = source[bytes..];
        return taken;
    }
}
