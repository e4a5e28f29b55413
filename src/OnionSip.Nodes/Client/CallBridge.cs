using System.Collections.Generic;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>One call's path and association. (NODE.CALL-PATH)</summary>
internal sealed class CallBridge(Associate associate, IReadOnlyList<RelayId> relays)
{
    public CallMediaId Media => associate.Media;

    public GatewayCallId Call => associate.Call;

    public bool IsIPv6 => associate.IsIPv6;

    /// <summary>Those of the account's path, guard first.</summary>
    public IReadOnlyList<RelayId> Relays => relays;

    public PathId Path { get; set; }

    public FlowKey? Flow { get; set; }

    public int Attempts { get; set; }

    /// <summary>A relay had no room for the call.</summary>
    public bool WasRefused { get; set; }

    /// <summary>The gateway still wants it.</summary>
    public bool IsOpen { get; set; } = true;
}
