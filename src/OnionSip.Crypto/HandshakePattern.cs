namespace OnionSip.Crypto;

/// <summary>The Noise patterns; the plain ones exist for public vectors only. (CRYPTO.NOISE)</summary>
public enum HandshakePattern
{
    NK,
    IK,
    XK,
    NKhfs,
    IKhfs,
    XKhfs,
}
