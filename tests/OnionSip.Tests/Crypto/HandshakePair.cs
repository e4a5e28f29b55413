using System;
using OnionSip.Crypto;
using OnionSip.Machines;

namespace OnionSip.Tests.Crypto;

/// <summary>Two sides of one handshake from one seed; the same seed gives the same bytes, so that any message can be met again and again.</summary>
internal sealed class HandshakePair : IDisposable
{
    public static readonly byte[] Prologue = [.. "the same on both sides"u8];

    private readonly HandshakePattern _pattern;

    public HandshakePair(HandshakePattern pattern, ulong seed, byte[]? initiatorPrologue = null, byte[]? expectedStatic = null)
    {
        _pattern = pattern;
        SeededEntropy keys = new(seed);
        byte[] initiatorStatic = new byte[32];
        byte[] responderStatic = new byte[32];
        byte[] responderPublic = new byte[32];
        keys.Fill(initiatorStatic);
        keys.Fill(responderStatic);
        X25519.DerivePublicKey(responderStatic, responderPublic);
        InitiatorPublic = new byte[32];
        X25519.DerivePublicKey(initiatorStatic, InitiatorPublic);
        bool hasStatic = pattern is not (HandshakePattern.NK or HandshakePattern.NKhfs);
        Initiator = new HandshakeState(
            pattern, true, initiatorPrologue ?? Prologue, hasStatic ? initiatorStatic : [],
            expectedStatic ?? responderPublic, new SeededEntropy(seed + 1000));
        Responder = new HandshakeState(pattern, false, Prologue, responderStatic, [], new SeededEntropy(seed + 2000));
    }

    public HandshakeState Initiator { get; }

    public HandshakeState Responder { get; }

    public byte[] InitiatorPublic { get; }

    public HandshakeState Writer(int index) => (index & 1) == 0 ? Initiator : Responder;

    public HandshakeState Reader(int index) => (index & 1) == 0 ? Responder : Initiator;

    public static int MessageCount(HandshakePattern pattern) =>
        pattern is HandshakePattern.XK or HandshakePattern.XKhfs ? 3 : 2;

    public byte[] Write(int index, byte[] payload)
    {
        byte[] message = new byte[HandshakeState.MessageBytes(_pattern, index, payload.Length)];
        int written = Writer(index).WriteMessage(payload, message);
        return message[..written];
    }

    public HandshakeRead Read(int index, byte[] message, byte[] payload) =>
        Reader(index).ReadMessage(message, payload, out _);

    /// <summary>All messages of one good run.</summary>
    public static byte[][] Transcript(HandshakePattern pattern, ulong seed, byte[] payload)
    {
        using HandshakePair pair = new(pattern, seed);
        byte[][] messages = new byte[MessageCount(pattern)][];
        byte[] received = new byte[payload.Length];
        for (int index = 0; index < messages.Length; index++)
        {
            messages[index] = pair.Write(index, payload);
            if (pair.Read(index, messages[index], received) != HandshakeRead.Ok)
            {
                throw new InvalidOperationException($"message {index} of a good run");
            }
        }

        return messages;
    }

    /// <summary>Brings the reader of message <paramref name="index"/> to where it reads it, and no other side anywhere.</summary>
    public void PrepareReader(int index, byte[][] transcript, byte[] payload)
    {
        HandshakeState reader = Reader(index);
        byte[] received = new byte[payload.Length];
        for (int before = 0; before < index; before++)
        {
            if (Writer(before) == reader)
            {
                Write(before, payload);
            }
            else if (reader.ReadMessage(transcript[before], received, out _) != HandshakeRead.Ok)
            {
                throw new InvalidOperationException($"message {before} of a good run");
            }
        }
    }

    public void Dispose()
    {
        Initiator.Dispose();
        Responder.Dispose();
    }
}
