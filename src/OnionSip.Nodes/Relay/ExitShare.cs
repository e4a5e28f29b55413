using System.Collections.Generic;
using System.Linq;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>What all exit streams and associations of one relay have in common: rules, budgets, places. (NODE.EXIT)</summary>
internal sealed class ExitShare
{
    public ExitShare(
        RelayNodeOptions options, bool isTestNetwork, Queue<RelayEvent> events, ExitDatagramQueue outgoing, DropCounters<RelayDrop> drops)
    {
        Events = events;
        Outgoing = outgoing;
        Drops = drops;
        bool hasPolicy = ExitPolicy.TryParse(options.ExitPolicy, out ExitPolicy policy, out _);
        IsExit = hasPolicy && options.Roles.HasFlag(RelayRoles.Exit);
        Rules = new(new ForbiddenAddresses(options.OwnAddresses.ToArray(), isTestNetwork), IsExit ? policy : ExitPolicy.RejectAll);
    }

    /// <summary>The relay has the role and a policy that parses.</summary>
    public bool IsExit { get; }

    public Queue<RelayEvent> Events { get; }

    public ExitDatagramQueue Outgoing { get; }

    public DropCounters<RelayDrop> Drops { get; }

    public ExitRules Rules { get; }

    public ExitAdmission Admission { get; } = new();

    public DestinationBudget Budget { get; } = new();

    /// <summary>Where a hop reads a control message; one for all hops, since only one runs at a time.</summary>
    public byte[] Received { get; } = new byte[WireLayout.MaxControlMessageBytes];

    /// <summary>Where a hop writes a control message before it is queued.</summary>
    public byte[] Written { get; } = new byte[WireLayout.MaxControlMessageBytes];

    /// <summary>Where a datagram of a flow is taken apart or put together.</summary>
    public byte[] Datagram { get; } = new byte[WireLayout.MaxFlowDatagramBytes + ExitEndpoint.MaxBytes];

    public bool AllowsTcp(in PeerAddress destination) => Rules.Check(ExitTransport.Tcp, destination) == ExitVerdict.Allowed;
}
