using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>One connection to a provider as the gateway asked for it, and what carries it through the circuit. (NODE.GATEWAY)</summary>
internal sealed class UpstreamBridge(OpenUpstream open)
{
    public OpenUpstream Open { get; } = open;

    /// <summary>The exit's own endpoint.</summary>
    public PeerAddress Local { get; set; }

    public PeerAddress Remote { get; set; }

    /// <summary>TLS and TCP run over a stream.</summary>
    public StreamKey? Stream { get; set; }

    /// <summary>UDP runs over an association.</summary>
    public FlowKey? Flow { get; set; }

    /// <summary>Bytes the circuit did not take yet.</summary>
    public List<byte> Backlog { get; } = [];
}
