using OnionSip.Circuits;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.VOICE: what a client asks of one hop reaches that hop, and nothing else is asked.</summary>
public sealed class VoiceFlagsTests
{
    [Theory]
    [InlineData(CircuitFlags.None, false, false)]
    [InlineData(CircuitFlags.Voice, true, false)]
    [InlineData(CircuitFlags.Voice | CircuitFlags.Retime, true, true)]
    public void Flags_OfEachHop_ReachThatHopAlone(CircuitFlags flags, bool isVoice, bool isRetimed)
    {
        CircuitNetwork network = new(3, 90);
        network.Targets[1] = network.Targets[1] with { Flags = flags };
        network.Build();
        for (int hop = 0; hop < 3; hop++)
        {
            RelayCircuit circuit = network.Relays[hop].Store.Find(network.Handles[hop])!;
            Assert.Equal(hop == 1 && isVoice, circuit.IsVoice);
            Assert.Equal(hop == 1 && isRetimed, circuit.IsRetimed);
        }

        network.AssertForward(2);
        network.AssertBackward(2);
    }

    [Fact]
    public void EveryFlagsByte_OtherThanTheThree_IsRefused()
    {
        for (int flags = 0; flags < 256; flags++)
        {
            CircuitNetwork network = new(1, 91);
            network.Targets[0] = network.Targets[0] with { Flags = (CircuitFlags)flags };
            network.Client = network.NewClient();
            network.Pump();
            bool isKnown = flags is 0 or 1 or 3;
            Assert.Equal(isKnown ? 1 : 0, network.Relays[0].Count);
            Assert.Equal(isKnown ? 0 : 1, network.Relays[0].Drops[CircuitDrop.BadPayload]);
            Assert.Equal(isKnown ? ClientCircuitState.Open : ClientCircuitState.Closed, network.Client.State);
        }
    }

    [Fact]
    public void SameRandomness_WithFlagsOff_GivesTheBytesOfBefore()
    {
        byte[] payload = new byte[CreateLayout.CreatePayloadBytes];
        CreateLayout.WriteCreatePayload(payload, CircuitFlags.None, 0x01020304, 0x05060708);
        Assert.Equal([1, 0, 1, 2, 3, 4, 5, 6, 7, 8], payload);
        Assert.True(CreateLayout.TryReadCreatePayload(payload, out CircuitFlags flags, out uint forward, out uint backward));
        Assert.Equal((CircuitFlags.None, 0x01020304u, 0x05060708u), (flags, forward, backward));
    }
}
