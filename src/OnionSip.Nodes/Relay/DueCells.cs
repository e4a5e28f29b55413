using System;
using OnionSip.Circuits;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Seals voice cells whose tick has come, link by link. (CIRCUIT.TICK, MACHINE.TRAIN)</summary>
/// <remarks>Holds nothing itself: cells wait in their lanes until the host takes them.</remarks>
internal sealed class DueCells(LinkTable links, RelayCircuitTable circuits, RelayHopTable hops, DropCounters<RelayDrop> drops)
{
    /// <summary>Cells of others, and fills in their place.</summary>
    public long Passed { get; private set; }

    /// <summary>How long after its tick a cell was sealed. (CIRCUIT.SLIP)</summary>
    public DurationCounts LateTimes { get; } = new();

    /// <summary>Seals the due voice cells of one link, as many as there is room for. (CIRCUIT.TICK)</summary>
    public bool TryTakeTrain(Instant now, Span<byte> destination, out Train train)
    {
        train = default;
        int bytes = 0;
        while (bytes == 0 && circuits.TryPeekDue(out LinkId link, out Instant dueAt))
        {
            LinkSealer sealer = links.SealerOf(link);
            while (bytes < destination.Length && TrySealDue(now, link, in sealer, destination.Slice(bytes, WireLayout.DatagramBytes)))
            {
                bytes += sealer.IsOpen ? WireLayout.DatagramBytes : 0;
            }

            LateTimes.Add(now - dueAt, bytes / WireLayout.DatagramBytes);
            train = new(sealer.Remote, WireLayout.DatagramBytes, bytes) { IsOpened = sealer.IsInitiator };
        }

        return bytes > 0;
    }

    /// <summary>False when no more voice cells are due over this link.</summary>
    private bool TrySealDue(Instant now, LinkId link, in LinkSealer sealer, Span<byte> datagram)
    {
        Span<byte> cell = LinkTable.CellOf(datagram);
        if (!circuits.TryTakeDue(now, link, cell, out CellRoute route))
        {
            return false;
        }

        if (route.Kind == CellRouteKind.Originate)
        {
            route = Originate(now, route.Handle, cell);
        }
        else
        {
            Passed++;
        }

        if (sealer.IsOpen)
        {
            sealer.Seal(now, route.Circuit, route.Slot, datagram);
        }
        else
        {
            drops.Count(RelayDrop.LinkNotOpen);
        }

        return true;
    }

    private CellRoute Originate(Instant now, CircuitHandle handle, Span<byte> cell)
    {
        Span<byte> body = cell[WireLayout.OwnerMarkBytes..];
        body.Clear();
        if (hops.Find(handle) is { } hop)
        {
            if (circuits.TryReport(handle, out ReportFrame report))
            {
                hop.SetReport(report);
            }

            hop.FillBody(now, body);
            hops.Schedule(hop);
        }

        return circuits.SealOwn(handle, cell);
    }
}
