using System;
using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;
using OnionSip.Circuits;
using OnionSip.Tests.Crypto;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// The worked example of the specification. CIRCUIT.CREATE, CIRCUIT.SLOT, CIRCUIT.LAYER, CIRCUIT.RATCHET
/// </summary>
public sealed class ThreeLayerVectorTests
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    [Fact]
    public void CommittedVector_IsWhatTheInputsGive()
    {
        string expected = ThreeLayerVector.Build().ToJsonString(s_indented);
        Assert.Equal(expected, Committed().ToJsonString(s_indented));
    }

    /// <summary>The machine's own layers, over the keys of the file.</summary>
    [Theory]
    [InlineData("forward")]
    [InlineData("backward")]
    public void MachineLayers_AgreeWithTheVector(string way)
    {
        JsonObject vector = Committed();
        LayerDirection direction = way == "forward" ? LayerDirection.Forward : LayerDirection.Backward;
        byte[] cell = ThreeLayerVector.Bytes(vector[way]!["plain_cell"]);
        foreach (JsonNode? layer in vector[way]!["layers"]!.AsArray())
        {
            int hop = layer!["hop"]!.GetValue<int>();
            long index = layer["index"]!.GetValue<long>();
            Slot slot = new(layer["slot"]!.GetValue<uint>());
            byte[] before = (byte[])cell.Clone();
            LayerRatchet ratchet = new(direction, Hctr2CipherFactory.Instance);
            ratchet.Start(ThreeLayerVector.Bytes(vector["hops"]![hop]![way + "_chain"]));
            ratchet.MoveTo(index);
            ratchet.Encrypt(index, slot, cell);
            Assert.Equal(ThreeLayerVector.Bytes(layer["cell"]), cell);
            byte[] taken = (byte[])cell.Clone();
            ratchet.Decrypt(index, slot, taken);
            Assert.Equal(before, taken);
        }
    }

    [Fact]
    public void Specification_ShowsTheKeysAndSlotsOfTheVector()
    {
        string page = File.ReadAllText(RepositoryFiles.Find("specs", "circuits.md"));
        JsonObject vector = Committed();
        foreach (string way in (string[])["forward", "backward"])
        {
            foreach (JsonNode? layer in vector[way]!["layers"]!.AsArray())
            {
                Assert.Contains(layer!["key"]!.GetValue<string>(), page, StringComparison.Ordinal);
                Assert.Contains(layer["slot"]!.GetValue<uint>().ToString("x8"), page, StringComparison.Ordinal);
                Assert.Contains(layer["cell"]!.GetValue<string>()[..32], page, StringComparison.Ordinal);
                Assert.Contains(layer["cell"]!.GetValue<string>()[^32..], page, StringComparison.Ordinal);
            }
        }
    }

    private static JsonObject Committed()
    {
        string path = RepositoryFiles.Find("tests", "vectors", "circuits", "three-layer-cell.json");
        return JsonNode.Parse(File.ReadAllText(path))!.AsObject();
    }
}
