using System;
using System.Security.Cryptography;

namespace OnionSip.Circuits;

/// <summary>What a finished handshake gives: the first chain of each direction. (CIRCUIT.CREATE)</summary>
/// <remarks>
/// Secrets: both chains, zeroed by Erase. A ref struct over the caller's stack, so that nothing is left on the
/// heap.
/// </remarks>
internal readonly ref struct CircuitKeys(Span<byte> memory)
{
    internal const int Bytes = 2 * LayerRatchet.ChainBytes;

    internal Span<byte> Forward { get; } = memory[..LayerRatchet.ChainBytes];

    internal Span<byte> Backward { get; } = memory.Slice(LayerRatchet.ChainBytes, LayerRatchet.ChainBytes);

    internal void Erase()
    {
        CryptographicOperations.ZeroMemory(Forward);
        CryptographicOperations.ZeroMemory(Backward);
    }
}
