using System;
using System.Collections.Generic;
using OnionSip.Crypto;

namespace OnionSip.Benchmarks;

/// <summary>The link's seal over one cell: 256 bytes, nothing associated.</summary>
internal static class AeadBenchmark
{
    private const int CellBytes = 256;

    // Half a millisecond: most runs fall between two interruptions on a busy machine.
    private const int Inner = 2000;
    private const int WarmUpCalls = 200;

    public static IEnumerable<(string Name, double Value, string Unit)> Run()
    {
        if (Aead.IsSupported(AeadSuite.Aes256Gcm))
        {
            yield return ("crypto.aead_cell_ns", Seal(AeadSuite.Aes256Gcm), "ns");
            yield return ("crypto.aead_cell_open_ns", Open(AeadSuite.Aes256Gcm), "ns");
        }

        yield return ("crypto.aead_cell_chacha_ns", Seal(AeadSuite.ChaCha20Poly1305), "ns");
        yield return ("crypto.aead_cell_chacha_open_ns", Open(AeadSuite.ChaCha20Poly1305), "ns");
    }

    private static double Seal(AeadSuite suite)
    {
        using Aead aead = new(suite, new byte[Aead.KeyBytes]);
        byte[] plaintext = new byte[CellBytes];
        byte[] packet = new byte[CellBytes + Aead.TagBytes];
        WarmUp(rounds => SealMany(aead, plaintext, packet, rounds));
        return Measure.NanosecondsPer(() => SealMany(aead, plaintext, packet, Inner), Inner);
    }

    private static double Open(AeadSuite suite)
    {
        using Aead aead = new(suite, new byte[Aead.KeyBytes]);
        byte[] plaintext = new byte[CellBytes];
        byte[] packet = new byte[CellBytes + Aead.TagBytes];
        aead.Seal(1, [], plaintext, packet);
        WarmUp(rounds => OpenMany(aead, packet, plaintext, rounds));
        return Measure.NanosecondsPer(() => OpenMany(aead, packet, plaintext, Inner), Inner);
    }

    private static void SealMany(Aead aead, byte[] plaintext, byte[] packet, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            aead.Seal((ulong)i, [], plaintext, packet);
        }
    }

    private static void OpenMany(Aead aead, byte[] packet, byte[] plaintext, int rounds)
    {
        bool all = true;
        for (int i = 0; i < rounds; i++)
        {
            all &= aead.TryOpen(1, [], packet, plaintext);
        }

        if (!all)
        {
            throw new InvalidOperationException("a packet did not open");
        }
    }

    /// <summary>
    /// Many short calls with pauses: the tiered compiler replaces a method for good only after many calls, and a long loop in
    /// its first version doubled the figure.
    /// </summary>
    private static void WarmUp(Action<int> loop)
    {
        for (int call = 0; call < WarmUpCalls; call++)
        {
            loop(Inner);
            System.Threading.Thread.Sleep(call % 10 == 0 ? 10 : 0);
        }
    }
}
