using System;
using System.Collections.Generic;
using OnionSip.Crypto;

namespace OnionSip.Benchmarks;

/// <summary>One onion layer: HCTR2 over a 248-octet cell body with an 8-octet tweak.</summary>
/// <remarks>
/// The first figures are of one cell under one key over and over, where each call waits for the one before; "64_keys" and "8192_keys" are of
/// as many circuits in turn, each with its own key and cell, whose keys the first-level cache does not hold; "of_8" is of eight cells in
/// one call.
/// </remarks>
internal static class Hctr2Benchmark
{
    private const int Circuits = 64;
    private const int ManyCircuits = 8192;
    private const int Inner = 8192;

    public static IEnumerable<(string Name, double Value, string Unit)> Run()
    {
        double encrypt = Time(Hctr2.BestPath, 1, Inner, isDecrypting: false);
        double decrypt = Time(Hctr2.BestPath, 1, Inner, isDecrypting: true);
        yield return ("crypto.hctr2_cell_ns", (encrypt + decrypt) / 2, "ns");
        yield return ("crypto.hctr2_cell_encrypt_ns", encrypt, "ns");
        yield return ("crypto.hctr2_cell_decrypt_ns", decrypt, "ns");
        yield return ("crypto.hctr2_cell_64_keys_ns", Time(Hctr2.BestPath, Circuits, Inner, isDecrypting: true), "ns");
        foreach (int cells in (int[])[2, 8, Circuits])
        {
            double many = (Many(cells, isDecrypting: false) + Many(cells, isDecrypting: true)) / 2;
            yield return ($"crypto.hctr2_cell_of_{cells}_ns", many, "ns");
        }

        yield return ("crypto.hctr2_cell_8192_keys_ns", Time(Hctr2.BestPath, ManyCircuits, Inner, isDecrypting: true), "ns");
        yield return ("crypto.hctr2_key_ns", SetKey(Hctr2.BestPath), "ns");
        foreach (Hctr2Path path in (Hctr2Path[])[Hctr2Path.Vector512, Hctr2Path.Vector256, Hctr2Path.Vector128])
        {
            // The 512-bit path without its instruction only proves bytes; its time would mean nothing.
            bool isNative = path != Hctr2Path.Vector512 || Hctr2.BestPath == Hctr2Path.Vector512;
            if (isNative && Hctr2.IsSupported(path))
            {
                string name = $"crypto.hctr2_cell_{path.ToString().ToLowerInvariant()}_ns";
                yield return (name, Time(path, 1, Inner, isDecrypting: false), "ns");
            }
        }

        yield return ("crypto.hctr2_cell_portable_ns", Time(Hctr2Path.Portable, 1, Inner / 50, isDecrypting: false), "ns");
    }

    private static double Time(Hctr2Path path, int circuits, int inner, bool isDecrypting)
    {
        Hctr2[] ciphers = new Hctr2[circuits];
        byte[][] cells = new byte[circuits][];
        byte[] key = new byte[Hctr2.KeyBytes];
        byte[] tweak = new byte[Hctr2.CellTweakBytes];
        for (int i = 0; i < circuits; i++)
        {
            BitConverter.TryWriteBytes(key, i);
            ciphers[i] = new Hctr2(key, path);
            cells[i] = new byte[Hctr2.CellBytes];
        }

        return CpuTime.NanosecondsPer(
            () =>
            {
                for (int i = 0; i < inner; i++)
                {
                    int circuit = i & (circuits - 1);
                    if (isDecrypting)
                    {
                        ciphers[circuit].Decrypt(tweak, cells[circuit]);
                    }
                    else
                    {
                        ciphers[circuit].Encrypt(tweak, cells[circuit]);
                    }
                }
            },
            inner);
    }

    /// <summary>So many cells in one call, each under its own key, 280 octets apart as in a train of datagrams.</summary>
    private static double Many(int cells, bool isDecrypting)
    {
        const int Stride = 280;
        Hctr2[] ciphers = new Hctr2[cells];
        byte[] key = new byte[Hctr2.KeyBytes];
        byte[] tweaks = new byte[cells * Hctr2.CellTweakBytes];
        byte[] buffer = new byte[cells * Stride];
        int[] offsets = new int[cells];
        for (int i = 0; i < cells; i++)
        {
            BitConverter.TryWriteBytes(key, i);
            ciphers[i] = new Hctr2(key);
            offsets[i] = i * Stride;
        }

        return CpuTime.NanosecondsPer(
            () =>
            {
                for (int i = 0; i < Inner; i += cells)
                {
                    if (isDecrypting)
                    {
                        Hctr2Cells.Decrypt(ciphers, tweaks, buffer, offsets);
                    }
                    else
                    {
                        Hctr2Cells.Encrypt(ciphers, tweaks, buffer, offsets);
                    }
                }
            },
            Inner);
    }

    private static double SetKey(Hctr2Path path)
    {
        using Hctr2 cipher = new(new byte[Hctr2.KeyBytes], path);
        byte[] key = new byte[Hctr2.KeyBytes];
        return CpuTime.NanosecondsPer(
            () =>
            {
                for (int i = 0; i < Inner; i++)
                {
                    cipher.SetKey(key);
                }
            },
            Inner);
    }
}
