using System;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>What all played relays and clients send over: links' own datagrams, messages and single cells.</summary>
internal sealed class LinkPort : IDisposable
{
    private readonly byte[] _datagram = new byte[WireLayout.DatagramBytes];

    public TrainSocket Socket { get; } = new(BenchNetwork.PlayedPort, isBundled: true);

    public long LinksOpened { get; private set; }

    public long LinksClosed { get; private set; }

    public void Commit(Endpoint from, in PeerAddress to, int bytes) => Socket.Commit(
        from.Address, (uint)(to.Address.Value & uint.MaxValue), to.Port, bytes, WireLayout.DatagramBytes);

    /// <summary>A link message over the link that the endpoint opened.</summary>
    public void SendMessage(Endpoint from, ReadOnlySpan<byte> message) => SendCell(from, from.Link, default, default, message);

    public void SendCell(Endpoint from, LinkId link, CircuitId circuit, Slot slot, ReadOnlySpan<byte> cell)
    {
        if (from.Links.TrySeal(CallLoad.Now(), link, circuit, slot, cell, _datagram, out Transmit transmit))
        {
            SendOne(from, transmit);
        }
    }

    /// <summary>Takes what an endpoint's links and circuits have to say after an input.</summary>
    public void Drain(Endpoint endpoint)
    {
        Instant now = CallLoad.Now();
        while (endpoint.Links.PollEvent(out LinkEvent linkEvent))
        {
            if (linkEvent.Kind == LinkEventKind.Opened)
            {
                LinksOpened += endpoint.IsOpen ? 0 : 1;
                endpoint.IsOpen = true;
                endpoint.Links.SetBusy(now, linkEvent.Link, true);
            }
            else
            {
                LinksClosed++;
                endpoint.Circuits?.HandleLinkClosed(now, linkEvent.Link);
            }
        }

        DrainCircuits(endpoint);
        while (endpoint.Links.PollTransmit(now, _datagram, out Transmit transmit))
        {
            SendOne(endpoint, transmit);
        }
    }

    public void Dispose() => Socket.Dispose();

    private void DrainCircuits(Endpoint endpoint)
    {
        if (endpoint.Circuits is not { } circuits)
        {
            return;
        }

        Span<byte> cell = stackalloc byte[WireLayout.CellBytes];
        while (circuits.PollEvent(out _))
        {
        }

        while (circuits.PollMessage(out LinkId link, cell))
        {
            SendCell(endpoint, link, default, default, cell);
        }

        while (circuits.PollLinkUse(out _, out _))
        {
        }
    }

    private void SendOne(Endpoint from, in Transmit transmit)
    {
        _datagram.AsSpan(0, transmit.Bytes).CopyTo(Socket.Next());
        Commit(from, transmit.To, transmit.Bytes);
    }
}
