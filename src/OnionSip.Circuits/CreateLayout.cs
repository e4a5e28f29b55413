using System;
using System.Buffers.Binary;
using OnionSip.Crypto;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Sizes of CREATE and CREATED and their payloads. (CIRCUIT.CREATE)</summary>
/// <remarks>
/// Shape: CREATE payload: version(1) flags(1) forward base(4) backward base(4). CREATED payload: version(1)
///        document digest(32).
/// </remarks>
public static class CreateLayout
{
    public const byte Version = 1;
    public const int CreatePayloadBytes = 10;
    public const int CreatedPayloadBytes = 1 + DigestBytes;
    public const int DigestBytes = 32;

    /// <summary>
    /// EXTEND on stream 0 before its CREATE message: type, request, identity, two offsets. (WIRE.CONTROL)
    /// </summary>
    public const int ExtendHeaderBytes = 1 + 2 + RelayId.Bytes + 4 + 4;

    internal const HandshakePattern Pattern = HandshakePattern.NKhfs;

    /// <summary>The number bound by the prologue: HCTR2 with AES-256. (CRYPTO.PROLOGUE)</summary>
    internal const byte CellSuite = 0;

    /// <summary>A whole CREATE message.</summary>
    public static int CreateBytes { get; } = HandshakeState.MessageBytes(Pattern, 0, CreatePayloadBytes);

    /// <summary>A whole CREATED message.</summary>
    public static int CreatedBytes { get; } = HandshakeState.MessageBytes(Pattern, 1, CreatedPayloadBytes);

    /// <summary>A whole EXTEND, from its type byte on.</summary>
    public static int ExtendBytes => ExtendHeaderBytes + CreateBytes;

    internal static void WriteCreatePayload(Span<byte> payload, CircuitFlags flags, uint forwardBase, uint backwardBase)
    {
        payload[0] = Version;
        payload[1] = (byte)flags;
        BinaryPrimitives.WriteUInt32BigEndian(payload[2..], forwardBase);
        BinaryPrimitives.WriteUInt32BigEndian(payload[6..], backwardBase);
    }

    /// <summary>False for another version and for flags that are unknown or do not go together. (CIRCUIT.VOICE)</summary>
    internal static bool TryReadCreatePayload(
        ReadOnlySpan<byte> payload, out CircuitFlags flags, out uint forwardBase, out uint backwardBase)
    {
        flags = (CircuitFlags)payload[1];
        forwardBase = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
        backwardBase = BinaryPrimitives.ReadUInt32BigEndian(payload[6..]);
        return payload[0] == Version && flags is CircuitFlags.None or CircuitFlags.Voice or (CircuitFlags.Voice | CircuitFlags.Retime);
    }
}
