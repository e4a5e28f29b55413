namespace OnionSip.Wire;

/// <summary>
/// Sizes and offsets of the datagram and the cell, in bytes. (WIRE.DATAGRAM, WIRE.SEALED, WIRE.RELAY-CELL)
/// </summary>
public static class WireLayout
{
    public const int DatagramBytes = 280;
    public const int ReceiverIndexOffset = 0;
    public const int ReceiverIndexBytes = 3;
    public const int KeyEpochOffset = 3;
    public const int CounterOffset = 4;
    public const int HeaderBytes = 8;
    public const int SealedBytes = 256;
    public const int TagBytes = 16;

    public const int CircuitIdOffset = 0;
    public const int SlotOffset = 4;
    public const int CellOffset = 8;
    public const int CellBytes = 248;

    public const int OwnerMarkBytes = 16;
    public const int BodyBytes = CellBytes - OwnerMarkBytes;

    public const int FrameHeaderBytes = 4;
    public const int MaxFramePayloadBytes = BodyBytes - FrameHeaderBytes;

    public const int FragmentBytes = 240;
    public const int MaxControlMessageBytes = 2048;
    public const int MaxFlowDatagramBytes = 1500;
    public const int MaxFlowParts = 8;
    public const int MaxConsentEndpoints = 8;
    public const int MaxAnswers = 16;
}
