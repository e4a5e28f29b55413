using System;
using System.Numerics;
using OnionSip.Wire;

namespace OnionSip.Tests.Circuits;

/// <summary>Collects how cells after a hop differ from what they would have been without an attack.</summary>
/// <remarks>
/// Were the differences uniformly random, each chi-square would be near its degrees of freedom, with a standard
/// deviation of
/// the square root of twice those; the bounds are six of them, and six and a half on the distance of a single cell.
/// </remarks>
internal sealed class TaggingMeasure
{
    internal const int CellBits = WireLayout.CellBytes * 8;

    private readonly int[] _bitChanges = new int[CellBits];
    private readonly int[] _byteValues = new int[256];

    internal int Cells { get; private set; }

    internal int LeastDistance { get; private set; } = int.MaxValue;

    internal int MostDistance { get; private set; }

    /// <summary>
    /// Cells in which an accomplice behind the hop, knowing what was done, found the mark of the first attacker.
    /// </summary>
    internal int Recognised { get; set; }

    internal int Delivered { get; set; }

    internal void Add(ReadOnlySpan<byte> without, ReadOnlySpan<byte> with)
    {
        int distance = 0;
        for (int index = 0; index < without.Length; index++)
        {
            int difference = without[index] ^ with[index];
            distance += BitOperations.PopCount((uint)difference);
            _byteValues[difference]++;
            for (int bit = 0; bit < 8; bit++)
            {
                _bitChanges[(index * 8) + bit] += (difference >> bit) & 1;
            }
        }

        Cells++;
        LeastDistance = Math.Min(LeastDistance, distance);
        MostDistance = Math.Max(MostDistance, distance);
    }

    internal double BitChiSquare()
    {
        double sum = 0;
        foreach (int changes in _bitChanges)
        {
            double deviation = changes - (Cells / 2.0);
            sum += deviation * deviation / (Cells / 4.0);
        }

        return sum;
    }

    internal double ByteChiSquare()
    {
        double expected = Cells * WireLayout.CellBytes / 256.0;
        double sum = 0;
        foreach (int count in _byteValues)
        {
            sum += (count - expected) * (count - expected) / expected;
        }

        return sum;
    }

    /// <summary>True when the changed cells look as random cells would and nobody finds anything in them.</summary>
    internal bool IsIndistinguishable()
    {
        double reach = 6.5 * Math.Sqrt(CellBits / 4.0);
        return LeastDistance > (CellBits / 2) - reach
            && MostDistance < (CellBits / 2) + reach
            && Math.Abs(BitChiSquare() - CellBits) < 6 * Math.Sqrt(2.0 * CellBits)
            && Math.Abs(ByteChiSquare() - 255) < 6 * Math.Sqrt(2.0 * 255)
            && Recognised == 0
            && Delivered == 0;
    }

    public override string ToString() =>
        $"cells {Cells} distance {LeastDistance}..{MostDistance} bits {BitChiSquare():F0} bytes {ByteChiSquare():F0} "
        + $"recognised {Recognised} delivered {Delivered}";
}
