using System;
using System.Collections.Generic;
using OnionSip.Crypto;

namespace OnionSip.Benchmarks;

/// <summary>ML-KEM-768 by our own code: key generation, encapsulation, decapsulation.</summary>
internal static class MlKemBenchmark
{
    private const int Inner = 40;

    public static IEnumerable<(string Name, double Value, string Unit)> Run()
    {
        byte[] seed = new byte[MlKem768.SeedBytes];
        byte[] encapsulationKey = new byte[MlKem768.EncapsulationKeyBytes];
        byte[] decapsulationKey = new byte[MlKem768.DecapsulationKeyBytes];
        byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
        byte[] secret = new byte[MlKem768.SharedSecretBytes];
        yield return ("crypto.mlkem768_keygen_ns", Repeat(
            () => MlKem768.GenerateKeyPair(MlKemPath.Own, seed, encapsulationKey, decapsulationKey)), "ns");
        yield return ("crypto.mlkem768_encaps_ns", Repeat(
            () => MlKem768.TryEncapsulate(encapsulationKey, seed.AsSpan(0, 32), ciphertext, secret)), "ns");
        yield return ("crypto.mlkem768_decaps_ns", Repeat(
            () => MlKem768.TryDecapsulate(MlKemPath.Own, decapsulationKey, ciphertext, secret)), "ns");
    }

    private static double Repeat(Action operation) => CpuTime.NanosecondsPer(
        () =>
        {
            for (int i = 0; i < Inner; i++)
            {
                operation();
            }
        },
        Inner);
}
