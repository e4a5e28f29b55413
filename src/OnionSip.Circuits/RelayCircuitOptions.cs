using System;
using OnionSip.Crypto;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>What a relay's circuits need to know of the relay, and its limits. (CIRCUIT.LIMITS)</summary>
/// <remarks>Secrets: the onion key, owned by the caller; it must outlive the table.</remarks>
public sealed class RelayCircuitOptions
{
    private readonly byte[] _networkId;
    private byte[] _documentDigest = new byte[CreateLayout.DigestBytes];

    /// <exception cref="ArgumentException">The network id is not 32 bytes.</exception>
    public RelayCircuitOptions(RelayId identity, X25519KeyPair onionKey, ReadOnlySpan<byte> networkId)
    {
        ArgumentNullException.ThrowIfNull(onionKey);
        if (networkId.Length != Prologue.NetworkIdBytes)
        {
            throw new ArgumentException("a network id has 32 bytes", nameof(networkId));
        }

        Identity = identity;
        OnionKey = onionKey;
        _networkId = networkId.ToArray();
    }

    public RelayId Identity { get; }

    public X25519KeyPair OnionKey { get; }

    public ReadOnlySpan<byte> NetworkId => _networkId;

    /// <summary>The digest that CREATED carries.</summary>
    public ReadOnlySpan<byte> DocumentDigest => _documentDigest;

    public int MaxCircuits { get; init; } = CircuitLimits.MaxCircuits;

    public int MaxCircuitsPerLink { get; init; } = CircuitLimits.MaxCircuitsPerLink;

    public int MaxReassemblies { get; init; } = CircuitLimits.MaxReassemblies;

    public int MaxReassembliesPerLink { get; init; } = CircuitLimits.MaxReassembliesPerLink;

    public int HandshakesPerSecond { get; init; } = CircuitLimits.HandshakesPerSecond;

    public int HandshakeBurst { get; init; } = CircuitLimits.HandshakeBurst;

    /// <summary>circuit.max_work: handshakes under way at a time.</summary>
    public int MaxWork { get; init; } = CircuitLimits.MaxWork;

    /// <summary>circuit.max_waiting: CREATE messages that wait for a handshake.</summary>
    public int MaxWaiting { get; init; } = CircuitLimits.MaxWaiting;

    /// <summary>True when PollWork is called; else handshakes are done on the spot. (NODE.WORK)</summary>
    public bool HandsOutWork { get; init; }

    /// <summary>Who a link is; null: each link is taken for a relay's.</summary>
    public ILinkOrigins? Origins { get; init; }

    public LinkShare RelayShare { get; init; } = LinkShare.Relay;

    public LinkShare PrefixShare { get; init; } = LinkShare.Prefix;

    public LinkShare ClientShare { get; init; } = LinkShare.Client;

    public VoiceOptions Voice { get; init; } = new();

    public CellRate VoiceRate { get; init; } = CellRate.Voice;

    public CellRate SignallingRate { get; init; } = CellRate.Signalling;

    /// <summary>Sets what CREATED says from now on. (CIRCUIT.CREATE)</summary>
    /// <exception cref="ArgumentException">The digest is not 32 bytes.</exception>
    public void SetDocumentDigest(ReadOnlySpan<byte> digest)
    {
        if (digest.Length != CreateLayout.DigestBytes)
        {
            throw new ArgumentException("a document digest has 32 bytes", nameof(digest));
        }

        _documentDigest = digest.ToArray();
    }
}
