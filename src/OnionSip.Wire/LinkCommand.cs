namespace OnionSip.Wire;

/// <summary>First byte of a link message. (WIRE.LINK-MESSAGE)</summary>
public enum LinkCommand : byte
{
    Padding = 0,
    Ping = 1,
    Pong = 2,
    Create = 3,
    Created = 4,
    Destroy = 5,
    Close = 6,
}

/// <summary>Why a request on stream 0 failed. (WIRE.STATUS)</summary>
public enum ControlStatus : byte
{
    None = 0,
    Refused = 1,
    Busy = 2,
    Unreachable = 3,
    NotFound = 4,
    Closed = 5,
    BadRequest = 6,
}
