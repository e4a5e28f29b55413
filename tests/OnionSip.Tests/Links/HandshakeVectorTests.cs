using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using OnionSip.Crypto;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Tests.Crypto;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>One whole link of each role, frozen with everything that went in. (LINK.HANDSHAKE, LINK.INIT-PAYLOAD, LINK.REPLY-PAYLOAD, LINK.REKEY)</summary>
/// <remarks>
/// Files: tests/vectors/links. Set ONIONSIP_WRITE_VECTORS=1 to write them anew after a wanted change of the format; the parts that
/// are not Noise were checked once by a program in another language.
/// </remarks>
public sealed class HandshakeVectorTests
{
    private readonly Dictionary<string, string> _vector = [];
    private readonly RecordingEntropy _initiatorDraws = new(new SeededEntropy(1001));
    private readonly RecordingEntropy _responderDraws = new(new SeededEntropy(1002));

    [Theory]
    [InlineData("client")]
    [InlineData("relay")]
    public void WholeLink_IsAsFrozen(string role)
    {
        Run(role == "relay");
        string folder = RepositoryFiles.Find("tests", "vectors");
        string path = Path.Combine(folder, "links", $"handshake_{role}.json");
        if (Environment.GetEnvironmentVariable("ONIONSIP_WRITE_VECTORS") == "1")
        {
            _ = System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string lines = string.Join(",\n", _vector.Select(pair => $"  \"{pair.Key}\": \"{pair.Value}\""));
            File.WriteAllText(path, "{\n" + lines + "\n}\n");
        }

        Dictionary<string, string> frozen = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(path))!;
        Assert.Equal(frozen.Keys, _vector.Keys);
        Assert.All(frozen, pair => Assert.Equal(pair.Key + " " + pair.Value, pair.Key + " " + _vector[pair.Key]));
    }

    private void Run(bool isRelay)
    {
        Instant now = Instant.FromMilliseconds(1000);
        PeerAddress initiatorAddress = LinkNetwork.Address("198.51.100.7:5000");
        PeerAddress responderAddress = LinkNetwork.Address("192.0.2.1:443");
        LinkOptions responderOptions = Options(0xC0, 0x21);
        LinkOptions initiatorOptions = isRelay ? Options(0xE0, 0x01) : Options(0, 0) with { Identity = null, StaticPrivateKey = null };
        LinkTable responder = new(now, responderOptions, _responderDraws);
        LinkTable initiator = new(now, initiatorOptions, _initiatorDraws);
        LinkPublicKey responderKey = PublicKey(responderOptions.StaticPrivateKey!);
        if (isRelay)
        {
            responder.SetPeers([(PublicKey(initiatorOptions.StaticPrivateKey!), initiatorOptions.Identity!.Value)]);
        }

        LinkId link = initiator.Open(now, new LinkTarget(responderOptions.Identity!.Value, responderAddress, responderKey));
        List<byte[]> hello = Take(now, initiator);
        List<byte[]> cookie = Hand(now, responder, initiatorAddress, hello);
        List<byte[]> init = Hand(now, initiator, responderAddress, cookie);
        List<byte[]> reply = Hand(now, responder, initiatorAddress, init);
        List<byte[]> ping = Hand(now, initiator, responderAddress, reply);
        List<byte[]> pong = Hand(now, responder, initiatorAddress, ping);
        Assert.Equal((1, 1, 7, 6, 1, 1), (hello.Count, cookie.Count, init.Count, reply.Count, ping.Count, pong.Count));

        Put("network_id", responderOptions.NetworkId);
        Put("responder_identity", responderOptions.Identity!.Value.ToArray());
        Put("responder_static_private", responderOptions.StaticPrivateKey!);
        Put("responder_static_public", responderKey.ToArray());
        Put("initiator_identity", initiatorOptions.Identity?.ToArray() ?? []);
        Put("initiator_static_private", initiatorOptions.StaticPrivateKey ?? []);
        Put("initiator_address", initiatorAddress.Reveal());
        Put("initiator_nonce", _initiatorDraws.Draws[3]);
        Put("initiator_ephemeral", _initiatorDraws.Draws[4]);
        Put("initiator_kem_seed", _initiatorDraws.Draws[5]);
        Put("ping_token", [.. _initiatorDraws.Draws[6].Reverse()]);
        Put("cookie_secret", _responderDraws.Draws[0]);
        Put("responder_ephemeral", _responderDraws.Draws[3]);
        Put("responder_kem_randomness", _responderDraws.Draws[4]);
        PutAll("hello", hello);
        PutAll("cookie", cookie);
        PutNoise(isRelay, responderOptions, init, reply);
        PutAll("init_fragment", init);
        PutAll("reply_fragment", reply);
        PutAll("ping", ping);
        PutAll("pong", pong);
        PutAfterRekey(now, initiator, link);
    }

    /// <summary>Works the handshake out again from the recorded draws, to show messages, payloads and keys.</summary>
    private void PutNoise(bool isRelay, LinkOptions responder, List<byte[]> init, List<byte[]> reply)
    {
        HandshakeRole role = isRelay ? HandshakeRole.RelayLink : HandshakeRole.ClientLink;
        byte[] prologue = new byte[Prologue.Bytes];
        _ = Prologue.Build(role, responder.NetworkId, responder.Identity!.Value.ToArray(), 0, prologue);
        byte[] initMessage = Join(init, HandshakeForm.MessageBytes(role, HandshakeType.Init));
        byte[] replyMessage = Join(reply, HandshakeForm.MessageBytes(role, HandshakeType.Reply));
        using X25519KeyPair keys = new(responder.StaticPrivateKey!);
        ReplayingEntropy draws = new([_responderDraws.Draws[3], _responderDraws.Draws[4]]);
        using HandshakeState state = new(HandshakeForm.Pattern(role), false, prologue, keys, default, draws);
        byte[] initPayload = new byte[LinkLayout.PayloadBytes];
        Assert.Equal(HandshakeRead.Ok, state.ReadMessage(initMessage, initPayload, out _));
        byte[] replyPayload = new byte[LinkLayout.PayloadBytes];
        new HandshakePayload((byte)AeadSuite.ChaCha20Poly1305, Index(_responderDraws.Draws[2]), 0).WriteTo(replyPayload);
        byte[] again = new byte[replyMessage.Length];
        _ = state.WriteMessage(replyPayload, again);
        Assert.Equal(replyMessage, again);
        byte[] forward = new byte[32];
        byte[] backward = new byte[32];
        state.Split(forward, backward);
        Put("prologue", prologue);
        Put("init_payload", initPayload);
        Put("init_message", initMessage);
        Put("reply_payload", replyPayload);
        Put("reply_message", replyMessage);
        Put("initiator_key_epoch_0", forward);
        Put("responder_key_epoch_0", backward);
        byte[] next = new byte[32];
        Hkdf.ExpandLabel(forward, Labels.LinkRatchet, default, next);
        Put("initiator_key_epoch_1", next);
    }

    private void PutAfterRekey(Instant now, LinkTable initiator, LinkId link)
    {
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        byte[] cell = [.. Enumerable.Range(0, WireLayout.CellBytes).Select(value => (byte)value)];
        Instant later = now + LinkParameters.RekeyAfter;
        Assert.True(initiator.TrySeal(later, link, new CircuitId(0x01020304), new Slot(0x05060708), cell, datagram, out _));
        Put("cell_in_epoch_1", datagram);
    }

    private static LinkOptions Options(byte identity, byte secret) => new()
    {
        NetworkId = Counting(0xA0),
        Identity = RelayId.FromBytes(Counting(identity)),
        StaticPrivateKey = Counting(secret),
        StartWallTime = new WallTime(1_800_000_000),
        Suites = LinkSuites.ChaCha20Poly1305,
    };

    private static byte[] Counting(byte first) => [.. Enumerable.Range(first, 32).Select(value => (byte)(value & 0xFF))];

    private static LinkPublicKey PublicKey(byte[] secret)
    {
        byte[] key = new byte[32];
        X25519.DerivePublicKey(secret, key);
        return LinkPublicKey.FromBytes(key);
    }

    private static uint Index(byte[] draw) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(draw) >> 8;

    private static byte[] Join(List<byte[]> fragments, int bytes) =>
        [.. fragments.SkipLast(1).SelectMany(fragment => fragment[LinkLayout.FragmentOffset..]).Take(bytes)];

    private static List<byte[]> Hand(Instant now, LinkTable to, PeerAddress from, List<byte[]> datagrams)
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        datagrams.ForEach(datagram => _ = to.HandleDatagram(now, from, datagram, cell, out _));
        return Take(now, to);
    }

    private static List<byte[]> Take(Instant now, LinkTable from)
    {
        List<byte[]> taken = [];
        byte[] buffer = new byte[WireLayout.DatagramBytes];
        while (from.PollTransmit(now, buffer, out _))
        {
            taken.Add([.. buffer]);
        }

        return taken;
    }

    private void PutAll(string name, List<byte[]> datagrams)
    {
        for (int index = 0; index < datagrams.Count; index++)
        {
            Put(datagrams.Count == 1 ? name : $"{name}_{index}", datagrams[index]);
        }
    }

    private void Put(string name, byte[] value) => Put(name, Convert.ToHexStringLower(value));

    private void Put(string name, string value) => _vector.Add(name, value);

    private sealed class RecordingEntropy(Entropy inner) : Entropy
    {
        internal List<byte[]> Draws { get; } = [];

        public override void Fill(Span<byte> destination)
        {
            inner.Fill(destination);
            Draws.Add(destination.ToArray());
        }
    }

    private sealed class ReplayingEntropy(List<byte[]> draws) : Entropy
    {
        private int _next;

        public override void Fill(Span<byte> destination) => draws[_next++].CopyTo(destination);
    }
}
