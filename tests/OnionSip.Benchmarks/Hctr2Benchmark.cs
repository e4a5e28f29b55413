using System;
using System.Collections.Generic;
using OnionSip.Crypto;

namespace OnionSip.Benchmarks;

/// <summary>One onion layer: HCTR2 over a 248-octet cell body with an 8-octet tweak.</summary>
internal static class Hctr2Benchmark
{
    private const int CellBytes = 248;
    private const int Inner = 5_000;

    public static IEnumerable<(string Name, double Value, string Unit)> Run()
    {
        yield return ("crypto.hctr2_cell_ns", Encrypt(Hctr2.BestPath, Inner), "ns");
        yield return ("crypto.hctr2_cell_decrypt_ns", Decrypt(Hctr2.BestPath, Inner), "ns");
        yield return ("crypto.hctr2_key_ns", SetKey(Hctr2.BestPath, Inner), "ns");
        foreach (Hctr2Path path in (Hctr2Path[])[Hctr2Path.Vector512, Hctr2Path.Vector256, Hctr2Path.Vector128])
        {
            // The 512-bit path without its instruction only proves bytes; its time would mean nothing.
            bool isNative = path != Hctr2Path.Vector512 || Hctr2.BestPath == Hctr2Path.Vector512;
            if (isNative && Hctr2.IsSupported(path))
            {
                yield return ($"crypto.hctr2_cell_{path.ToString().ToLowerInvariant()}_ns", Encrypt(path, Inner), "ns");
            }
        }

        yield return ("crypto.hctr2_cell_portable_ns", Encrypt(Hctr2Path.Portable, Inner / 50), "ns");
    }

    private static double Encrypt(Hctr2Path path, int inner)
    {
        using Hctr2 cipher = new(new byte[Hctr2.KeyBytes], path);
        byte[] cell = new byte[CellBytes];
        byte[] tweak = new byte[8];
        return Measure.NanosecondsPer(
            () =>
            {
                for (int i = 0; i < inner; i++)
                {
                    cipher.Encrypt(tweak, cell);
                }
            },
            inner);
    }

    private static double Decrypt(Hctr2Path path, int inner)
    {
        using Hctr2 cipher = new(new byte[Hctr2.KeyBytes], path);
        byte[] cell = new byte[CellBytes];
        byte[] tweak = new byte[8];
        return Measure.NanosecondsPer(
            () =>
            {
                for (int i = 0; i < inner; i++)
                {
                    cipher.Decrypt(tweak, cell);
                }
            },
            inner);
    }

    private static double SetKey(Hctr2Path path, int inner)
    {
        using Hctr2 cipher = new(new byte[Hctr2.KeyBytes], path);
        byte[] key = new byte[Hctr2.KeyBytes];
        return Measure.NanosecondsPer(
            () =>
            {
                for (int i = 0; i < inner; i++)
                {
                    cipher.SetKey(key);
                }
            },
            inner);
    }
}
