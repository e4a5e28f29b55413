using System;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.IDLE</summary>
public sealed class IdleTests
{
    [Fact]
    public void ClientThatSendsNothing_IsRemindedEveryMinute()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 111);
        network.ClientEvents.Clear();
        for (int minute = 1; minute <= 3; minute++)
        {
            Assert.False(network.Client.IsPaddingDue(network.Now));
            Instant due = network.Client.PollTimeout();
            Assert.Equal(CircuitLimits.KeepAliveMilliseconds, (due - network.Now).TotalMilliseconds);
            network.Now = due;
            Assert.True(network.Client.IsPaddingDue(network.Now));
            network.Client.HandleTimeout(network.Now);
            network.Pump();
            Assert.Equal(minute, network.ClientEvents.Count);
            Assert.Equal(ClientCircuitEventKind.PaddingDue, network.ClientEvents[^1].Kind);
            network.AssertForward(0);
        }
    }

    [Fact]
    public void ClientThatSendsToItsLastHop_IsNotReminded()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 112);
        network.ClientEvents.Clear();
        for (int second = 0; second < 200; second++)
        {
            network.Now += TimeSpan.FromSeconds(1);
            network.AssertForward(0);
            network.Client.HandleTimeout(network.Now);
        }

        network.Pump();
        Assert.Empty(network.ClientEvents);
    }

    [Fact]
    public void CircuitInUse_OutlivesTheIdleTime()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 113);
        for (int minute = 0; minute < 30; minute++)
        {
            network.Now += TimeSpan.FromMilliseconds(CircuitLimits.KeepAliveMilliseconds);
            network.AssertForward(2);
            foreach (RelayCircuitTable relay in network.Relays)
            {
                relay.HandleTimeout(network.Now);
            }
        }

        network.AssertBackward(2);
    }

    /// <summary>
    /// Cells to the guard alone would leave the last hop's window behind: the client says so, then stops.
    /// </summary>
    [Fact]
    public void CellsToNearHopsOnly_AreStoppedBeforeTheLastHopIsLost()
    {
        CircuitNetwork network = CircuitNetwork.Built(2, 114);
        byte[] cell = new byte[WireLayout.CellBytes];
        int sent = 0;
        while (network.Client.TrySealBody(network.Now, new HopIndex(0), [], cell, out Slot slot))
        {
            Assert.Equal(CircuitDrop.None, network.PassForward(0, network.Client.Id, slot, cell, out _, out _));
            sent++;
            Assert.Equal(sent >= CircuitLimits.PaddingDueSlots, network.Client.IsPaddingDue(network.Now));
        }

        Assert.Equal(CircuitLimits.PaddingMustSlots, sent);
        network.AssertForward(1);
        Assert.False(network.Client.IsPaddingDue(network.Now));
        network.AssertForward(0);
    }
}
