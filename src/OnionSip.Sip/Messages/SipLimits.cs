namespace OnionSip.Sip;

/// <summary>
/// The bounds of everything that is read. Names and values stand in specs/parameters.md. (SIP.LIMITS)
/// </summary>
public static class SipLimits
{
    /// <summary>Header section and body together: sip.max_message_bytes.</summary>
    public const int MaxMessageBytes = 65_535;

    /// <summary>Header lines of one message: sip.max_headers.</summary>
    public const int MaxHeaders = 128;

    /// <summary>One header line after unfolding: sip.max_header_line_bytes.</summary>
    public const int MaxHeaderLineBytes = 8_192;

    /// <summary>
    /// One line that is written: quoting can make a value that was read twice as long. sip.max_written_line_bytes.
    /// </summary>
    public const int MaxWrittenLineBytes = 4 * MaxHeaderLineBytes;

    /// <summary>Parameters of one URI or header value: sip.max_parameters.</summary>
    public const int MaxParameters = 64;

    /// <summary>Values of one list header, over all its lines: sip.max_list_values.</summary>
    public const int MaxListValues = 64;

    /// <summary>Digest challenges of one message: sip.max_challenges.</summary>
    public const int MaxChallenges = 8;
}
