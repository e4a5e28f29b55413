using System;
using OnionSip.Crypto;
using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>The relay's side of the circuit handshake. (CIRCUIT.CREATE)</summary>
/// <remarks>Drops: HandshakeFailed, BadPayload. Nothing is kept of a handshake that fails.</remarks>
internal sealed class CreateResponder(RelayCircuitOptions options, ReadOnlyMemory<byte> documentDigest, Entropy entropy)
{
    /// <summary>
    /// Reads CREATE, writes CREATED (<see cref="CreateLayout.CreatedBytes"/>) and gives keys, flags and bases.
    /// </summary>
    internal CircuitDrop Answer(
        ReadOnlySpan<byte> create, Span<byte> created, in CircuitKeys keys, out CreateRequest request)
    {
        request = default;
        Span<byte> prologue = stackalloc byte[Prologue.Bytes];
        Span<byte> identity = stackalloc byte[Wire.RelayId.Bytes];
        options.Identity.WriteTo(identity);
        Prologue.Build(HandshakeRole.Circuit, options.NetworkId, identity, CreateLayout.CellSuite, prologue);
        using HandshakeState handshake = new(
            CreateLayout.Pattern, isInitiator: false, prologue, options.OnionKey, [], entropy);
        Span<byte> payload = stackalloc byte[CreateLayout.CreatePayloadBytes];
        HandshakeRead read = handshake.ReadMessage(create, payload, out int payloadBytes);
        if (read != HandshakeRead.Ok || payloadBytes != payload.Length)
        {
            return CircuitDrop.HandshakeFailed;
        }

        if (!CreateLayout.TryReadCreatePayload(payload, out CircuitFlags flags, out uint forwardBase, out uint backwardBase))
        {
            return CircuitDrop.BadPayload;
        }

        request = new(flags, forwardBase, backwardBase);

        Span<byte> reply = stackalloc byte[CreateLayout.CreatedPayloadBytes];
        reply[0] = CreateLayout.Version;
        documentDigest.Span.CopyTo(reply[1..]);
        if (handshake.WriteMessage(reply, created) == 0)
        {
            return CircuitDrop.HandshakeFailed;
        }

        handshake.Split(keys.Forward, keys.Backward);
        return CircuitDrop.None;
    }
}
