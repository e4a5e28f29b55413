using System;
using System.Buffers.Binary;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The inside of a cell: sixteen zeros and a body. (CIRCUIT.LAYER)</summary>
internal static class OwnedCell
{
    /// <summary>True for sixteen zero bytes; the time does not depend on which byte differs.</summary>
    internal static bool HasMark(ReadOnlySpan<byte> cell)
    {
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(cell);
        ulong second = BinaryPrimitives.ReadUInt64LittleEndian(cell[8..]);
        return (first | second) == 0;
    }

    internal static void Write(ReadOnlySpan<byte> body, Span<byte> cell)
    {
        cell[..WireLayout.OwnerMarkBytes].Clear();
        body.CopyTo(cell[WireLayout.OwnerMarkBytes..]);
        cell[(WireLayout.OwnerMarkBytes + body.Length)..].Clear();
    }

    /// <exception cref="ArgumentException">A caller mistake: the body is too long or the cell is not one.</exception>
    internal static void Require(ReadOnlySpan<byte> body, ReadOnlySpan<byte> cell)
    {
        if (body.Length > WireLayout.BodyBytes || cell.Length != WireLayout.CellBytes)
        {
            throw new ArgumentException("a body has at most 232 bytes and a cell 248", nameof(body));
        }
    }
}
