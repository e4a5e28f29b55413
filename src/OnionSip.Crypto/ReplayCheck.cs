namespace OnionSip.Crypto;

/// <summary>What a replay window says of a counter. (CRYPTO.REPLAY)</summary>
public enum ReplayCheck
{
    Fresh = 0,
    Replayed,
    TooOld,
    TooFar,
}
