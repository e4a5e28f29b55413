namespace OnionSip.Nodes;

/// <summary>One address of record (user and domain) that a phone uses through the gateway. (SIP.GATEWAY)</summary>
public readonly record struct AccountId(int Value);

/// <summary>One circuit wanted for one account; a new number each time one is asked for. (SIP.GATEWAY)</summary>
public readonly record struct GatewayPathId(int Value);

/// <summary>One connection, through a path, to a provider. (SIP.GATEWAY)</summary>
public readonly record struct UpstreamId(int Value);

/// <summary>One question to the resolver at the exit. (SIP.GATEWAY)</summary>
public readonly record struct ResolveId(int Value);

/// <summary>One TCP connection of a phone; chosen by the host. (SIP.GATEWAY)</summary>
public readonly record struct PhoneConnectionId(int Value);

/// <summary>One pair of UDP sockets (RTP even, RTCP odd) on the phone's side. (SIP.GATEWAY)</summary>
public readonly record struct LocalMediaId(int Value);

/// <summary>One association at an exit: an even port and its odd neighbour. (SIP.GATEWAY)</summary>
public readonly record struct CallMediaId(int Value);

/// <summary>One call as the status shows it. (SIP.GATEWAY)</summary>
public readonly record struct GatewayCallId(int Value);
