namespace OnionSip.Media;

/// <summary>What was agreed with one side of a call. (MEDIA.ANCHOR)</summary>
/// <param name="Law">The law in which this side is sent to; both are understood from it.</param>
/// <param name="AudioTo">The payload type of audio sent to this side.</param>
/// <param name="AudioFrom">The payload type of audio it sends; 0 and 8 are understood besides.</param>
/// <param name="EventTo">The payload type of telephone-event sent to this side; -1 when it wants none.</param>
/// <param name="EventFrom">The payload type of telephone-event it sends; -1 when none was agreed.</param>
/// <param name="FrameMilliseconds">The packet length this side is sent: 10, 20, 30 or 60.</param>
/// <param name="Sends">The gateway sends to this side.</param>
/// <param name="Receives">The gateway takes what this side sends.</param>
public readonly record struct LegFormat(
    G711Law Law, int AudioTo, int AudioFrom, int EventTo, int EventFrom, int FrameMilliseconds, bool Sends, bool Receives)
{
    /// <summary>What holds before anything was agreed.</summary>
    public static LegFormat Closed { get; } = new(G711Law.A, 8, 8, -1, -1, 20, false, false);

    /// <summary>The law of a payload type from this side; false when it is no audio.</summary>
    internal bool TryGetLaw(byte payloadType, out G711Law law)
    {
        law = payloadType == AudioFrom ? Law : (G711Law)payloadType;
        return payloadType == AudioFrom || payloadType is (byte)G711Law.Mu or (byte)G711Law.A;
    }
}

/// <summary>Why the anchor did nothing with a packet. (MEDIA.DROPS)</summary>
public enum MediaDrop : byte
{
    None = 0,
    Malformed,

    /// <summary>Not from the address this side announced.</summary>
    ForeignSource,

    /// <summary>A payload type that was not agreed: comfort noise and dynamic codecs among them.</summary>
    UnknownPayload,

    /// <summary>The direction agreed does not allow it now.</summary>
    NotNow,

    /// <summary>Audio older than what was already used.</summary>
    Old,

    /// <summary>A payload longer than 120 ms.</summary>
    TooLong,
}

/// <summary>Figures of one call. (MEDIA.FIGURES)</summary>
public readonly record struct MediaFigures(
    long FramesSent,
    long SilenceSent,
    long FramesReceived,
    long FramesLate,
    long FramesMissing,
    long Slips,
    long HeadersStripped,
    long PhoneRtcp);
