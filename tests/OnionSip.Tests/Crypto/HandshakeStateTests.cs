using System;
using OnionSip.Crypto;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.NOISE: both sides agree, and nothing else passes.</summary>
public sealed class HandshakeStateTests(ITestOutputHelper output)
{
    private const ulong Seed = 77;

    private static readonly byte[] s_payload = [1, 2, 3];

    /// <summary>CRYPTO.NOISE: hash, keys and payloads are the same on both sides, the identity is learnt, lengths are the table's.</summary>
    [Theory]
    [InlineData(HandshakePattern.NK, 48, 48, 0)]
    [InlineData(HandshakePattern.IK, 96, 48, 0)]
    [InlineData(HandshakePattern.XK, 48, 48, 64)]
    [InlineData(HandshakePattern.NKhfs, 1248, 1152, 0)]
    [InlineData(HandshakePattern.IKhfs, 1296, 1152, 0)]
    [InlineData(HandshakePattern.XKhfs, 1248, 1152, 64)]
    public void TwoParties_AgreeOnEverything(HandshakePattern pattern, int first, int second, int third)
    {
        int[] overhead = [first, second, third];
        using HandshakePair pair = new(pattern, Seed);
        int last = HandshakePair.MessageCount(pattern) - 1;
        for (int index = 0; index <= last; index++)
        {
            Assert.False(pair.Initiator.IsComplete && pair.Responder.IsComplete);
            byte[] received = new byte[s_payload.Length];
            byte[] message = pair.Write(index, s_payload);
            Assert.Equal(overhead[index] + s_payload.Length, message.Length);
            Assert.Equal(HandshakeRead.Ok, pair.Read(index, message, received));
            Assert.Equal(s_payload, received);
            Assert.True(pair.Initiator.HandshakeHash.SequenceEqual(pair.Responder.HandshakeHash));
        }

        Assert.True(pair.Initiator.IsComplete && pair.Responder.IsComplete);
        byte[] expectedPeer = pattern is HandshakePattern.NK or HandshakePattern.NKhfs ? new byte[32] : pair.InitiatorPublic;
        Assert.Equal(expectedPeer, pair.Responder.RemoteStaticPublic.ToArray());
        (byte[] forward, byte[] backward) = Split(pair.Initiator);
        (byte[] responderForward, byte[] responderBackward) = Split(pair.Responder);
        Assert.Equal(forward, responderForward);
        Assert.Equal(backward, responderBackward);
        Assert.NotEqual(forward, backward);
    }

    /// <summary>CRYPTO.NOISE: each shorter message, and one a byte longer than the reader's buffer, is refused without an exception.</summary>
    [Theory]
    [InlineData(HandshakePattern.NKhfs)]
    [InlineData(HandshakePattern.IKhfs)]
    [InlineData(HandshakePattern.XKhfs)]
    public void EveryTruncation_IsRefused(HandshakePattern pattern)
    {
        int refused = 0;
        byte[][] transcript = HandshakePair.Transcript(pattern, Seed, s_payload);
        for (int index = 0; index < transcript.Length; index++)
        {
            int whole = transcript[index].Length;
            for (int length = 0; length < whole; length++)
            {
                using HandshakePair pair = new(pattern, Seed);
                pair.PrepareReader(index, transcript, s_payload);
                HandshakeRead expected = length < whole - s_payload.Length ? HandshakeRead.WrongLength : HandshakeRead.BadTag;
                AssertRefused(pair, index, transcript[index][..length], expected, $"message {index} cut to {length}");
                refused++;
            }

            using HandshakePair longer = new(pattern, Seed);
            longer.PrepareReader(index, transcript, s_payload);
            byte[] tooLong = [.. transcript[index], 0];
            AssertRefused(longer, index, tooLong, HandshakeRead.WrongLength, $"message {index} with one byte more");
        }

        output.WriteLine($"{pattern}: {refused} truncations refused");
    }

    /// <summary>CRYPTO.NOISE: a changed bit in any byte of any message is refused without an exception.</summary>
    [Theory]
    [InlineData(HandshakePattern.NKhfs)]
    [InlineData(HandshakePattern.IKhfs)]
    [InlineData(HandshakePattern.XKhfs)]
    public void EveryFlippedByte_IsRefused(HandshakePattern pattern)
    {
        int refused = 0;
        byte[][] transcript = HandshakePair.Transcript(pattern, Seed, s_payload);
        for (int index = 0; index < transcript.Length; index++)
        {
            int whole = transcript[index].Length;
            for (int position = 0; position < whole; position++)
            {
                using HandshakePair pair = new(pattern, Seed);
                pair.PrepareReader(index, transcript, s_payload);
                byte[] message = [.. transcript[index]];

                // The top bit of an X25519 key is ignored by the curve: there only the transcript notices.
                message[position] ^= (byte)(0x80 >> (position % 31 % 8));
                AssertRefused(pair, index, message, HandshakeRead.BadTag, $"message {index} byte {position}");
                refused++;
            }

            // The reader that refused all of those takes the message as it was.
            using HandshakePair good = new(pattern, Seed);
            good.PrepareReader(index, transcript, s_payload);
            Assert.Equal(HandshakeRead.Ok, good.Read(index, transcript[index], new byte[s_payload.Length]));
        }

        output.WriteLine($"{pattern}: {refused} flips refused");
    }

    /// <summary>CRYPTO.PROLOGUE: sides that do not agree on the prologue do not agree on anything; the same bytes pass.</summary>
    [Theory]
    [InlineData(HandshakePattern.NKhfs)]
    [InlineData(HandshakePattern.IKhfs)]
    [InlineData(HandshakePattern.XKhfs)]
    public void OtherPrologue_IsRefused(HandshakePattern pattern)
    {
        byte[] other = [.. HandshakePair.Prologue];
        using HandshakePair same = new(pattern, Seed, other);
        Assert.Equal(HandshakeRead.Ok, same.Read(0, same.Write(0, []), []));
        other[^1] ^= 1;
        using HandshakePair pair = new(pattern, Seed, other);
        Assert.Equal(HandshakeRead.BadTag, pair.Read(0, pair.Write(0, []), []));
    }

    /// <summary>CRYPTO.NOISE: only the owner of the expected static key can answer.</summary>
    [Theory]
    [InlineData(HandshakePattern.NKhfs)]
    [InlineData(HandshakePattern.IKhfs)]
    [InlineData(HandshakePattern.XKhfs)]
    public void OtherResponder_CannotRead(HandshakePattern pattern)
    {
        byte[] expected = new byte[32];
        X25519.DerivePublicKey(Hex.Bytes("0100000000000000000000000000000000000000000000000000000000000001"), expected);
        using HandshakePair pair = new(pattern, Seed, expectedStatic: expected);
        Assert.Equal(HandshakeRead.BadTag, pair.Read(0, pair.Write(0, []), []));
    }

    /// <summary>CRYPTO.NOISE: an ephemeral key of low order is refused by name.</summary>
    [Fact]
    public void LowOrderEphemeral_IsBadKey()
    {
        using HandshakePair pair = new(HandshakePattern.NKhfs, Seed);
        byte[] message = pair.Write(0, []);
        message.AsSpan(0, 32).Clear();
        AssertRefused(pair, 0, message, HandshakeRead.BadKey, "zero ephemeral");
    }

    /// <summary>CRYPTO.NOISE rule 3: a published static key of low order ends the attempt, without an exception.</summary>
    [Fact]
    public void LowOrderStatic_WritesNothing()
    {
        using HandshakePair pair = new(HandshakePattern.NKhfs, Seed, expectedStatic: new byte[32]);
        byte[] message = new byte[1248];
        Assert.Equal(0, pair.Initiator.WriteMessage([], message));
        Assert.Equal(new byte[1248], message);
        Assert.False(pair.Initiator.IsComplete);
        Assert.Throws<InvalidOperationException>(() => pair.Initiator.WriteMessage([], message));
    }

    /// <summary>CRYPTO.NOISE: turns are kept; reading out of turn is a result, writing out of turn a caller's mistake.</summary>
    [Fact]
    public void OutOfTurn_IsRefused()
    {
        using HandshakePair pair = new(HandshakePattern.NKhfs, Seed);
        Assert.Equal(HandshakeRead.OutOfOrder, pair.Initiator.ReadMessage(new byte[1152], [], out _));
        Assert.Throws<InvalidOperationException>(() => pair.Responder.WriteMessage([], new byte[1152]));
        byte[] first = pair.Write(0, []);
        Assert.Equal(HandshakeRead.Ok, pair.Read(0, first, []));
        Assert.Equal(HandshakeRead.OutOfOrder, pair.Read(0, first, []));
        Assert.Throws<InvalidOperationException>(() => Split(pair.Responder));
        Assert.Equal(HandshakeRead.Ok, pair.Read(1, pair.Write(1, []), []));
        Assert.Equal(HandshakeRead.OutOfOrder, pair.Responder.ReadMessage(first, [], out _));
        _ = Split(pair.Responder);
        Assert.Throws<InvalidOperationException>(() => Split(pair.Responder));
    }

    /// <summary>CRYPTO.NOISE: 20,000 messages of random bytes and lengths; none passes, none throws.</summary>
    [Fact]
    public void RandomBytes_AreRefused()
    {
        const ulong RandomSeed = 4711;
        SeededEntropy random = new(RandomSeed);
        byte[] payload = new byte[64];
        byte[] message = new byte[1500];
        for (int round = 0; round < 20_000; round++)
        {
            HandshakePattern pattern = (HandshakePattern)random.NextInt32(6);
            using HandshakeState responder = new(pattern, false, [], new byte[32], [], random);
            int length = random.NextInt32(2) == 0
                ? random.NextInt32(message.Length)
                : HandshakeState.MessageBytes(pattern, 0, random.NextInt32(64));
            random.Fill(message.AsSpan(0, length));
            HandshakeRead verdict = responder.ReadMessage(message.AsSpan(0, length), payload, out int payloadBytes);
            Assert.True(verdict != HandshakeRead.Ok && payloadBytes == 0, $"seed {RandomSeed} round {round}");
        }
    }

    /// <summary>CRYPTO.NOISE: raw keys and a prepared key pair give the same handshake.</summary>
    [Fact]
    public void PreparedKeyPair_GivesTheSameBytes()
    {
        byte[] privateKey = new byte[32];
        new SeededEntropy(Seed).Fill(privateKey);
        using X25519KeyPair pair = new(privateKey);
        using HandshakeState raw = new(HandshakePattern.NKhfs, false, [], privateKey, [], new SeededEntropy(1));
        using HandshakeState prepared = new(HandshakePattern.NKhfs, false, [], pair, [], new SeededEntropy(1));
        Assert.True(raw.HandshakeHash.SequenceEqual(prepared.HandshakeHash));
        using HandshakeState initiator = new(HandshakePattern.NKhfs, true, [], [], pair.PublicKey, new SeededEntropy(2));
        byte[] first = new byte[1248];
        byte[][] answers = [new byte[1152], new byte[1152]];
        initiator.WriteMessage([], first);
        Assert.Equal(HandshakeRead.Ok, raw.ReadMessage(first, [], out _));
        Assert.Equal(HandshakeRead.Ok, prepared.ReadMessage(first, [], out _));
        raw.WriteMessage([], answers[0]);
        prepared.WriteMessage([], answers[1]);
        Assert.Equal(answers[0], answers[1]);
    }

    private static void AssertRefused(HandshakePair pair, int index, byte[] message, HandshakeRead expected, string what)
    {
        byte[] payload = new byte[s_payload.Length];
        HandshakeState reader = pair.Reader(index);
        HandshakeRead verdict = reader.ReadMessage(message, payload, out int payloadBytes);
        Assert.True(verdict == expected, $"seed {Seed}, {what}: {verdict}");
        Assert.True(payloadBytes == 0 && !payload.AsSpan().ContainsAnyExcept((byte)0), what);
        Assert.False(reader.IsComplete);

        if (reader == pair.Responder)
        {
            Assert.Equal(new byte[32], reader.RemoteStaticPublic.ToArray());
        }

        // A failure is final: the good message does not help any more.
        Assert.Equal(HandshakeRead.OutOfOrder, reader.ReadMessage(message, payload, out _));
    }

    /// <summary>CRYPTO.SECRETS: a responder's whole handshake takes one small object or three of the collected heap, its keys none.</summary>
    [Fact]
    public void Responder_AllocatesLittle()
    {
        SeededEntropy entropy = new(71);
        using X25519KeyPair relay = new(Hex.Bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"));
        byte[] first = new byte[HandshakeState.MessageBytes(HandshakePattern.NKhfs, 0, 0)];
        using (HandshakeState initiator = new(HandshakePattern.NKhfs, true, [], ReadOnlySpan<byte>.Empty, relay.PublicKey, entropy))
        {
            _ = initiator.WriteMessage([], first);
        }

        byte[] answer = new byte[HandshakeState.MessageBytes(HandshakePattern.NKhfs, 1, 0)];
        byte[] keys = new byte[64];
        long before = 0;
        const int Rounds = 20;
        for (int round = -2; round < Rounds; round++)
        {
            before = round == 0 ? GC.GetAllocatedBytesForCurrentThread() : before;
            using HandshakeState responder = new(HandshakePattern.NKhfs, false, [], relay, default, entropy);
            Assert.True(responder.ReadMessage(first, [], out _) == HandshakeRead.Ok);
            _ = responder.WriteMessage([], answer);
            responder.Split(keys.AsSpan(0, 32), keys.AsSpan(32));
        }

        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
        Assert.InRange(each, 1, 256);
    }

    private static (byte[] Forward, byte[] Backward) Split(HandshakeState state)
    {
        byte[] forward = new byte[32];
        byte[] backward = new byte[32];
        state.Split(forward, backward);
        return (forward, backward);
    }
}
