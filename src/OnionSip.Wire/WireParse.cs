namespace OnionSip.Wire;

/// <summary>Why bytes were refused; <see cref="None"/> means they were read. (WIRE.ERRORS)</summary>
public enum WireParse : byte
{
    None = 0,

    /// <summary>Fewer bytes than the message needs.</summary>
    Truncated = 1,

    /// <summary>Bytes after the end of the message.</summary>
    TrailingBytes = 2,

    /// <summary>A type, command or kind that is not known here.</summary>
    BadType = 3,

    /// <summary>A length beyond its bounds.</summary>
    BadLength = 4,

    /// <summary>A count or index outside its range.</summary>
    BadCount = 5,

    /// <summary>A reserved or impossible stream, flow or circuit id.</summary>
    BadId = 6,

    /// <summary>An address family other than 4 or 6, or an IPv4 address written as IPv6.</summary>
    BadAddress = 7,

    /// <summary>A name that is empty, too long or not printable ASCII.</summary>
    BadName = 8,

    /// <summary>A status outside the table.</summary>
    BadStatus = 9,

    /// <summary>A non-zero byte where zeros are required.</summary>
    NonZeroFill = 10,

    /// <summary>Numbers that contradict each other, such as a range that ends before it starts.</summary>
    BadRange = 11,
}
