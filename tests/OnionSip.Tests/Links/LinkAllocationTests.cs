using System;
using OnionSip.Links;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>A cell costs no heap. (LINK.STATES, WIRE.DATAGRAM)</summary>
[Collection(AloneCollection.Name)]
public sealed class LinkAllocationTests
{
    private const int Cells = 20_000;

    [Theory]
    [InlineData(LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305)]
    [InlineData(LinkSuites.ChaCha20Poly1305)]
    public void SealAndReceive_AllocateNothing(LinkSuites suites)
    {
        LinkNetwork network = new(71);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443", options => options with { Suites = suites });
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        (LinkId link, _) = network.Connect(client, relay);
        client.Table.SetBusy(network.Now, link, true);
        byte[] cell = new byte[WireLayout.CellBytes];
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        _ = Exchange(network, client, relay, link, cell, datagram, 1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int received = Exchange(network, client, relay, link, cell, datagram, Cells);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Cells, received);
        Assert.Equal(0, allocated);
    }

    private static int Exchange(
        LinkNetwork network, LinkNode client, LinkNode relay, LinkId link, byte[] cell, byte[] datagram, int cells)
    {
        int received = 0;
        for (uint slot = 0; slot < cells; slot++)
        {
            _ = client.Table.TrySeal(network.Now, link, new CircuitId(1), new Slot(slot), cell, datagram, out _);
            _ = relay.Table.HandleDatagram(network.Now, client.Address, datagram, cell, out ReceivedCell at);
            received += at.Kind == ReceivedKind.Cell && at.Slot.Value == slot ? 1 : 0;
            _ = relay.Table.PollTransmit(network.Now, datagram, out _);
            _ = relay.Table.PollEvent(out _);
            _ = relay.Table.PollTimeout();
        }

        return received;
    }
}
