using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>One link of a table, held while a train is sealed for it; not beyond the call that got it. (WIRE.DATAGRAM)</summary>
public readonly struct LinkSealer
{
    private readonly LinkTable _table;
    private readonly Link? _link;

    internal LinkSealer(LinkTable table, Link? link)
    {
        _table = table;
        _link = link is { State: LinkState.Open } ? link : null;
    }

    public bool IsOpen => _link is not null;

    /// <summary>This node opened it.</summary>
    public bool IsInitiator => _link is { IsInitiator: true };

    /// <summary>Where its datagrams go.</summary>
    public PeerAddress Remote => _link?.Remote ?? default;

    /// <summary>Seals the cell that stands at <see cref="LinkTable.CellOf"/>.</summary>
    /// <exception cref="InvalidOperationException">The link is not open.</exception>
    public void Seal(Instant now, CircuitId circuit, Slot slot, Span<byte> datagram) =>
        _table.Seal(now, _link ?? throw new InvalidOperationException("the link is not open"), circuit, slot, datagram);
}
