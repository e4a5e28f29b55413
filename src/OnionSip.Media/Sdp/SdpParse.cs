namespace OnionSip.Media;

/// <summary>What became of octets that claim to be a session description. (MEDIA.SDP)</summary>
public enum SdpParse : byte
{
    Accepted = 0,

    /// <summary>No octets.</summary>
    Empty,

    /// <summary>Larger than <see cref="SdpLimits.MaxBytes"/>.</summary>
    TooLong,

    /// <summary>More than <see cref="SdpLimits.MaxLines"/> lines.</summary>
    TooManyLines,

    /// <summary>More than <see cref="SdpLimits.MaxMedia"/> media descriptions.</summary>
    TooManyMedia,

    /// <summary>A line that is no <c>letter=value</c>, or holds a control character.</summary>
    BadLine,

    /// <summary>The first line is not <c>v=0</c>.</summary>
    BadVersion,

    /// <summary>An o= line without six fields.</summary>
    BadOrigin,

    /// <summary>A c= line that does not parse.</summary>
    BadConnection,

    /// <summary>An m= line that does not parse.</summary>
    BadMedia,

    /// <summary>No o= line.</summary>
    MissingOrigin,
}

/// <summary>
/// The bounds of a description that is read. Names and values stand in specs/parameters.md. (MEDIA.SDP)
/// </summary>
public static class SdpLimits
{
    /// <summary>sdp.max_bytes</summary>
    public const int MaxBytes = 16_384;

    /// <summary>sdp.max_lines</summary>
    public const int MaxLines = 512;

    /// <summary>sdp.max_media</summary>
    public const int MaxMedia = 16;

    /// <summary>Formats of one m= line: sdp.max_formats.</summary>
    public const int MaxFormats = 64;
}
