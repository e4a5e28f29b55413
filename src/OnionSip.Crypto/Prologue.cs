using System;

namespace OnionSip.Crypto;

/// <summary>What both sides must agree on before the first handshake byte. (CRYPTO.PROLOGUE)</summary>
/// <remarks>
/// Shape: 100 bytes: label(32, zero padded) version(1) role(1) suite(1) zero(1) network id(32) responder's Ed25519 identity(32).
/// </remarks>
public static class Prologue
{
    public const int Bytes = 100;
    public const int NetworkIdBytes = 32;

    /// <summary>The protocol version the prologue binds.</summary>
    public const byte ProtocolVersion = 1;

    private const int VersionOffset = Labels.MaxBytes;
    private const int RoleOffset = VersionOffset + 1;
    private const int SuiteOffset = RoleOffset + 1;
    private const int NetworkOffset = SuiteOffset + 2;
    private const int IdentityOffset = NetworkOffset + NetworkIdBytes;

    /// <summary>Writes the prologue and returns its length, always <see cref="Bytes"/>.</summary>
    /// <remarks>Suite: 0; a link chooses its own inside the handshake, and there is one cell cipher.</remarks>
    /// <exception cref="ArgumentException">A span has another length, the destination is too short, or the role is unknown.</exception>
    public static int Build(
        HandshakeRole role,
        ReadOnlySpan<byte> networkId,
        ReadOnlySpan<byte> responderIdentity,
        byte suite,
        Span<byte> destination)
    {
        Throw.IfLengthIsNot(NetworkIdBytes, networkId.Length, nameof(networkId));
        Throw.IfLengthIsNot(Ed25519.PublicKeyBytes, responderIdentity.Length, nameof(responderIdentity));
        Throw.IfShorterThan(Bytes, destination.Length, nameof(destination));
        destination[..Bytes].Clear();
        LabelOf(role).CopyTo(destination);
        destination[VersionOffset] = ProtocolVersion;
        destination[RoleOffset] = (byte)role;
        destination[SuiteOffset] = suite;
        networkId.CopyTo(destination[NetworkOffset..]);
        responderIdentity.CopyTo(destination[IdentityOffset..]);
        return Bytes;
    }

    private static ReadOnlySpan<byte> LabelOf(HandshakeRole role) => role switch
    {
        HandshakeRole.RelayLink or HandshakeRole.ClientLink => Labels.LinkPrologue,
        HandshakeRole.Circuit => Labels.CircuitPrologue,
        HandshakeRole.EndToEnd => Labels.EndToEndPrologue,
        _ => throw new ArgumentException("unknown role", nameof(role)),
    };
}
