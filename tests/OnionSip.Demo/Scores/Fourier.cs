using System;
using System.Numerics;

namespace OnionSip.Demo.Scores;

/// <summary>Cross-correlation by a radix-2 transform.</summary>
internal static class Fourier
{
    /// <summary>
    /// The sums of <c>reference[i] * other[i + lag]</c> for every lag; a negative lag stands at <c>length + lag</c>, where length is that
    /// of the result.
    /// </summary>
    internal static double[] CrossCorrelate(ReadOnlySpan<double> reference, ReadOnlySpan<double> other)
    {
        int length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, reference.Length + other.Length));
        Complex[] left = Load(reference, length);
        Complex[] right = Load(other, length);
        Transform(left, isInverse: false);
        Transform(right, isInverse: false);
        for (int index = 0; index < length; index++)
        {
            right[index] *= Complex.Conjugate(left[index]);
        }

        Transform(right, isInverse: true);
        double[] sums = new double[length];
        for (int index = 0; index < length; index++)
        {
            sums[index] = right[index].Real / length;
        }

        return sums;
    }

    private static Complex[] Load(ReadOnlySpan<double> source, int length)
    {
        Complex[] values = new Complex[length];
        for (int index = 0; index < source.Length; index++)
        {
            values[index] = source[index];
        }

        return values;
    }

    private static void Transform(Complex[] values, bool isInverse)
    {
        Reorder(values);
        for (int size = 2; size <= values.Length; size *= 2)
        {
            double angle = (isInverse ? 2 : -2) * Math.PI / size;
            Complex[] turns = new Complex[size / 2];
            for (int index = 0; index < turns.Length; index++)
            {
                turns[index] = Complex.FromPolarCoordinates(1, angle * index);
            }

            for (int start = 0; start < values.Length; start += size)
            {
                Combine(values.AsSpan(start, size), turns);
            }
        }
    }

    private static void Combine(Span<Complex> block, Complex[] turns)
    {
        int half = turns.Length;
        for (int index = 0; index < half; index++)
        {
            Complex even = block[index];
            Complex odd = block[index + half] * turns[index];
            block[index] = even + odd;
            block[index + half] = even - odd;
        }
    }

    private static void Reorder(Complex[] values)
    {
        int target = 0;
        for (int index = 1; index < values.Length; index++)
        {
            int bit = values.Length >> 1;
            while ((target & bit) != 0)
            {
                target ^= bit;
                bit >>= 1;
            }

            target |= bit;
            if (index < target)
            {
                (values[index], values[target]) = (values[target], values[index]);
            }
        }
    }
}
