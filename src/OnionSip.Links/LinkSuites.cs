using System;
using OnionSip.Crypto;

namespace OnionSip.Links;

/// <summary>The AEADs a node offers, as bits on the wire. (LINK.SUITE)</summary>
[Flags]
public enum LinkSuites : byte
{
    None = 0,
    Aes256Gcm = 1,
    ChaCha20Poly1305 = 2,
}

/// <summary>Chooses the AEAD of a link. (LINK.SUITE)</summary>
internal static class SuiteChoice
{
    /// <summary>What this processor can run.</summary>
    internal static LinkSuites Supported => Aead.IsSupported(AeadSuite.Aes256Gcm)
        ? LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305
        : LinkSuites.ChaCha20Poly1305;

    /// <summary>AES where both have it, else ChaCha; false when nothing is common.</summary>
    internal static bool TryChoose(LinkSuites ours, LinkSuites theirs, out AeadSuite suite)
    {
        LinkSuites common = ours & theirs;
        suite = common.HasFlag(LinkSuites.Aes256Gcm) ? AeadSuite.Aes256Gcm : AeadSuite.ChaCha20Poly1305;
        return (common & (LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305)) != LinkSuites.None;
    }

    /// <summary>True when the suite on the wire is one of those offered.</summary>
    internal static bool IsOffered(LinkSuites offered, AeadSuite suite) => suite switch
    {
        AeadSuite.Aes256Gcm => offered.HasFlag(LinkSuites.Aes256Gcm),
        AeadSuite.ChaCha20Poly1305 => offered.HasFlag(LinkSuites.ChaCha20Poly1305),
        _ => false,
    };
}
