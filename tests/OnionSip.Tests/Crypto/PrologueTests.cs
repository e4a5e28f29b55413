using System;
using System.Text;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.PROLOGUE</summary>
public sealed class PrologueTests
{
    /// <summary>CRYPTO.PROLOGUE: the byte table of the specification.</summary>
    [Fact]
    public void Layout_IsAsSpecified()
    {
        byte[] networkId = Filled(0x11);
        byte[] identity = Filled(0x22);
        byte[] built = new byte[Prologue.Bytes];
        Assert.Equal(100, Prologue.Build(HandshakeRole.Circuit, networkId, identity, 5, built));
        byte[] label = new byte[32];
        Encoding.ASCII.GetBytes("onionsip 1 circuit").CopyTo(label, 0);
        byte[] expected = [.. label, 1, 3, 5, 0, .. networkId, .. identity];
        Assert.Equal(expected, built);
    }

    /// <summary>CRYPTO.PROLOGUE: whatever differs, the prologue differs.</summary>
    [Fact]
    public void EachInput_ChangesIt()
    {
        string[] built =
        [
            Build(HandshakeRole.RelayLink, 1, 2, 1), Build(HandshakeRole.ClientLink, 1, 2, 1),
            Build(HandshakeRole.Circuit, 1, 2, 1), Build(HandshakeRole.EndToEnd, 1, 2, 1),
            Build(HandshakeRole.RelayLink, 3, 2, 1), Build(HandshakeRole.RelayLink, 1, 3, 1), Build(HandshakeRole.RelayLink, 1, 2, 2),
        ];
        Assert.Distinct(built);
    }

    [Fact]
    public void UnknownRole_Throws() => Assert.Throws<ArgumentException>(() => Build(0, 1, 2, 1));

    private static string Build(HandshakeRole role, byte network, byte identity, byte suite)
    {
        byte[] built = new byte[Prologue.Bytes];
        Prologue.Build(role, Filled(network), Filled(identity), suite, built);
        return Hex.Text(built);
    }

    private static byte[] Filled(byte value)
    {
        byte[] bytes = new byte[32];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
