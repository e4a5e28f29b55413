using System.IO;
using System.Text.Json;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>
/// CRYPTO.HANDSHAKE-VECTORS: recomputes the committed hybrid handshakes from their inputs. The files were made by an independent
/// program, not by this code.
/// </summary>
public sealed class HybridVectorTests
{
    /// <summary>CRYPTO.HANDSHAKE-VECTORS</summary>
    [Theory]
    [InlineData(HandshakePattern.NKhfs, HandshakeRole.Circuit)]
    [InlineData(HandshakePattern.IKhfs, HandshakeRole.RelayLink)]
    [InlineData(HandshakePattern.XKhfs, HandshakeRole.EndToEnd)]
    public void CommittedHandshake_IsRecomputed(HandshakePattern pattern, HandshakeRole role)
    {
        using JsonDocument document = Load(pattern);
        JsonElement vector = document.RootElement;
        byte[] prologue = BuildPrologue(vector, role);
        bool hasStatic = vector.TryGetProperty("init_static", out _);
        using HandshakeState initiator = new(
            pattern, true, prologue, hasStatic ? Hex.Property(vector, "init_static") : [], Hex.Property(vector, "init_remote_static"),
            new ListedEntropy([.. Hex.Property(vector, "init_ephemeral"), .. Hex.Property(vector, "init_kem_seed")]));
        using HandshakeState responder = new(
            pattern, false, prologue, Hex.Property(vector, "resp_static"), [],
            new ListedEntropy([.. Hex.Property(vector, "resp_ephemeral"), .. Hex.Property(vector, "resp_kem_randomness")]));
        int index = 0;
        foreach (JsonElement message in vector.GetProperty("messages").EnumerateArray())
        {
            bool fromInitiator = (index++ & 1) == 0;
            CheckMessage(fromInitiator ? initiator : responder, fromInitiator ? responder : initiator, message);
        }

        CheckEnd(initiator, vector);
        CheckEnd(responder, vector);
    }

    /// <summary>CRYPTO.HANDSHAKE-VECTORS: the page shows the hash and keys of the files.</summary>
    [Theory]
    [InlineData(HandshakePattern.NKhfs)]
    [InlineData(HandshakePattern.IKhfs)]
    [InlineData(HandshakePattern.XKhfs)]
    public void Page_ShowsTheResults(HandshakePattern pattern)
    {
        string page = File.ReadAllText(RepositoryFiles.Find("specs", "crypto.md"));
        using JsonDocument document = Load(pattern);
        foreach (string name in new[] { "handshake_hash", "initiator_to_responder_key", "responder_to_initiator_key" })
        {
            Assert.Contains("`" + document.RootElement.GetProperty(name).GetString() + "`", page);
        }
    }

    private static void CheckMessage(HandshakeState writer, HandshakeState reader, JsonElement message)
    {
        byte[] payload = Hex.Property(message, "payload");
        byte[] expected = Hex.Property(message, "ciphertext");
        byte[] written = new byte[expected.Length];
        Assert.Equal(expected.Length, writer.WriteMessage(payload, written));
        Assert.Equal(Hex.Text(expected), Hex.Text(written));
        byte[] received = new byte[payload.Length];
        Assert.Equal(HandshakeRead.Ok, reader.ReadMessage(expected, received, out int receivedBytes));
        Assert.Equal(payload, received[..receivedBytes]);
        Assert.Equal(Hex.Property(message, "hash"), writer.HandshakeHash.ToArray());
        Assert.Equal(Hex.Property(message, "hash"), reader.HandshakeHash.ToArray());
    }

    private static void CheckEnd(HandshakeState state, JsonElement vector)
    {
        byte[] forward = new byte[32];
        byte[] backward = new byte[32];
        Assert.True(state.IsComplete);
        Assert.Equal(Hex.Property(vector, "handshake_hash"), state.HandshakeHash.ToArray());
        state.Split(forward, backward);
        Assert.Equal(Hex.Property(vector, "initiator_to_responder_key"), forward);
        Assert.Equal(Hex.Property(vector, "responder_to_initiator_key"), backward);
    }

    private static byte[] BuildPrologue(JsonElement vector, HandshakeRole role)
    {
        byte[] identity = new byte[32];
        Ed25519.DerivePublicKey(Hex.Property(vector, "responder_identity_seed"), identity);
        Assert.Equal(Hex.Property(vector, "responder_identity"), identity);
        Assert.Equal((int)role, vector.GetProperty("role").GetInt32());
        byte[] prologue = new byte[Prologue.Bytes];
        Prologue.Build(role, Hex.Property(vector, "network_id"), identity, vector.GetProperty("suite").GetByte(), prologue);
        Assert.Equal(Hex.Property(vector, "prologue"), prologue);
        return prologue;
    }

    private static JsonDocument Load(HandshakePattern pattern) => JsonDocument.Parse(File.ReadAllBytes(
        RepositoryFiles.Find("tests", "vectors", "crypto", $"noise_{pattern.ToString().ToLowerInvariant()}.json")));
}
