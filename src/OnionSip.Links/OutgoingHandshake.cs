using System;
using System.Security.Cryptography;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>The initiator's side of one link handshake. (LINK.HANDSHAKE, LINK.RETRY)</summary>
/// <remarks>
/// Shape:   Hello until a COOKIE comes, then Init until a REPLY is whole; each is sent at most
///          <see cref="LinkParameters.HandshakeTries"/> times with doubling pauses.
/// Bounds:  one INIT message, one reassembly; a damaged REPLY starts it anew, at most <see cref="LinkParameters.HandshakeRestarts"/> times.
/// Drops:   UnknownHandshake, UnexpectedCookie, BadMac, DuplicateFragment, HandshakeFailed, NoCommonSuite, BadVersion, Malformed.
/// Secrets: the handshake state, erased on Dispose.
/// </remarks>
internal sealed class OutgoingHandshake : IDisposable
{
    /// <summary>From this try on HELLO goes along with INIT: the responder may have lost its cookie secret.</summary>
    private const int AskCookieAgainTry = 3;

    private readonly LinkTarget _target;
    private readonly HandshakeRole _role;
    private readonly LinkOptions _options;
    private readonly X25519KeyPair? _staticKeys;
    private readonly Entropy _entropy;
    private readonly DatagramQueue _queue;
    private readonly byte[] _nonce = new byte[LinkLayout.NonceBytes];
    private readonly byte[] _cookie = new byte[LinkLayout.CookieBytes];
    private readonly FragmentBuffer _reply = new();
    private HandshakeState? _state;
    private byte[]? _init;
    private TimeSpan _pause;
    private int _tries;
    private int _restarts;
    private bool _isCookieWanted;

    internal OutgoingHandshake(
        in LinkTarget target, LinkOptions options, X25519KeyPair? staticKeys, Entropy entropy, DatagramQueue queue)
    {
        _target = target;
        _options = options;
        _staticKeys = staticKeys;
        _role = staticKeys is null ? HandshakeRole.ClientLink : HandshakeRole.RelayLink;
        _entropy = entropy;
        _queue = queue;
    }

    internal ulong Id { get; private set; }

    internal Instant RetransmitAt { get; private set; } = Instant.Never;

    /// <summary>True after a whole REPLY that did not hold: the handshake state is of no more use.</summary>
    internal bool IsSpoilt { get; private set; }

    /// <summary>Draws a nonce and says HELLO.</summary>
    internal void Begin(Instant now)
    {
        _state?.Dispose();
        _state = null;
        _init = null;
        IsSpoilt = false;
        _entropy.Fill(_nonce);
        Id = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(_nonce);
        StartTries(now);
        SendHello();
    }

    /// <summary>Takes a COOKIE that carries this handshake's id; the first one brings the INIT out.</summary>
    /// <param name="isFailed">True when the target's key cannot be used at all.</param>
    internal LinkDrop HandleCookie(Instant now, ReadOnlySpan<byte> datagram, HandshakePayload payload, out bool isFailed)
    {
        isFailed = false;
        LinkDrop drop = HandshakeDatagram.CheckCookie(datagram);
        if (drop != LinkDrop.None)
        {
            return drop;
        }

        ReadOnlySpan<byte> nonce = datagram.Slice(LinkLayout.NonceOffset, LinkLayout.NonceBytes);
        if (!CryptographicOperations.FixedTimeEquals(nonce, _nonce))
        {
            return LinkDrop.UnknownHandshake;
        }

        if (!_isCookieWanted)
        {
            return LinkDrop.UnexpectedCookie;
        }

        _isCookieWanted = false;
        datagram.Slice(LinkLayout.CookieOffset, LinkLayout.CookieBytes).CopyTo(_cookie);
        if (_init is not null)
        {
            // A second cookie is used from the next retry on: a COOKIE never makes us send at once twice.
            return LinkDrop.None;
        }

        isFailed = !TryMakeInit(payload);
        if (!isFailed)
        {
            StartTries(now);
            SendInit();
        }

        return LinkDrop.None;
    }

    /// <summary>Takes a fragment of the REPLY; once it is whole and good, the keys are handed out.</summary>
    internal LinkDrop HandleReply(ReadOnlySpan<byte> datagram, out LinkSender? sender, out LinkReceiver? receiver, out int shard)
    {
        sender = null;
        receiver = null;
        shard = Link.UnknownShard;
        if (_init is null)
        {
            return LinkDrop.UnknownHandshake;
        }

        LinkDrop drop = HandshakeDatagram.CheckFragment(HandshakeType.Reply, datagram);
        if (drop != LinkDrop.None)
        {
            return drop;
        }

        if (!FragmentMac.Verify(_cookie, datagram))
        {
            return LinkDrop.BadMac;
        }

        if (datagram[LinkLayout.RoleOffset] != (byte)_role)
        {
            return LinkDrop.InconsistentFragment;
        }

        int index = datagram[LinkLayout.FragmentIndexOffset];
        if (!_reply.TryAdd(index, datagram.Slice(LinkLayout.FragmentOffset, LinkLayout.FragmentBytes)))
        {
            return LinkDrop.DuplicateFragment;
        }

        return _reply.IsComplete ? Finish(_reply.Restore(), out sender, out receiver, out shard) : LinkDrop.None;
    }

    /// <summary>Starts again after a REPLY that did not hold; false when that happened too often.</summary>
    internal bool TryRestart(Instant now)
    {
        if (_restarts == LinkParameters.HandshakeRestarts)
        {
            return false;
        }

        _restarts++;
        Begin(now);
        return true;
    }

    /// <summary>Sends again; false when it was sent often enough.</summary>
    internal bool TryRetransmit(Instant now)
    {
        if (_tries == LinkParameters.HandshakeTries)
        {
            return false;
        }

        _tries++;
        _pause += _pause;
        RetransmitAt = now + _pause;
        if (_init is not null)
        {
            SendInit();
        }

        if (_init is null || _tries >= AskCookieAgainTry)
        {
            SendHello();
        }

        return true;
    }

    public void Dispose()
    {
        _state?.Dispose();
        CryptographicOperations.ZeroMemory(_cookie);
    }

    private void StartTries(Instant now)
    {
        _tries = 1;
        _pause = LinkParameters.HandshakeRetry;
        RetransmitAt = now + _pause;
    }

    private void SendHello()
    {
        _isCookieWanted = true;
        if (_queue.TryAdd(_target.Address, out Span<byte> datagram, isOpened: true))
        {
            HandshakeDatagram.WriteHello(_nonce, datagram);
        }
    }

    private void SendInit()
    {
        int fragments = HandshakeForm.Fragments(_init!.Length) + 1;
        for (int index = 0; index < fragments; index++)
        {
            if (_queue.TryAdd(_target.Address, out Span<byte> datagram, isOpened: true))
            {
                HandshakeDatagram.WriteFragment(HandshakeType.Init, _role, Id, _init, index, _cookie, datagram);
            }
        }
    }

    private bool TryMakeInit(HandshakePayload payload)
    {
        Span<byte> prologue = stackalloc byte[Prologue.Bytes];
        Span<byte> plain = stackalloc byte[LinkLayout.PayloadBytes];
        _ = Prologue.Build(_role, _options.NetworkId, _target.Relay.ToArray(), 0, prologue);
        HandshakePattern pattern = HandshakeForm.Pattern(_role);
        byte[] remote = _target.Key.ToArray();
        _state = _staticKeys is null
            ? new HandshakeState(pattern, true, prologue, default(ReadOnlySpan<byte>), remote, _entropy)
            : new HandshakeState(pattern, true, prologue, _staticKeys, remote, _entropy);
        payload.WriteTo(plain);
        byte[] message = new byte[HandshakeForm.MessageBytes(_role, HandshakeType.Init)];
        if (_state.WriteMessage(plain, message) == 0)
        {
            return false;
        }

        _init = message;
        _reply.Begin(HandshakeForm.MessageBytes(_role, HandshakeType.Reply));
        return true;
    }

    private LinkDrop Finish(ReadOnlySpan<byte> message, out LinkSender? sender, out LinkReceiver? receiver, out int shard)
    {
        sender = null;
        receiver = null;
        shard = Link.UnknownShard;
        IsSpoilt = true;
        Span<byte> plain = stackalloc byte[LinkLayout.PayloadBytes];
        if (_state!.ReadMessage(message, plain, out _) != HandshakeRead.Ok)
        {
            return LinkDrop.HandshakeFailed;
        }

        LinkDrop drop = HandshakePayload.TryParse(plain, out HandshakePayload payload);
        if (drop != LinkDrop.None)
        {
            return drop;
        }

        AeadSuite suite = (AeadSuite)payload.Suites;
        if (!SuiteChoice.IsOffered(_options.Suites & SuiteChoice.Supported, suite))
        {
            return LinkDrop.NoCommonSuite;
        }

        shard = payload.Shard;
        SessionKeys.Split(_state, true, suite, payload.ReceiverIndex, _options, out sender, out receiver);
        IsSpoilt = false;
        return LinkDrop.None;
    }
}
