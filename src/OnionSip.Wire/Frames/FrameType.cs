namespace OnionSip.Wire;

/// <summary>First byte of a frame. (WIRE.FRAME)</summary>
public enum FrameType : byte
{
    End = 0,
    Stream = 1,
    StreamAck = 2,
    StreamReset = 3,
    Flow = 4,
    FlowPart = 5,
    Report = 6,
}
