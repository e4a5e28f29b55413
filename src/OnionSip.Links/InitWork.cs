using System;
using System.Collections.Generic;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>The responder's handshake of one INIT, from the moment it is whole until it has its link. (NODE.WORK, LINK.INIT)</summary>
/// <remarks>
/// Drops:   HandshakeFailed, BadVersion, Malformed, UnknownPeer, NoCommonSuite; what depends on other links is for the table.
/// Secrets: the randomness drawn for it and the keys of the link, erased by <see cref="Erase"/> unless the link took them.
/// </remarks>
internal sealed class InitWork : NodeWork
{
    /// <summary>The responder's ephemeral key, then the message of the encapsulation.</summary>
    private const int Draws = 2;
    private const int DrawBytes = 32;

    private readonly LinkOptions _options;
    private readonly byte[] _message;
    private readonly byte[] _cookie;
    private X25519KeyPair? _staticKeys;
    private DrawnEntropy? _entropy;
    private IReadOnlyDictionary<LinkPublicKey, RelayId>? _peers;

    internal InitWork(LinkOptions options, HandshakeKey key, HandshakeRole role, FragmentBuffer whole, ReadOnlySpan<byte> cookie)
    {
        _options = options;
        _message = whole.Restore().ToArray();
        _cookie = cookie.ToArray();
        Key = key;
        Role = role;
        Prefix = SourcePrefix.Of(key.From);
        Asked = whole.Received;
    }

    internal HandshakeKey Key { get; }

    internal HandshakeRole Role { get; }

    internal SourcePrefix Prefix { get; }

    /// <summary>Fragments of this INIT that came: no more of the REPLY are sent.</summary>
    internal int Asked { get; private set; }

    internal ReadOnlySpan<byte> Cookie => _cookie;

    internal bool IsOut => _entropy is not null;

    internal LinkDrop Refused { get; private set; }

    internal RelayId? Peer { get; private set; }

    internal ulong Stamp { get; private set; }

    internal int PeerShard { get; private set; }

    internal uint LocalIndex { get; private set; }

    internal byte[] Reply { get; private set; } = [];

    internal LinkSender? Sender { get; private set; }

    internal LinkReceiver? Receiver { get; private set; }

    internal void Ask() => Asked = Asked == int.MaxValue ? Asked : Asked + 1;

    /// <summary>Gives it everything it needs to leave the machine; the peers must not change afterwards.</summary>
    internal void Prepare(
        uint localIndex, X25519KeyPair staticKeys, IReadOnlyDictionary<LinkPublicKey, RelayId> peers, Entropy entropy)
    {
        LocalIndex = localIndex;
        _staticKeys = staticKeys;
        _peers = peers;
        _entropy = new DrawnEntropy(entropy, Draws, DrawBytes);
    }

    public override void Run()
    {
        Invariant.Require(_entropy is not null, "a handshake was run before it was handed out");
        Span<byte> prologue = stackalloc byte[Prologue.Bytes];
        _ = Prologue.Build(Role, _options.NetworkId, _options.Identity!.Value.ToArray(), 0, prologue);
        using HandshakeState state = new(HandshakeForm.Pattern(Role), false, prologue, _staticKeys!, default, _entropy);
        Refused = Read(state, out HandshakePayload init);
        if (Refused == LinkDrop.None)
        {
            Refused = Answer(state, in init);
        }
    }

    /// <summary>Hands the keys over to the link.</summary>
    internal void GiveKeys(Link link)
    {
        link.Sender = Sender;
        link.Receiver = Receiver;
        Sender = null;
        Receiver = null;
    }

    public override void Erase()
    {
        _entropy?.Erase();
        Sender?.Dispose();
        Receiver?.Dispose();
        Sender = null;
        Receiver = null;
    }

    private LinkDrop Read(HandshakeState state, out HandshakePayload init)
    {
        init = default;
        Span<byte> plain = stackalloc byte[LinkLayout.PayloadBytes];
        if (state.ReadMessage(_message, plain, out _) != HandshakeRead.Ok)
        {
            return LinkDrop.HandshakeFailed;
        }

        LinkDrop drop = HandshakePayload.TryParse(plain, out init);
        if (drop != LinkDrop.None || Role == HandshakeRole.ClientLink)
        {
            return drop;
        }

        if (!_peers!.TryGetValue(LinkPublicKey.FromBytes(state.RemoteStaticPublic), out RelayId relay))
        {
            return LinkDrop.UnknownPeer;
        }

        Peer = relay;
        Stamp = init.Stamp;
        PeerShard = init.Shard;
        return LinkDrop.None;
    }

    private LinkDrop Answer(HandshakeState state, in HandshakePayload init)
    {
        if (!SuiteChoice.TryChoose(_options.Suites & SuiteChoice.Supported, (LinkSuites)init.Suites, out AeadSuite suite))
        {
            return LinkDrop.NoCommonSuite;
        }

        Span<byte> plain = stackalloc byte[LinkLayout.PayloadBytes];
        new HandshakePayload((byte)suite, LocalIndex, 0, _options.Shard).WriteTo(plain);
        Reply = new byte[HandshakeForm.MessageBytes(Role, HandshakeType.Reply)];
        if (state.WriteMessage(plain, Reply) == 0)
        {
            return LinkDrop.HandshakeFailed;
        }

        SessionKeys.Split(state, false, suite, init.ReceiverIndex, _options, out LinkSender sender, out LinkReceiver receiver);
        Sender = sender;
        Receiver = receiver;
        return LinkDrop.None;
    }
}
