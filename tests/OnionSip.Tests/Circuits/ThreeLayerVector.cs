using System;
using System.Buffers.Binary;
using System.Linq;
using System.Text.Json.Nodes;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Works out tests/vectors/circuits/three-layer-cell.json from its inputs, by HKDF and HCTR2 alone once the
/// handshakes are done.
/// </summary>
internal static class ThreeLayerVector
{
    private const int Hops = 3;
    private const long ForwardCount = 4100;
    private const long BackwardCount = 4200;

    /// <summary>
    /// Client counts at which each hop begins: after 12 and 30 forward cells; after backward cells up to count 5
    /// and 1040.
    /// </summary>
    private static readonly long[] s_forwardStarts = [0, 12, 30];
    private static readonly long[] s_backwardStarts = [0, 1030, 2065];
    private static readonly uint[] s_forwardOffsets = [0x1111_1111, 0xFEDC_BA98];
    private static readonly uint[] s_backwardOffsets = [0x2222_2222, 0x0BAD_CAFE];

    internal static JsonObject Build()
    {
        JsonArray hops = [];
        uint forwardBase = 0xFFFF_FF00;
        uint backwardBase = 0x0000_1000;
        for (int hop = 0; hop < Hops; hop++)
        {
            if (hop > 0)
            {
                forwardBase = unchecked(
                    forwardBase + (uint)(s_forwardStarts[hop] - s_forwardStarts[hop - 1]) + s_forwardOffsets[hop - 1]);
                backwardBase = unchecked(backwardBase + (uint)(s_backwardStarts[hop] - s_backwardStarts[hop - 1]) - s_backwardOffsets[hop - 1]);
            }

            hops.Add(Hop(hop, forwardBase, backwardBase));
        }

        return new JsonObject
        {
            ["network_id"] = Hex(NetworkId()),
            ["hops"] = hops,
            ["forward"] = Cell(LayerDirection.Forward, ForwardCount, hops, 0x20),
            ["backward"] = Cell(LayerDirection.Backward, BackwardCount, hops, 0x60),
        };
    }

    internal static byte[] Bytes(JsonNode? hex) => Convert.FromHexString(hex!.GetValue<string>());

    /// <summary>The handshake of one hop, with everything random given.</summary>
    private static JsonObject Hop(int hop, uint forwardBase, uint backwardBase)
    {
        byte[] identity = Counting(0xA0 + hop, 32);
        byte[] onionPrivate = Counting(0x40 + hop, 32);
        byte[] clientRandom = Counting(0x70 + hop, 96);
        byte[] relayRandom = Counting(0xD0 + hop, 64);
        byte[] digest = Counting(0x90 + hop, 32);
        using X25519KeyPair onionKey = new(onionPrivate);
        HopTarget target = new(RelayId.FromBytes(identity), OnionPublicKey.FromBytes(onionKey.PublicKey));
        RelayCircuitOptions options = new(target.Relay, onionKey, NetworkId());
        options.SetDocumentDigest(digest);
        byte[] create = new byte[CreateLayout.CreateBytes];
        byte[] created = new byte[CreateLayout.CreatedBytes];
        byte[] clientKeys = new byte[CircuitKeys.Bytes];
        byte[] relayKeys = new byte[CircuitKeys.Bytes];
        byte[] seenDigest = new byte[32];
        using CreateInitiator initiator = new(in target, NetworkId(), new ScriptedEntropy(clientRandom));
        Assert.True(initiator.TryWriteCreate(forwardBase, backwardBase, create));
        CreateResponder responder = new(options, digest, new ScriptedEntropy(relayRandom));
        Assert.Equal(CircuitDrop.None, responder.Answer(
            create, created, new CircuitKeys(relayKeys), out CreateRequest seen));
        Assert.Equal(CircuitDrop.None, initiator.Finish(created, new CircuitKeys(clientKeys), seenDigest));
        Assert.Equal(new CreateRequest(CircuitFlags.None, forwardBase, backwardBase), seen);
        Assert.Equal(digest, seenDigest);
        Assert.Equal(clientKeys, relayKeys);
        byte[] prologue = new byte[Prologue.Bytes];
        Prologue.Build(HandshakeRole.Circuit, NetworkId(), identity, 0, prologue);
        JsonObject json = new()
        {
            ["identity"] = Hex(identity),
            ["onion_private_key"] = Hex(onionPrivate),
            ["onion_public_key"] = Hex(onionKey.PublicKey.ToArray()),
            ["client_ephemeral"] = Hex(clientRandom[..32]),
            ["client_kem_seed"] = Hex(clientRandom[32..]),
            ["relay_ephemeral"] = Hex(relayRandom[..32]),
            ["relay_kem_randomness"] = Hex(relayRandom[32..]),
            ["document_digest"] = Hex(digest),
            ["prologue"] = Hex(prologue),
            ["forward_base"] = forwardBase,
            ["backward_base"] = backwardBase,
            ["forward_start"] = s_forwardStarts[hop],
            ["backward_start"] = s_backwardStarts[hop],
            ["create"] = Hex(create),
            ["created"] = Hex(created),
            ["forward_chain"] = Hex(clientKeys[..32]),
            ["backward_chain"] = Hex(clientKeys[32..]),
        };
        if (hop < Hops - 1)
        {
            json["forward_offset"] = s_forwardOffsets[hop];
            json["backward_offset"] = s_backwardOffsets[hop];
        }

        return json;
    }

    /// <summary>One cell of the last hop's, with every layer in the order in which it is put on.</summary>
    private static JsonObject Cell(LayerDirection direction, long count, JsonArray hops, int fill)
    {
        string way = direction == LayerDirection.Forward ? "forward" : "backward";
        byte[] cell = new byte[WireLayout.CellBytes];
        Counting(fill, WireLayout.BodyBytes).CopyTo(cell, WireLayout.OwnerMarkBytes);
        JsonObject json = new() { ["count"] = count, ["plain_cell"] = Hex(cell) };
        JsonArray layers = [];
        // Both ways the last hop's layer is the innermost: the client puts them on in this order, the hops backward as well.
        for (int hop = Hops - 1; hop >= 0; hop--)
        {
            long index = count - hops[hop]![way + "_start"]!.GetValue<long>();
            uint slot = unchecked(hops[hop]![way + "_base"]!.GetValue<uint>() + (uint)index);
            byte[] chain = Bytes(hops[hop]![way + "_chain"]);
            long epoch = index / 4096;
            for (long step = 0; step < epoch; step++)
            {
                chain = Expand(chain, "onionsip 1 hop ratchet");
            }

            byte[] key = Expand(chain, "onionsip 1 hop " + way);
            byte[] tweak = new byte[8];
            tweak[0] = (byte)direction;
            BinaryPrimitives.WriteUInt32BigEndian(tweak.AsSpan(4), slot);
            using Hctr2 cipher = new(key);
            cipher.Encrypt(tweak, cell);
            layers.Add(new JsonObject
            {
                ["hop"] = hop,
                ["index"] = index,
                ["epoch"] = epoch,
                ["chain"] = Hex(chain),
                ["key"] = Hex(key),
                ["slot"] = slot,
                ["tweak"] = Hex(tweak),
                ["cell"] = Hex(cell),
            });
        }

        json["layers"] = layers;
        return json;
    }

    private static byte[] Expand(byte[] chain, string label)
    {
        byte[] info = [.. System.Text.Encoding.ASCII.GetBytes(label), 0];
        return System.Security.Cryptography.HKDF.Expand(
            System.Security.Cryptography.HashAlgorithmName.SHA256, chain, 32, info);
    }

    private static byte[] NetworkId() => Counting(0x00, 32);

    private static byte[] Counting(int first, int bytes) =>
        Enumerable.Range(0, bytes).Select(index => unchecked((byte)(first + index))).ToArray();

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>Gives out the bytes of a vector in turn.</summary>
    private sealed class ScriptedEntropy(byte[] script) : Entropy
    {
        private int _used;

        public override void Fill(Span<byte> destination)
        {
            script.AsSpan(_used, destination.Length).CopyTo(destination);
            _used += destination.Length;
        }
    }
}
