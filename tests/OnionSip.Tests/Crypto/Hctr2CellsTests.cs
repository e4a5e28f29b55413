using System;
using System.Collections.Generic;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>Several cells in one call are the same cells in one call each. (CRYPTO.HCTR2-PATHS)</summary>
[Collection(AloneCollection.Name)]
public sealed class Hctr2CellsTests
{
    private const int Cell = Hctr2.CellBytes;
    private const int Stride = 280;

    [Theory]
    [InlineData("Vector128")]
    [InlineData("Vector256")]
    [InlineData("Vector512")]
    [InlineData("Portable")]
    public void ManyCells_EqualOneByOneAndInvert(string pathName)
    {
        Hctr2Path path = RequirePath(pathName);
        Random random = new(81);
        for (int count = 0; count <= 12; count++)
        {
            Hctr2[] ciphers = new Hctr2[count];
            int[] offsets = new int[count];
            byte[] tweaks = Draw(random, count * 8);
            byte[] buffer = Draw(random, (count * Stride) + 40);
            byte[] before = (byte[])buffer.Clone();
            for (int cell = 0; cell < count; cell++)
            {
                ciphers[cell] = cell % 5 == 4 ? ciphers[cell - 1] : new Hctr2(Draw(random, 32), path);

                // Not in the order of the buffer.
                offsets[cell] = 17 + ((count - 1 - cell) * Stride);
            }

            byte[] expected = (byte[])before.Clone();
            for (int cell = 0; cell < count; cell++)
            {
                ciphers[cell].Encrypt(tweaks.AsSpan(cell * 8, 8), expected.AsSpan(offsets[cell], Cell));
            }

            Hctr2Cells.Encrypt(ciphers, tweaks, buffer, offsets);
            Assert.Equal(expected, buffer);
            Hctr2Cells.Decrypt(ciphers, tweaks, buffer, offsets);
            Assert.Equal(before, buffer);
        }
    }

    [Fact]
    public void MixedPaths_StillAgree()
    {
        List<Hctr2> ciphers = [];
        foreach (Hctr2Path path in (Hctr2Path[])[Hctr2Path.Portable, Hctr2Path.Vector128, Hctr2Path.Vector256, Hctr2Path.Vector512])
        {
            if (Hctr2.IsSupported(path))
            {
                ciphers.Add(new Hctr2(new byte[32], path));
            }
        }

        byte[] buffer = new byte[Cell * ciphers.Count];
        int[] offsets = new int[ciphers.Count];
        for (int cell = 0; cell < offsets.Length; cell++)
        {
            offsets[cell] = cell * Cell;
        }

        Hctr2Cells.Encrypt(ciphers.ToArray(), new byte[8 * ciphers.Count], buffer, offsets);
        for (int cell = 1; cell < offsets.Length; cell++)
        {
            Assert.True(buffer.AsSpan(0, Cell).SequenceEqual(buffer.AsSpan(offsets[cell], Cell)));
        }
    }

    /// <summary>Overlapping or outlying cells, missing tweaks and erased keys are the caller's mistakes; nothing is changed by them.</summary>
    [Fact]
    public void Mistakes_ThrowAndChangeNothing()
    {
        using Hctr2 cipher = new(new byte[32]);
        Hctr2 erased = new(new byte[32]);
        erased.Dispose();
        byte[] buffer = new byte[600];
        byte[] tweaks = new byte[16];
        Assert.Throws<ArgumentException>(() => Hctr2Cells.Encrypt([cipher, cipher], tweaks, buffer, [0, 247]));
        Assert.Throws<ArgumentException>(() => Hctr2Cells.Encrypt([cipher, cipher], tweaks, buffer, [300, 300]));
        Assert.Throws<ArgumentException>(() => Hctr2Cells.Encrypt([cipher, cipher], tweaks, buffer, [0, 353]));
        Assert.Throws<ArgumentException>(() => Hctr2Cells.Decrypt([cipher, cipher], tweaks, buffer, [0, -1]));
        Assert.Throws<ArgumentException>(() => Hctr2Cells.Decrypt([cipher, cipher], tweaks, buffer, [0, int.MaxValue]));
        Assert.Throws<ArgumentException>(() => Hctr2Cells.Decrypt([cipher], tweaks, buffer, [0]));
        Assert.Throws<ArgumentException>(() => Hctr2Cells.Decrypt([cipher], tweaks, buffer, [0, 300]));
        Assert.Throws<ObjectDisposedException>(() => Hctr2Cells.Decrypt([cipher, erased], tweaks, buffer, [0, 300]));
        Assert.True(buffer.AsSpan().IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void ManyCells_AllocateNothing()
    {
        using Hctr2 first = new(new byte[32]);
        using Hctr2 second = new(new byte[32]);
        Hctr2[] ciphers = [first, second, first];
        byte[] tweaks = new byte[24];
        byte[] buffer = new byte[3 * Stride];
        int[] offsets = [0, Stride, 2 * Stride];
        Hctr2Cells.Encrypt(ciphers, tweaks, buffer, offsets);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Hctr2Cells.Encrypt(ciphers, tweaks, buffer, offsets);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static Hctr2Path RequirePath(string name)
    {
        Hctr2Path path = Enum.Parse<Hctr2Path>(name);
        Assert.SkipUnless(Hctr2.IsSupported(path), $"no {name} on this machine");
        return path;
    }

    private static byte[] Draw(Random random, int count)
    {
        byte[] octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }
}
