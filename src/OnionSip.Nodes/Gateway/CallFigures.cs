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
/// <param name="FramesReceived">20 ms frames of audio that came from the exit and went to the phone.</param>
/// <param name="FramesLate">Packets from the exit whose transit was 60 ms or more above the smallest.</param>
/// <param name="FramesMissing">Packets from the exit that never came, by sequence number.</param>
/// <param name="Slips">Frames dropped or filled towards the exit because the phone's clock is not the tick.</param>
public sealed record CallFigures(
    long FramesSent, long SilenceSent, long FramesReceived, long FramesLate, long FramesMissing, long Slips);
