using OnionSip.Crypto;

namespace OnionSip.Links;

/// <summary>Pattern and sizes of the handshake of one role: everything about its length is known beforehand. (LINK.HANDSHAKE)</summary>
internal static class HandshakeForm
{
    internal static bool IsKnown(HandshakeRole role) => role is HandshakeRole.RelayLink or HandshakeRole.ClientLink;

    internal static HandshakePattern Pattern(HandshakeRole role) =>
        role == HandshakeRole.RelayLink ? HandshakePattern.IKhfs : HandshakePattern.NKhfs;

    internal static int MessageBytes(HandshakeRole role, HandshakeType type) =>
        HandshakeState.MessageBytes(Pattern(role), type == HandshakeType.Init ? 0 : 1, LinkLayout.PayloadBytes);

    /// <summary>Data fragments, the parity fragment not counted.</summary>
    internal static int Fragments(int messageBytes) =>
        (messageBytes + LinkLayout.FragmentBytes - 1) / LinkLayout.FragmentBytes;

    internal static int LastLength(int messageBytes) =>
        messageBytes - ((Fragments(messageBytes) - 1) * LinkLayout.FragmentBytes);
}
