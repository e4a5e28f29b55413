namespace OnionSip.Nodes;

/// <summary>Why a call ended. (SIP.GATEWAY.STATUS)</summary>
public enum CallEndReason : byte
{
    None = 0,
    PhoneHungUp = 1,
    FarSideHungUp = 2,
    Refused = 3,
    Cancelled = 4,
    PathLost = 5,
    ProviderLost = 6,
    PhoneLost = 7,
    NoCommonCodec = 8,
    NotReached = 9,
}

/// <summary>Media figures of one call; "late" is defined in specs/media.md MEDIA.FIGURES. (MEDIA.FIGURES)</summary>
/// <param name="FramesSent">20 ms frames sent to the exit, silence included.</param>
/// <param name="SilenceSent">Of these, frames filled with silence because the phone had sent nothing.</param>
/// <param name="FramesReceived">20 ms frames of audio that came from the exit in order to be played.</param>
/// <param name="FramesLate">Frames from the exit that came after their tick had been filled.</param>
/// <param name="FramesMissing">Ticks towards the phone for which no frame had come.</param>
/// <param name="SlipsUp">Frames dropped or filled by the queue towards the exit.</param>
/// <param name="SlipsDown">Frames dropped or filled by the queue towards the phone.</param>
public sealed record CallFigures(
    long FramesSent, long SilenceSent, long FramesReceived, long FramesLate, long FramesMissing, long SlipsUp, long SlipsDown);
