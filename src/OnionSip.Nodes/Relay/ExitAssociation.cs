using OnionSip.Streams;

namespace OnionSip.Nodes;

/// <summary>One pair of UDP ports of an exit and its rules. (NODE.EXIT, EXIT.CONSENT)</summary>
internal sealed class ExitAssociation(UdpAssociation rules)
{
    public UdpAssociation Rules { get; } = rules;

    /// <summary>The host has bound the ports.</summary>
    public bool IsBound { get; set; }
}
