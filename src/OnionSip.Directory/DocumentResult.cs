namespace OnionSip.Directory;

/// <summary>Why a descriptor or a network document was not taken. (DIRECTORY.ERRORS)</summary>
public enum DocumentResult : byte
{
    None = 0,

    /// <summary>Longer than <see cref="DirectoryLimits"/> allows.</summary>
    TooLong,

    /// <summary>Not the protobuf message that was expected.</summary>
    Malformed,

    /// <summary>A version this build does not know.</summary>
    UnknownVersion,

    /// <summary>A field is missing, out of range or of the wrong size.</summary>
    BadField,

    /// <summary>A signature does not fit, or the expected signer did not sign.</summary>
    BadSignature,

    /// <summary>Two relays with one identity, or relays not in ascending order.</summary>
    BadOrder,

    /// <summary>Valid later than now.</summary>
    NotYetValid,

    /// <summary>Valid until before now.</summary>
    Expired,
}
