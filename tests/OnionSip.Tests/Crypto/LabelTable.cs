using OnionSip.Crypto;

namespace OnionSip.Tests.Crypto;

/// <summary>Every label of ours, once.</summary>
internal static class LabelTable
{
    public static byte[][] All =>
    [
        Labels.LinkPrologue.ToArray(),
        Labels.CircuitPrologue.ToArray(),
        Labels.EndToEndPrologue.ToArray(),
        Labels.LinkRatchet.ToArray(),
        Labels.HopForwardKeys.ToArray(),
        Labels.HopBackwardKeys.ToArray(),
        Labels.HopRatchet.ToArray(),
        Labels.Cookie.ToArray(),
        Labels.FragmentMac.ToArray(),
        Labels.NetworkDocumentSignature.ToArray(),
    ];
}
