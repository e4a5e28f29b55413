using System.Linq;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.DESTROY</summary>
public sealed class DestroyTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void WhoeverEndsIt_TheCircuitIsGoneEverywhere(int who)
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 121);
        network.AssertForward(2);
        if (who < 0)
        {
            network.Client.Close(network.Now);
        }
        else
        {
            network.Relays[who].Destroy(network.Now, network.Handles[who]);
        }

        network.Pump();
        AssertGone(network);
        Assert.Equal(who >= 0, network.ClientEvents[^1].Kind == ClientCircuitEventKind.Closed);
        for (int relay = 0; relay < 3; relay++)
        {
            Assert.Equal(relay != who, network.EventsOf(relay)[^1].Kind == RelayCircuitEventKind.Destroyed);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void LinkClosed_EndsItsCircuits(int relay, int link)
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 122);
        network.Relays[relay].HandleLinkClosed(network.Now, new LinkId(link));
        Assert.Equal(0, network.Relays[relay].CircuitsOn(new LinkId(link)));
        network.Pump();
        if (link == 1)
        {
            // The other end of that link notices for itself.
            CloseOther(network, relay);
        }
        else
        {
            network.Relays[relay + 1].HandleLinkClosed(network.Now, CircuitNetwork.ClientSide);
        }

        network.Pump();
        AssertGone(network);
    }

    [Fact]
    public void LinkClosed_WhileExtending_FailsTheExtensionOnly()
    {
        CircuitNetwork network = new(2, 123);
        network.Pump();
        network.Loses = static _ => true;
        network.Extend(1);
        network.Relays[0].HandleLinkClosed(network.Now, CircuitNetwork.NextSide);
        network.Pump();
        Assert.Equal(ControlStatus.Unreachable, network.EventsOf(0)[^1].Status);
        Assert.Equal(ClientCircuitState.Open, network.Client.State);
        network.AssertForward(0);
        network.AssertBackward(0);
    }

    [Fact]
    public void LinkClosed_ForgetsUnfinishedCreatesAndWhatWaits()
    {
        CircuitNetwork network = new(1, 124);
        byte[] first = CreatePieces.Sent(network, 0)[0];
        network.Relays[0].HandleMessage(network.Now, CircuitNetwork.ClientSide, false, first);
        Assert.Equal(1, network.Relays[0].ReassemblyCount);
        network.Relays[0].HandleLinkClosed(network.Now, CircuitNetwork.ClientSide);
        Assert.Equal(0, network.Relays[0].ReassemblyCount);
        Assert.True(network.Relays[0].PollTimeout().IsNever);
        Assert.False(network.Relays[0].PollMessage(out _, first));
    }

    [Fact]
    public void Destroy_OfAnUnfinishedCreate_ForgetsIt()
    {
        CircuitNetwork network = new(1, 125);
        network.Relays[0].HandleMessage(
            network.Now, CircuitNetwork.ClientSide, false, CreatePieces.Sent(network, 0)[0]);
        network.Client.Close(network.Now);
        network.Pump();
        Assert.Equal(0, network.Relays[0].ReassemblyCount);
    }

    [Fact]
    public void Handle_OfAGoneCircuit_MatchesNothing()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 126);
        CircuitHandle old = network.Handles[0];
        network.Relays[0].Destroy(network.Now, old);
        network.Pump();
        network.Client = network.NewClient();
        network.Pump();
        Assert.Equal(old.Index, network.Handles[0].Index);
        Assert.NotEqual(old, network.Handles[0]);
        Assert.False(network.Relays[0].TrySealBody(network.Now, old, [], new byte[WireLayout.CellBytes], out _));
        network.Relays[0].Destroy(network.Now, old);
        Assert.Equal(1, network.Relays[0].Count);
        network.AssertForward(0);
        network.AssertBackward(0);
    }

    [Fact]
    public void ClosedClient_AcceptsAndMakesNothing()
    {
        CircuitNetwork network = CircuitNetwork.Built(2, 127);
        byte[] cell = network.SealBackward(1, 0, [], out CellRoute route);
        network.Client.Close(network.Now);
        Assert.Equal(CircuitDrop.NotOpen, network.Client.HandleCell(network.Now, route.Slot, cell, out _));
        Assert.False(network.Client.TrySealBody(network.Now, new HopIndex(0), [], cell, out _));
        Assert.True(network.Client.PollTimeout().IsNever);
    }

    /// <summary>What DESTROY says on the wire: a circuit id and zeros.</summary>
    [Fact]
    public void DestroyMessage_SaysNothingButTheCircuit()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 128);
        network.Client.Close(network.Now);
        byte[] message = network.Random(WireLayout.CellBytes);
        Assert.True(network.Client.PollMessage(message));
        Assert.Equal((byte)LinkCommand.Destroy, message[0]);
        Assert.True(message.Skip(5).All(static value => value == 0));
    }

    private static void CloseOther(CircuitNetwork network, int relay)
    {
        if (relay == 0)
        {
            network.Client.Close(network.Now);
        }
        else
        {
            network.Relays[relay - 1].HandleLinkClosed(network.Now, CircuitNetwork.NextSide);
        }
    }

    private static void AssertGone(CircuitNetwork network)
    {
        Assert.Equal(ClientCircuitState.Closed, network.Client.State);
        Assert.Equal([0, 0, 0], network.Relays.Select(static relay => relay.Count));
        Assert.All(network.Relays, static relay => Assert.Equal(0, relay.CircuitsOn(CircuitNetwork.ClientSide)));
        Assert.All(network.Relays, static relay => Assert.Equal(0, relay.CircuitsOn(CircuitNetwork.NextSide)));
    }
}
