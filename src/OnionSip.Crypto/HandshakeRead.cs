namespace OnionSip.Crypto;

/// <summary>What became of a handshake message. (CRYPTO.NOISE)</summary>
public enum HandshakeRead
{
    Ok = 0,

    /// <summary>Shorter than the pattern's message, longer than 65,535 bytes, or its payload does not fit the caller's buffer.</summary>
    WrongLength,

    /// <summary>An X25519 key of low order or an ML-KEM key that is not reduced.</summary>
    BadKey,

    /// <summary>Forged, damaged, or made under another prologue or key.</summary>
    BadTag,

    /// <summary>Not this side's turn, or an earlier message failed.</summary>
    OutOfOrder,
}
