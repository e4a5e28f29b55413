using System;

namespace OnionSip.Media;

/// <summary>
/// Which way media flows, seen from whoever wrote the line; the flags may be combined and swapped. (MEDIA.DIRECTION)
/// </summary>
[Flags]
public enum SdpDirection : byte
{
    Inactive = 0,
    SendOnly = 1,
    ReceiveOnly = 2,
    SendReceive = SendOnly | ReceiveOnly,
}

/// <summary>The arithmetic of directions (RFC 3264 §6.1). (MEDIA.DIRECTION)</summary>
public static class SdpDirections
{
    /// <summary>The same flow seen from the other side.</summary>
    public static SdpDirection Swap(SdpDirection direction) => direction switch
    {
        SdpDirection.SendOnly => SdpDirection.ReceiveOnly,
        SdpDirection.ReceiveOnly => SdpDirection.SendOnly,
        _ => direction,
    };

    /// <summary>What may be answered to an offered direction by a side that wants <paramref name="wanted"/>.</summary>
    public static SdpDirection Answer(SdpDirection offered, SdpDirection wanted) => Swap(offered) & wanted;

    /// <summary>The attribute's name.</summary>
    public static string Word(SdpDirection direction) => direction switch
    {
        SdpDirection.SendOnly => "sendonly",
        SdpDirection.ReceiveOnly => "recvonly",
        SdpDirection.Inactive => "inactive",
        _ => "sendrecv",
    };

    internal static bool TryParse(string word, out SdpDirection direction)
    {
        direction = word.ToLowerInvariant() switch
        {
            "sendonly" => SdpDirection.SendOnly,
            "recvonly" => SdpDirection.ReceiveOnly,
            "inactive" => SdpDirection.Inactive,
            _ => SdpDirection.SendReceive,
        };
        return direction != SdpDirection.SendReceive
            || string.Equals(word, "sendrecv", StringComparison.OrdinalIgnoreCase);
    }
}
