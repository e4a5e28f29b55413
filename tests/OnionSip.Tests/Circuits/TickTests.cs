using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.TICK, CIRCUIT.FILL, CIRCUIT.SLIP</summary>
public sealed class TickTests
{
    private const CircuitFlags Retimed = CircuitFlags.Voice | CircuitFlags.Retime;

    /// <summary>
    /// The attack: the guard's neighbour delays each cell by 0 or 6 ms, a bit each, and the hop behind reads the bits out of the gaps.
    /// It reads all of them where cells leave at once, and none where they leave at ticks.
    /// </summary>
    [Theory]
    [InlineData(CircuitFlags.Voice, 200)]
    [InlineData(Retimed, 0)]
    public void DelaysMarkedOnArrival_AreGoneBehindATickingHop(CircuitFlags flags, int expectedBits)
    {
        VoiceLine line = new(3, 67, flags);
        bool[] bits = new bool[200];
        SeededEntropy entropy = new(8);
        for (int bit = 0; bit < bits.Length; bit++)
        {
            bits[bit] = entropy.NextInt32(2) == 1;
        }

        bits[0] = false;
        line.Talk(bits.Length, count => TimeSpan.FromMilliseconds(bits[count] ? 6 : 0));
        line.Run(TimeSpan.FromMilliseconds(60));
        List<Instant> times = [.. line.Departures[0].Where(static sent => sent.Forward).Select(static sent => sent.Time).Take(bits.Length)];
        Assert.Equal(bits.Length, times.Count);
        int read = 0;
        for (int bit = 0; bit < bits.Length; bit++)
        {
            long phase = (times[bit] - times[0]).Ticks - (bit * (long)VoiceLine.PeriodTicks);
            read += phase != 0 == bits[bit] ? 1 : 0;
        }

        int zeros = bits.Count(static bit => !bit);
        Assert.Equal(expectedBits == 0 ? zeros : expectedBits, read);
        Assert.Equal(expectedBits == 0, times.TrueForAll(time => (time - times[0]).Ticks % VoiceLine.PeriodTicks == 0));
    }

    [Fact]
    public void CellsInTime_AllArrive_InOrder_OneEachTick()
    {
        VoiceLine line = new(3, 71);
        line.Talk(250, static count => TimeSpan.FromMilliseconds(count % 5));
        line.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal([.. Enumerable.Range(0, 250).Select(static count => (byte)count)], line.Delivered.Select(static item => item.First));
        for (int relay = 0; relay < 2; relay++)
        {
            Assert.Equal(0, line.Relay(relay).Drops[CircuitDrop.SlotLate]);
            AssertGrid(line, relay, forward: true);
            AssertGrid(line, relay, forward: false);
        }

        AssertGrid(line, 2, forward: false);
    }

    [Fact]
    public void MissingCell_IsFilledAtItsTick_AndStaysMissing()
    {
        VoiceLine line = new(3, 12);
        line.Talk(100, static count => count is 40 or 41 ? TimeSpan.FromMilliseconds(-1) : TimeSpan.Zero);
        line.Run(TimeSpan.FromMilliseconds(60));
        AssertGrid(line, 0, forward: true);
        AssertGrid(line, 1, forward: true);
        byte[] first = [.. line.Delivered.Select(static item => item.First)];
        Assert.Equal([.. Enumerable.Range(0, 100).Where(static count => count is not (40 or 41)).Select(static count => (byte)count)], first);
        Assert.True(line.Relay(2).Drops[CircuitDrop.MissingCell] >= 2);
        Assert.True(line.Relay(0).Voice.Filled >= 2);
    }

    /// <summary>The control: where nothing is re-timed the late cell comes right behind the next one.</summary>
    [Theory]
    [InlineData(Retimed, 99, 1)]
    [InlineData(CircuitFlags.Voice, 100, 0)]
    public void LateCell_IsDroppedAndCounted_NeverBunched(CircuitFlags flags, int delivered, int late)
    {
        VoiceLine line = new(3, 13, flags);
        line.Talk(100, static count => TimeSpan.FromMilliseconds(count == 50 ? 55 : 0));
        line.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(delivered, line.Delivered.Count);
        Assert.Equal(late, line.Relay(0).Drops[CircuitDrop.SlotLate]);
        long shortest = line.Departures[0].Where(static sent => sent.Forward).Zip(
            line.Departures[0].Where(static sent => sent.Forward).Skip(1), static (a, b) => (b.Time - a.Time).Ticks).Min();
        Assert.Equal(late == 1, shortest >= VoiceLine.PeriodTicks);
    }

    [Fact]
    public void CellFarAheadOfItsTick_IsRefused()
    {
        VoiceLine line = new(3, 14);
        for (int count = 0; count < 12; count++)
        {
            line.Send((byte)count, TimeSpan.Zero);
        }

        line.Run(TimeSpan.FromMilliseconds(1));
        Assert.Equal(12 - TickLimits.LaneCells, line.Relay(0).Drops[CircuitDrop.SlotEarly]);
    }

    [Fact]
    public void Silence_EndsFillingAndTheLastHopsCells_AndTheNextCellBeginsAgain()
    {
        VoiceLine line = new(3, 15);
        line.Talk(50, static _ => TimeSpan.Zero);
        line.Run(TimeSpan.FromSeconds(2));
        int sent = line.Departures.Sum(static list => list.Count);
        Assert.All(line.Network.Relays, static relay => Assert.Equal(0, relay.AwakeLanes));
        line.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(sent, line.Departures.Sum(static list => list.Count));
        int delivered = line.Delivered.Count;
        for (int skipped = 0; skipped < 350; skipped++)
        {
            line.Network.SealForward(2, [], out _);
        }

        line.Talk(20, static _ => TimeSpan.Zero);
        line.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(delivered + 20, line.Delivered.Count);
    }

    /// <summary>CIRCUIT.SLIP: a relay that stood still for a while gives slots up instead of sending them together.</summary>
    [Fact]
    public void StalledRelay_SkipsTicks_AndBunchesNothing()
    {
        VoiceLine line = new(3, 16);
        Instant from = line.Network.Now + TimeSpan.FromMilliseconds(1003);
        line.IsStalled = (relay, now) => relay == 1 && now >= from && now < from + TimeSpan.FromMilliseconds(70);
        line.Talk(100, static _ => TimeSpan.Zero);
        line.Run(TimeSpan.FromMilliseconds(200));
        Assert.True(line.Relay(1).Drops[CircuitDrop.TickSkipped] > 0);
        Assert.InRange(line.Relay(1).Voice.Skipped, 4, 8);
        foreach (bool forward in (bool[])[true, false])
        {
            List<long> gaps = GapsOf(line, 1, forward);
            Assert.All(gaps.Zip(gaps.Skip(1), static (a, b) => a + b), static two => Assert.True(two >= VoiceLine.PeriodTicks));
        }

        // The tick that was late by less than a period is served at once; before and after the stall the grid is the same.
        List<long> phases = [.. line.Departures[1].Where(static sent => sent.Forward)
            .Select(static sent => sent.Time.Ticks % VoiceLine.PeriodTicks).Distinct()];
        Assert.InRange(phases.Count, 1, 2);
    }

    [Fact]
    public void OrderWithinATick_IsDrawnAnew()
    {
        const int Circuits = 6, Ticks = 400;
        TickWheel wheel = new(Instant.Zero, new SeededEntropy(17));
        VoiceLane[] lanes = new VoiceLane[Circuits];
        RelayCircuit circuit = new(0, Hctr2CipherFactory.Instance);
        for (int lane = 0; lane < Circuits; lane++)
        {
            lanes[lane] = new(circuit, LayerDirection.Forward, new LaneRings().Take());
            wheel.Wake(Instant.Zero, lanes[lane], new LinkId(1), 0);
        }

        int[] places = new int[Circuits];
        for (int tick = 0; tick < Ticks; tick++)
        {
            wheel.HandleTimeout(wheel.PollTimeout());
            Assert.Equal(Circuits, wheel.Due!.Places);
            places[Enumerable.Range(0, Circuits).First(place => wheel.Due.At(place) == lanes[0])]++;
            wheel.EndDue();
        }

        // 400 draws over six places: each place 67 times on average, standard deviation 7.5.
        Assert.All(places, static count => Assert.InRange(count, 67 - 38, 67 + 38));
    }

    /// <summary>A client may jump 4,096 slots a cell, for hours: an index of more than 31 bits is an index like any other.</summary>
    [Fact]
    public void IndexBeyond31Bits_IsHeldAndServed()
    {
        const long Far = (1L << 31) + 5;
        VoiceLane lane = new(new RelayCircuit(0, Hctr2CipherFactory.Instance), LayerDirection.Forward, new LaneRings().Take());
        lane.Wake(Far, 100);
        byte[] cell = new byte[WireLayout.CellBytes];
        Assert.Equal(CircuitDrop.None, lane.Hold(Instant.Zero, Far, cell));
        Assert.Equal(LaneTurn.Held, lane.TurnAt(100));
        lane.Take(Instant.Zero, cell);
        Assert.Equal(LaneTurn.Missing, lane.TurnAt(101));
    }

    /// <summary>Lanes that sleep and wake between two ticks, in any number and order, stand in the next tick's order once each.</summary>
    [Fact]
    public void LanesThatSleepAndWake_AreServedOnceATick()
    {
        const int Lanes = 40;
        SeededEntropy entropy = new(21);
        TickWheel wheel = new(Instant.Zero, entropy);
        RelayCircuit circuit = new(0, Hctr2CipherFactory.Instance);
        VoiceLane[] lanes = new VoiceLane[Lanes];
        for (int lane = 0; lane < Lanes; lane++)
        {
            lanes[lane] = new(circuit, LayerDirection.Forward, new LaneRings().Take());
            wheel.Wake(Instant.Zero, lanes[lane], new LinkId(1), 0);
        }

        Instant now = Instant.Zero;
        for (int round = 0; round < 300; round++)
        {
            for (int change = entropy.NextInt32(2 * Lanes); change > 0; change--)
            {
                VoiceLane lane = lanes[entropy.NextInt32(Lanes)];
                if (lane.IsAwake)
                {
                    wheel.Sleep(lane);
                }
                else
                {
                    wheel.Wake(now, lane, new LinkId(1), 0);
                }
            }

            int awake = lanes.Count(static lane => lane.IsAwake);
            Assert.Equal(awake, wheel.Awake);
            if (awake == 0)
            {
                continue;
            }

            now = wheel.PollTimeout();
            wheel.HandleTimeout(now);
            VoiceLane[] order = [.. Enumerable.Range(0, wheel.Due!.Places).Select(place => wheel.Due.At(place)!)];
            Assert.Equal(awake, order.Distinct().Count());
            Assert.Equal(awake, order.Length);
            wheel.EndDue();
        }
    }

    [Fact]
    public void Phases_OfLinks_DifferAndStay()
    {
        TickWheel wheel = new(Instant.Zero, new SeededEntropy(18));
        RelayCircuit circuit = new(0, Hctr2CipherFactory.Instance);
        HashSet<int> phases = [];
        for (int link = 1; link <= 40; link++)
        {
            VoiceLane lane = new(circuit, LayerDirection.Forward, new LaneRings().Take());
            wheel.Wake(Instant.Zero, lane, new LinkId(link), 0);
            int phase = lane.Link!.Phase;
            wheel.Sleep(lane);
            wheel.Wake(Instant.FromMilliseconds(link), lane, new LinkId(link), 0);
            Assert.Equal(phase, lane.Link!.Phase);
            phases.Add(phase);
        }

        Assert.True(phases.Count > 10);
    }

    /// <summary>A path that grew longer by 15 ms in mid-call: after a few lost cells the lanes wait a tick more and lose no further.</summary>
    [Fact]
    public void PathGrownLonger_ShiftsTheLaneOnce()
    {
        VoiceLine line = new(3, 19);
        line.Talk(400, static count => TimeSpan.FromMilliseconds(count < 100 ? 0 : 15));
        line.Run(TimeSpan.FromMilliseconds(100));
        long shifts = line.Network.Relays.Sum(static relay => relay.Voice.Shifts);
        Assert.InRange(shifts, 0, 2);
        // Ten late ones at each of the two relays that hold cells, at the worst phases.
        Assert.InRange(line.Delivered.Count, 375, 400);
    }

    /// <summary>A sender whose clock runs 0.2 % fast for a minute: one slot is given up for each period gained.</summary>
    [Fact]
    public void FastSender_CostsOneSlotForEachPeriod()
    {
        VoiceLine line = new(3, 20);
        for (int count = 0; count < 3000; count++)
        {
            line.Send(unchecked((byte)count), TimeSpan.Zero);
            line.Run(TimeSpan.FromMicroseconds(19_960));
        }

        line.Run(TimeSpan.FromMilliseconds(200));
        Assert.InRange(line.Relay(0).Voice.Shifts, 2, 8);
        Assert.Equal(0, line.Relay(0).Drops[CircuitDrop.SlotEarly]);
        Assert.InRange(line.Delivered.Count, 2960, 3000);
    }

    private static void AssertGrid(VoiceLine line, int relay, bool forward) =>
        Assert.All(GapsOf(line, relay, forward), static gap => Assert.Equal(VoiceLine.PeriodTicks, gap));

    private static List<long> GapsOf(VoiceLine line, int relay, bool forward)
    {
        List<Instant> times = [.. line.Departures[relay].Where(sent => sent.Forward == forward).Select(static sent => sent.Time)];
        Assert.True(times.Count > 20);
        return [.. times.Zip(times.Skip(1), static (a, b) => (b - a).Ticks)];
    }
}
