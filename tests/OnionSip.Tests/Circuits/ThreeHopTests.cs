using OnionSip.Circuits;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Circuits that nobody attacks. CIRCUIT.CREATE, CIRCUIT.EXTEND, CIRCUIT.LAYER, CIRCUIT.SLOT, CIRCUIT.HANDOVER
/// </summary>
public sealed class ThreeHopTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Circuit_OfSomeHops_CarriesCellsBothWays(int hops)
    {
        CircuitNetwork network = CircuitNetwork.Built(hops, 1);
        for (int round = 0; round < 20; round++)
        {
            network.AssertForward(round % hops);
            network.AssertForward(hops - 1);
            network.AssertBackward(hops - 1);
        }
    }

    [Fact]
    public void Created_Carries_TheRelaysDocumentDigest()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 2);
        Assert.Equal(3, network.ClientEvents.Count);
        for (int hop = 0; hop < 3; hop++)
        {
            ClientCircuitEvent added = network.ClientEvents[hop];
            Assert.Equal(ClientCircuitEventKind.HopAdded, added.Kind);
            Assert.Equal(hop, added.Hop.Value);
            Assert.Equal(network.Options[hop].DocumentDigest, added.DocumentDigest.Span);
        }
    }

    [Fact]
    public void Cells_BeforeEachExtension_DoNotCollideWithLaterOnes()
    {
        CircuitNetwork network = new(3, 3);
        network.Pump();
        for (int hop = 0; hop < 3; hop++)
        {
            for (int cell = 0; cell < 50; cell++)
            {
                network.AssertForward(hop);
                network.AssertBackward(hop);
            }

            if (hop < 2)
            {
                Assert.Equal(ControlStatus.None, network.Extend(hop + 1));
                network.AssertBackward(hop);
                network.Pump();
                network.AssertBackward(hop);
            }
        }
    }

    [Fact]
    public void PreviousHop_AfterTheNextOneSpoke_OriginatesNothing()
    {
        CircuitNetwork network = CircuitNetwork.Built(2, 4);
        network.AssertBackward(0);
        network.AssertBackward(1);
        byte[] cell = new byte[WireLayout.CellBytes];
        Assert.False(network.Relays[0].TrySealBody(network.Now, network.Handles[0], new byte[1], cell, out _));
    }

    [Fact]
    public void PreviousHop_HasOnlySoManyCellsLeft_OnceExtended()
    {
        CircuitNetwork network = CircuitNetwork.Built(2, 5);
        // One of them carried EXTENDED.
        for (int cell = 0; cell < CircuitLimits.HandOverCells - 1; cell++)
        {
            network.AssertBackward(0);
        }

        Assert.False(network.Relays[0].TrySealBody(
            network.Now, network.Handles[0], new byte[1], new byte[WireLayout.CellBytes], out _));
        network.AssertBackward(1);
    }
}
