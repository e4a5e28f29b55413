using System;
using System.Text.Json;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>Replays one vector in cacophony's form, both sides at once.</summary>
internal static class NoiseVectorRun
{
    /// <summary>Returns how many messages were compared.</summary>
    public static int Check(HandshakePattern pattern, JsonElement vector)
    {
        using HandshakeState initiator = Initiator(pattern, vector);
        using HandshakeState responder = Responder(pattern, vector);
        byte[] initiatorKey = new byte[32];
        byte[] responderKey = new byte[32];
        Aead[] transport = [];
        ulong[] counters = new ulong[2];
        int index = 0;
        foreach (JsonElement message in vector.GetProperty("messages").EnumerateArray())
        {
            byte[] payload = Hex.Property(message, "payload");
            byte[] ciphertext = Hex.Property(message, "ciphertext");
            if (!initiator.IsComplete)
            {
                CheckHandshakeMessage(pattern, index, (index & 1) == 0, initiator, responder, payload, ciphertext);
            }
            else
            {
                if (transport.Length == 0)
                {
                    transport = SplitBoth(initiator, responder, vector);
                }

                CheckTransportMessage(transport[index & 1], counters[index & 1]++, payload, ciphertext);
            }

            index++;
        }

        Array.ForEach(transport, aead => aead.Dispose());
        Assert.NotEmpty(transport);
        return index;
    }

    private static void CheckHandshakeMessage(
        HandshakePattern pattern, int index, bool fromInitiator, HandshakeState initiator, HandshakeState responder,
        byte[] payload, byte[] expected)
    {
        HandshakeState writer = fromInitiator ? initiator : responder;
        HandshakeState reader = fromInitiator ? responder : initiator;
        byte[] written = new byte[HandshakeState.MessageBytes(pattern, index, payload.Length)];
        Assert.Equal(written.Length, writer.WriteMessage(payload, written));
        Assert.Equal(Hex.Text(expected), Hex.Text(written));
        byte[] read = new byte[payload.Length];
        Assert.Equal(HandshakeRead.Ok, reader.ReadMessage(written, read, out int readBytes));
        Assert.Equal(payload, read.AsSpan(0, readBytes).ToArray());
    }

    private static Aead[] SplitBoth(HandshakeState initiator, HandshakeState responder, JsonElement vector)
    {
        byte[] expectedHash = Hex.Property(vector, "handshake_hash");
        Assert.Equal(expectedHash, initiator.HandshakeHash.ToArray());
        Assert.Equal(expectedHash, responder.HandshakeHash.ToArray());
        byte[][] keys = [new byte[32], new byte[32], new byte[32], new byte[32]];
        initiator.Split(keys[0], keys[1]);
        responder.Split(keys[2], keys[3]);
        Assert.Equal(keys[0], keys[2]);
        Assert.Equal(keys[1], keys[3]);
        Aead forward = new(AeadSuite.ChaCha20Poly1305, keys[0]);
        Aead backward = new(AeadSuite.ChaCha20Poly1305, keys[1]);

        // After two messages the initiator (even index) writes next, after three the responder (odd index) does.
        return [forward, backward];
    }

    private static void CheckTransportMessage(Aead aead, ulong counter, byte[] payload, byte[] expected)
    {
        byte[] written = new byte[payload.Length + Aead.TagBytes];
        aead.Seal(counter, [], payload, written);
        Assert.Equal(Hex.Text(expected), Hex.Text(written));
        Assert.True(aead.TryOpen(counter, [], written, payload));
    }

    private static HandshakeState Initiator(HandshakePattern pattern, JsonElement vector) => new(
        pattern,
        true,
        Hex.Property(vector, "init_prologue"),
        pattern == HandshakePattern.NK ? [] : Hex.Property(vector, "init_static"),
        Hex.Property(vector, "init_remote_static"),
        new ListedEntropy(Hex.Property(vector, "init_ephemeral")));

    private static HandshakeState Responder(HandshakePattern pattern, JsonElement vector) => new(
        pattern,
        false,
        Hex.Property(vector, "resp_prologue"),
        Hex.Property(vector, "resp_static"),
        [],
        new ListedEntropy(Hex.Property(vector, "resp_ephemeral")));
}
