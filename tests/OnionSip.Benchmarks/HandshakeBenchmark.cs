using System;
using System.Collections.Generic;
using OnionSip.Crypto;
using OnionSip.Machines;

namespace OnionSip.Benchmarks;

/// <summary>What a relay does for each client or hop: read message 1 of NKhfs, write message 2, split.</summary>
internal static class HandshakeBenchmark
{
    private const int Inner = 50;
    private const double NanosecondsPerSecond = 1e9;

    public static IEnumerable<(string Name, double Value, string Unit)> Run()
    {
        yield return ("crypto.handshakes_per_s", NanosecondsPerSecond / Server(HandshakePattern.NKhfs), "1/s");
        yield return ("crypto.handshake_allocated_bytes", Allocated(HandshakePattern.NKhfs), "B");
        yield return ("crypto.handshakes_plain_per_s", NanosecondsPerSecond / Server(HandshakePattern.NK), "1/s");
        yield return ("crypto.handshake_whole_us", Whole(HandshakePattern.NKhfs) / 1000, "us");
    }

    private static double Server(HandshakePattern pattern) => CpuTime.NanosecondsPer(Answering(pattern), Inner);

    private static double Allocated(HandshakePattern pattern) => CpuTime.AllocatedBytesPer(Answering(pattern), Inner);

    private static Action Answering(HandshakePattern pattern)
    {
        SeededEntropy entropy = new(1);
        byte[] prologue = new byte[Prologue.Bytes];
        byte[] privateKey = new byte[X25519.PrivateKeyBytes];
        entropy.Fill(privateKey);
        X25519KeyPair relay = new(privateKey);
        byte[] first = First(pattern, relay, prologue, entropy);
        byte[] answer = new byte[HandshakeState.MessageBytes(pattern, 1, 0)];
        byte[] keys = new byte[2 * HandshakeState.KeyBytes];
        return () =>
        {
            for (int i = 0; i < Inner; i++)
            {
                Answer(pattern, relay, prologue, entropy, first, answer, keys);
            }
        };
    }

    private static double Whole(HandshakePattern pattern)
    {
        SeededEntropy entropy = new(2);
        byte[] prologue = new byte[Prologue.Bytes];
        byte[] privateKey = new byte[X25519.PrivateKeyBytes];
        entropy.Fill(privateKey);
        using X25519KeyPair relay = new(privateKey);
        byte[] first = new byte[HandshakeState.MessageBytes(pattern, 0, 0)];
        byte[] answer = new byte[HandshakeState.MessageBytes(pattern, 1, 0)];
        byte[] keys = new byte[2 * HandshakeState.KeyBytes];
        return CpuTime.NanosecondsPer(
            () =>
            {
                for (int i = 0; i < Inner; i++)
                {
                    using HandshakeState client = new(pattern, true, prologue, [], relay.PublicKey, entropy);
                    _ = client.WriteMessage([], first);
                    Answer(pattern, relay, prologue, entropy, first, answer, keys);
                    Require(client.ReadMessage(answer, [], out _));
                    client.Split(keys.AsSpan(0, HandshakeState.KeyBytes), keys.AsSpan(HandshakeState.KeyBytes));
                }
            },
            Inner);
    }

    private static byte[] First(HandshakePattern pattern, X25519KeyPair relay, byte[] prologue, Entropy entropy)
    {
        byte[] first = new byte[HandshakeState.MessageBytes(pattern, 0, 0)];
        using HandshakeState client = new(pattern, true, prologue, [], relay.PublicKey, entropy);
        _ = client.WriteMessage([], first);
        return first;
    }

    private static void Answer(
        HandshakePattern pattern, X25519KeyPair relay, byte[] prologue, Entropy entropy, byte[] first, byte[] answer, byte[] keys)
    {
        using HandshakeState server = new(pattern, false, prologue, relay, [], entropy);
        Require(server.ReadMessage(first, [], out _));
        _ = server.WriteMessage([], answer);
        server.Split(keys.AsSpan(0, HandshakeState.KeyBytes), keys.AsSpan(HandshakeState.KeyBytes));
    }

    private static void Require(HandshakeRead verdict)
    {
        if (verdict != HandshakeRead.Ok)
        {
            throw new InvalidOperationException("the handshake failed: " + verdict);
        }
    }
}
