using System;

namespace OnionSip.Wire;

/// <summary>Reports caller mistakes, so that the methods that check stay small.</summary>
internal static class Throw
{
    public static void IfNotCell(ReadOnlySpan<byte> cell)
    {
        if (cell.Length != WireLayout.CellBytes)
        {
            Argument("a cell has 248 bytes", nameof(cell));
        }
    }

    public static void Argument(string what, string name) => throw new ArgumentException(what, name);
}
