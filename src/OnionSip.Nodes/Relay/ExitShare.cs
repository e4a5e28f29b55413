using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Streams;

namespace OnionSip.Nodes;

/// <summary>What all exit streams and associations of one relay have in common: policy, budgets, totals. (NODE.EXIT)</summary>
internal sealed class ExitShare
{
    public ExitShare(
        RelayNodeOptions options, bool isTestNetwork, Queue<RelayEvent> events, ExitDatagramQueue outgoing, DropCounters<RelayDrop> drops)
    {
        Events = events;
        Outgoing = outgoing;
        Drops = drops;
        Rules = ExitRules.Create(options, isTestNetwork);
    }

    public Queue<RelayEvent> Events { get; }

    public ExitDatagramQueue Outgoing { get; }

    public DropCounters<RelayDrop> Drops { get; }

    public ExitRules Rules { get; }

    /// <summary>Streams open in all circuits.</summary>
    public int Streams { get; set; }

    /// <summary>Associations open in all circuits.</summary>
    public int Associations { get; set; }
}
