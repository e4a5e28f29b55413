using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>A voice circuit through relays in virtual time: wires with a delay and whatever a test does to them.</summary>
internal sealed class VoiceLine
{
    internal const int PeriodTicks = TickLimits.PeriodMilliseconds * (int)TimeSpan.TicksPerMillisecond;

    private readonly PriorityQueue<(int Relay, CellRoute Route, byte[] Cell), (long Time, long Order)> _wire = new();
    private long _order;

    internal VoiceLine(int relays, ulong seed, CircuitFlags flags = CircuitFlags.Voice | CircuitFlags.Retime)
    {
        Network = new(relays, seed);
        for (int relay = 0; relay < relays; relay++)
        {
            Network.Targets[relay] = Network.Targets[relay] with { Flags = flags };
        }

        Network.Client = Network.NewClient();
        Network.Build();
        Departures = new List<(Instant Time, bool Forward, Slot Slot)>[relays];
        for (int relay = 0; relay < relays; relay++)
        {
            Departures[relay] = [];
        }

        // The counts up to voice are never sent: what the client's jump does.
        for (int count = 0; count < TickLimits.VoiceFirstIndex; count++)
        {
            Network.SealForward(relays - 1, [], out _);
        }
    }

    internal CircuitNetwork Network { get; }

    /// <summary>When each relay sent what.</summary>
    internal List<(Instant Time, bool Forward, Slot Slot)>[] Departures { get; }

    /// <summary>Bodies that reached the last hop, by their first byte, and when.</summary>
    internal List<(Instant Time, byte First)> Delivered { get; } = [];

    /// <summary>Backward cells that the client could read: when, from which hop, the whole body.</summary>
    internal List<(Instant Time, int Hop, byte[] Body)> AtClient { get; } = [];

    internal int MissingAtClient { get; private set; }

    /// <summary>How long the wire from a relay takes; negative loses the cell.</summary>
    internal Func<int, bool, TimeSpan> Wire { get; set; } = static (_, _) => TimeSpan.FromMilliseconds(3);

    /// <summary>A relay that is not served now: its thread stands still.</summary>
    internal Func<int, Instant, bool> IsStalled { get; set; } = static (_, _) => false;

    internal RelayCircuitTable Relay(int relay) => Network.Relays[relay];

    /// <summary>Puts a cell of the client on its wire, to arrive at the guard after the delay.</summary>
    internal void Send(byte first, TimeSpan delay)
    {
        byte[] cell = Network.SealForward(Network.Relays.Length - 1, [first], out Slot slot);
        if (delay >= TimeSpan.Zero)
        {
            Put(0, new(CellRouteKind.Forward, CircuitNetwork.ClientSide, Network.Client.Id, slot, default), cell, Network.Now + delay);
        }
    }

    /// <summary>Sends a cell each 20 ms, each as late as the function says, then runs on until nothing is under way.</summary>
    internal void Talk(int cells, Func<int, TimeSpan> delay)
    {
        for (int count = 0; count < cells; count++)
        {
            Send(unchecked((byte)count), delay(count));
            Run(TimeSpan.FromMilliseconds(TickLimits.PeriodMilliseconds));
        }
    }

    internal void Run(TimeSpan span)
    {
        Instant until = Network.Now + span;
        while (Next() is { } next && next <= until)
        {
            Network.Now = Instant.Max(Network.Now, next);
            while (_wire.TryPeek(out _, out (long Time, long Order) at) && at.Time <= Network.Now.Ticks)
            {
                Arrive(_wire.Dequeue());
            }

            for (int relay = 0; relay < Network.Relays.Length; relay++)
            {
                Serve(relay);
            }
        }

        Network.Now = until;
    }

    internal static bool TryTake(RelayCircuitTable relay, Instant now, Span<byte> cell, out CellRoute route)
    {
        while (relay.TryPeekDue(out LinkId link, out _))
        {
            if (relay.TryTakeDue(now, link, cell, out route))
            {
                return true;
            }
        }

        route = default;
        return false;
    }

    private Instant? Next()
    {
        Instant next = _wire.TryPeek(out _, out (long Time, long Order) at) ? new(at.Time) : Instant.Never;
        for (int relay = 0; relay < Network.Relays.Length; relay++)
        {
            Instant own = Instant.Max(Network.Relays[relay].PollTimeout(), Network.Now);
            while (!own.IsNever && IsStalled(relay, own))
            {
                own += TimeSpan.FromMilliseconds(1);
            }

            next = Instant.Min(next, own);
        }

        return next.IsNever ? null : next;
    }

    private void Serve(int relay)
    {
        if (IsStalled(relay, Network.Now) || Network.Relays[relay].PollTimeout() > Network.Now)
        {
            return;
        }

        byte[] cell = new byte[WireLayout.CellBytes];
        Network.Relays[relay].HandleTimeout(Network.Now);
        while (TryTake(Network.Relays[relay], Network.Now, cell, out CellRoute route))
        {
            if (route.Kind == CellRouteKind.Originate)
            {
                StreamMux mux = new(Network.Now, new() { IsClient = false });
                mux.NextReport = Network.Relays[relay].TryReport(route.Handle, out ReportFrame report) ? report : null;
                mux.FillBody(Network.Now, cell.AsSpan(WireLayout.OwnerMarkBytes));
                route = Network.Relays[relay].SealOwn(route.Handle, cell);
            }

            Depart(relay, route, (byte[])cell.Clone());
        }
    }

    private void Depart(int relay, in CellRoute route, byte[] cell)
    {
        bool isForward = route.Link == CircuitNetwork.NextSide;
        Departures[relay].Add((Network.Now, isForward, route.Slot));
        TimeSpan delay = Wire(relay, isForward);
        if (delay >= TimeSpan.Zero)
        {
            LinkId at = isForward ? CircuitNetwork.ClientSide : CircuitNetwork.NextSide;
            Put(isForward ? relay + 1 : relay - 1, route with { Link = at }, cell, Network.Now + delay);
        }
    }

    private void Put(int relay, in CellRoute route, byte[] cell, Instant at) => _wire.Enqueue((relay, route, cell), (at.Ticks, _order++));

    private void Arrive((int Relay, CellRoute Route, byte[] Cell) parcel)
    {
        if (parcel.Relay < 0)
        {
            ArriveAtClient(parcel.Route.Slot, parcel.Cell);
            return;
        }

        RelayCircuitTable relay = Network.Relays[parcel.Relay];
        relay.HandleCell(Network.Now, parcel.Route.Link, parcel.Route.Circuit, parcel.Route.Slot, parcel.Cell, out CellRoute route);
        if (route.Kind == CellRouteKind.Forward)
        {
            Depart(parcel.Relay, route, parcel.Cell);
        }
        else if (route.Kind == CellRouteKind.Deliver)
        {
            Assert.Equal(Network.Relays.Length - 1, parcel.Relay);
            Delivered.Add((Network.Now, parcel.Cell[WireLayout.OwnerMarkBytes]));
        }
    }

    private void ArriveAtClient(Slot slot, byte[] cell)
    {
        if (Network.Client.HandleCell(Network.Now, slot, cell, out HopIndex from) == CircuitDrop.None)
        {
            AtClient.Add((Network.Now, from.Value, cell[WireLayout.OwnerMarkBytes..]));
        }
        else
        {
            MissingAtClient++;
        }
    }
}
