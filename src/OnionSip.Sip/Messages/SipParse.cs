namespace OnionSip.Sip;

/// <summary>What became of octets that claim to be a SIP message. (SIP.MESSAGE)</summary>
public enum SipParse : byte
{
    /// <summary>A whole message.</summary>
    Accepted = 0,

    /// <summary>Nothing but line ends: a keep-alive (RFC 5626 §4.4.1).</summary>
    KeepAlive,

    /// <summary>The header section has no end.</summary>
    Truncated,

    /// <summary>Larger than <see cref="SipLimits.MaxMessageBytes"/>.</summary>
    TooLong,

    /// <summary>Neither a request line nor a status line.</summary>
    BadStartLine,

    /// <summary>The request URI does not parse, or has a header part.</summary>
    BadRequestUri,

    /// <summary>A version other than SIP/2.0.</summary>
    BadVersion,

    /// <summary>A header line without a name, with a bare CR or LF, or a value that does not parse.</summary>
    BadHeader,

    /// <summary>More than <see cref="SipLimits.MaxHeaders"/> header lines.</summary>
    TooManyHeaders,

    /// <summary>An unfolded header line longer than <see cref="SipLimits.MaxHeaderLineBytes"/>.</summary>
    HeaderTooLong,

    /// <summary>Via, From, To, Call-ID or CSeq is missing.</summary>
    MissingMandatory,

    /// <summary>A field that may stand once stands twice.</summary>
    DuplicateHeader,

    /// <summary>A Via value does not parse.</summary>
    BadVia,

    /// <summary>From, To or Contact does not parse.</summary>
    BadAddress,

    /// <summary>The CSeq number or method does not parse or is 2^31 or more.</summary>
    BadCSeq,

    /// <summary>The CSeq method is not the request's method.</summary>
    MethodMismatch,

    /// <summary>Max-Forwards is no number of 0 to 255.</summary>
    BadMaxForwards,

    /// <summary>Content-Length is no number, is given twice differently, or is larger than the datagram.</summary>
    BadContentLength,

    /// <summary>A message on a stream without Content-Length.</summary>
    MissingContentLength,
}
