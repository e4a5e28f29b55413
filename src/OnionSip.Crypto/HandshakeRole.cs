namespace OnionSip.Crypto;

/// <summary>What a handshake is for; bound by its prologue. (CRYPTO.PROLOGUE)</summary>
public enum HandshakeRole : byte
{
    /// <summary>Relay to relay, pattern IKhfs.</summary>
    RelayLink = 1,

    /// <summary>Client to relay, pattern NKhfs.</summary>
    ClientLink = 2,

    /// <summary>CREATE and EXTEND, pattern NKhfs.</summary>
    Circuit = 3,

    /// <summary>Between the ends of an onion call, pattern XKhfs.</summary>
    EndToEnd = 4,
}
