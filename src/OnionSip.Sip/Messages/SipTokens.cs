using System;
using OnionSip.Machines;

namespace OnionSip.Sip;

/// <summary>The random words of a message: nothing in them says who made them. (SIP.TOKENS)</summary>
public static class SipTokens
{
    /// <summary>The magic cookie and 128 random bits.</summary>
    public static string Branch(Entropy entropy) => ViaValue.MagicCookie + Hex(entropy, 16);

    /// <summary>128 random bits and no host part.</summary>
    public static string CallId(Entropy entropy) => Hex(entropy, 16);

    /// <summary>64 random bits (RFC 3261 §19.3 asks for 32).</summary>
    public static string Tag(Entropy entropy) => Hex(entropy, 8);

    /// <summary>128 random bits.</summary>
    public static string ClientNonce(Entropy entropy) => Hex(entropy, 16);

    private static string Hex(Entropy entropy, int bytes)
    {
        Span<byte> drawn = stackalloc byte[16];
        drawn = drawn[..bytes];
        entropy.Fill(drawn);
        return Convert.ToHexStringLower(drawn);
    }
}
