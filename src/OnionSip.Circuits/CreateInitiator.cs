using System;
using OnionSip.Crypto;
using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>The client's side of one circuit handshake. (CIRCUIT.CREATE)</summary>
/// <remarks>Drops: HandshakeFailed, BadPayload. Secrets: those of the handshake, erased on Dispose.</remarks>
internal sealed class CreateInitiator : IDisposable
{
    private readonly HandshakeState _handshake;
    private readonly CircuitFlags _flags;

    internal CreateInitiator(in HopTarget target, ReadOnlySpan<byte> networkId, Entropy entropy)
    {
        Span<byte> identity = stackalloc byte[Wire.RelayId.Bytes];
        Span<byte> onionKey = stackalloc byte[OnionPublicKey.Bytes];
        Span<byte> prologue = stackalloc byte[Prologue.Bytes];
        target.Relay.WriteTo(identity);
        target.OnionKey.WriteTo(onionKey);
        Prologue.Build(HandshakeRole.Circuit, networkId, identity, CreateLayout.CellSuite, prologue);
        _flags = target.Flags;
        _handshake = new HandshakeState(CreateLayout.Pattern, isInitiator: true, prologue, [], onionKey, entropy);
    }

    /// <summary>
    /// Writes CREATE (<see cref="CreateLayout.CreateBytes"/>); false when the target's key is of no use.
    /// </summary>
    internal bool TryWriteCreate(uint forwardBase, uint backwardBase, Span<byte> create)
    {
        Span<byte> payload = stackalloc byte[CreateLayout.CreatePayloadBytes];
        CreateLayout.WriteCreatePayload(payload, _flags, forwardBase, backwardBase);
        return _handshake.WriteMessage(payload, create) != 0;
    }

    /// <summary>Reads CREATED and gives the keys and the relay's document digest.</summary>
    internal CircuitDrop Finish(ReadOnlySpan<byte> created, in CircuitKeys keys, Span<byte> digest)
    {
        Span<byte> payload = stackalloc byte[CreateLayout.CreatedPayloadBytes];
        HandshakeRead read = _handshake.ReadMessage(created, payload, out int payloadBytes);
        if (read != HandshakeRead.Ok || payloadBytes != payload.Length)
        {
            return CircuitDrop.HandshakeFailed;
        }

        if (payload[0] != CreateLayout.Version)
        {
            return CircuitDrop.BadPayload;
        }

        payload[1..].CopyTo(digest);
        _handshake.Split(keys.Forward, keys.Backward);
        return CircuitDrop.None;
    }

    public void Dispose() => _handshake.Dispose();
}
