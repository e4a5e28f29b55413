using System;
using System.Collections.Generic;
using OnionSip.Crypto;

namespace OnionSip.Benchmarks;

/// <summary>The link's seal over one cell: 256 bytes, nothing associated.</summary>
internal static class AeadBenchmark
{
    private const int CellBytes = 256;
    private const int Inner = 2000;

    public static IEnumerable<(string Name, double Value, string Unit)> Run()
    {
        if (Aead.IsSupported(AeadSuite.Aes256Gcm))
        {
            double seal = Seal(Create(AesGcm256.BestPath), isInPlace: false);
            double open = Open(Create(AesGcm256.BestPath), isInPlace: false);
            yield return ("crypto.aead_cell_ns", (seal + open) / 2, "ns");
            yield return ("crypto.aead_cell_seal_ns", seal, "ns");
            yield return ("crypto.aead_cell_open_ns", open, "ns");
            yield return ("crypto.aead_cell_seal_in_place_ns", Seal(Create(AesGcm256.BestPath), isInPlace: true), "ns");
            yield return ("crypto.aead_cell_open_in_place_ns", Open(Create(AesGcm256.BestPath), isInPlace: true), "ns");
            foreach (GcmPath path in (GcmPath[])[GcmPath.Vector128, GcmPath.Sodium])
            {
                if (AesGcm256.IsSupported(path))
                {
                    double mean = (Seal(Create(path), isInPlace: false) + Open(Create(path), isInPlace: false)) / 2;
                    yield return ($"crypto.aead_cell_{path.ToString().ToLowerInvariant()}_ns", mean, "ns");
                }
            }
        }

        yield return ("crypto.aead_cell_chacha_ns", Seal(new Aead(AeadSuite.ChaCha20Poly1305, Key()), isInPlace: false), "ns");
        yield return ("crypto.aead_cell_chacha_open_ns", Open(new Aead(AeadSuite.ChaCha20Poly1305, Key()), isInPlace: false), "ns");
    }

    private static byte[] Key() => new byte[Aead.KeyBytes];

    private static Aead Create(GcmPath path) => new(AeadSuite.Aes256Gcm, Key(), path);

    private static double Seal(Aead aead, bool isInPlace)
    {
        using Aead owned = aead;
        byte[] packet = new byte[CellBytes + Aead.TagBytes];
        byte[] text = isInPlace ? packet : new byte[CellBytes];
        return CpuTime.NanosecondsPer(
            () =>
            {
                for (int i = 0; i < Inner; i++)
                {
                    aead.Seal((ulong)i, [], text.AsSpan(0, CellBytes), packet);
                }
            },
            Inner);
    }

    /// <summary>In place the packet is gone once it is opened, so a copy is made each time and is part of the figure.</summary>
    private static double Open(Aead aead, bool isInPlace)
    {
        using Aead owned = aead;
        byte[] packet = new byte[CellBytes + Aead.TagBytes];
        byte[] place = new byte[CellBytes + Aead.TagBytes];
        aead.Seal(1, [], place.AsSpan(0, CellBytes), packet);
        return CpuTime.NanosecondsPer(
            () =>
            {
                bool all = true;
                for (int i = 0; i < Inner; i++)
                {
                    if (isInPlace)
                    {
                        packet.CopyTo(place, 0);
                    }

                    all &= aead.TryOpen(1, [], isInPlace ? place : packet, place.AsSpan(0, CellBytes));
                }

                if (!all)
                {
                    throw new InvalidOperationException("a packet did not open");
                }
            },
            Inner);
    }
}
