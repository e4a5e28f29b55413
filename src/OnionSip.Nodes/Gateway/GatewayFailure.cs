namespace OnionSip.Nodes;

/// <summary>Why something beyond the guard is not there (any longer). (SIP.GATEWAY.FAIL-CLOSED)</summary>
public enum GatewayFailure : byte
{
    None = 0,

    /// <summary>No circuit could be built.</summary>
    NoPath = 1,

    /// <summary>The circuit is gone: guard, middle or exit died.</summary>
    PathLost = 2,

    /// <summary>The exit's policy refuses.</summary>
    Refused = 3,

    /// <summary>The exit has no room.</summary>
    Busy = 4,

    /// <summary>The provider does not answer.</summary>
    Unreachable = 5,

    /// <summary>The name does not exist.</summary>
    NotFound = 6,

    /// <summary>The provider closed the connection.</summary>
    Closed = 7,

    /// <summary>The provider's certificate is not for the account's domain, or nobody trusted signed it.</summary>
    BadCertificate = 8,

    /// <summary>Nothing came in time.</summary>
    Timeout = 9,
}
