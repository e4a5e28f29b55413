namespace OnionSip.Nodes;

/// <summary>Why the gateway did nothing with an input. (SIP.GATEWAY.DROPS)</summary>
public enum GatewayDrop : byte
{
    None = 0,

    /// <summary>The bytes are no SIP message.</summary>
    Malformed = 1,

    /// <summary>CR LF keep-alive.</summary>
    KeepAlive = 2,

    /// <summary>The sender is not on the gateway's own network.</summary>
    ForeignPhone = 3,

    /// <summary>A response that belongs to no transaction.</summary>
    StrayResponse = 4,

    /// <summary>An ACK that belongs to no call.</summary>
    StrayAck = 5,

    /// <summary>An identifier the gateway does not have (any longer).</summary>
    UnknownId = 6,

    /// <summary>A table is full.</summary>
    LimitReached = 7,

    /// <summary>Media from an address that is not part of the call.</summary>
    ForeignMedia = 8,

    /// <summary>Media that does not parse.</summary>
    BadMedia = 9,

    /// <summary>Media for a call that is not in a state to take it.</summary>
    EarlyMedia = 10,
}
