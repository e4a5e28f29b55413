using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>What makes one relay: its keys, roles and limits. (NODE.RELAY)</summary>
public sealed record RelayNodeOptions
{
    public required RelayId Identity { get; init; }

    /// <summary>X25519, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> LinkPrivateKey { get; init; }

    /// <summary>X25519, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> OnionPrivateKey { get; init; }

    public RelayRoles Roles { get; init; } = RelayRoles.Guard | RelayRoles.Middle;

    /// <summary>Policy lines, first match decides, nothing matching is refused.</summary>
    public IReadOnlyList<string> ExitPolicy { get; init; } = [];

    /// <summary>The relay's own addresses, never a destination of its exit.</summary>
    public IReadOnlyList<IpAddress> OwnAddresses { get; init; } = [];

    /// <summary>Nodes that are this relay together, each on a thread of its own. (LINK.SHARD)</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Which of them this is, from 0.</summary>
    public int Shard { get; init; }

    /// <summary>nodes.transmit_datagrams</summary>
    public int TransmitDatagrams { get; init; } = 4096;

    /// <summary>nodes.extends_waiting_max: EXTEND requests that wait for a link, in all.</summary>
    public int ExtendsWaitingMax { get; init; } = 256;

    /// <summary>True when the host polls for work and runs it elsewhere; else handshakes are done on the spot. (NODE.WORK)</summary>
    public bool HandsOutWork { get; init; }

    /// <summary>circuit.handshakes_per_second: what the worker's core does.</summary>
    public int HandshakesPerSecond { get; init; } = CircuitLimits.HandshakesPerSecond;

    public LinkShare RelayShare { get; init; } = LinkShare.Relay;

    public LinkShare PrefixShare { get; init; } = LinkShare.Prefix;

    public LinkShare ClientShare { get; init; } = LinkShare.Client;

    public VoiceOptions Voice { get; init; } = new();

    public CellRate VoiceRate { get; init; } = CellRate.Voice;

    public CellRate SignallingRate { get; init; } = CellRate.Signalling;

    public override string ToString() => "relay options";
}
