using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Simulation;

/// <summary>A whole network in one process from one seed: relays, clients, faults, then healing. (SIM.WORLD)</summary>
/// <remarks>
/// Phases: faulty (every fault of the options; safety is checked all along), then healed (liveness: every client must be served again).
/// Throws: <see cref="SimFailureException"/> when a checker fails; the message carries the seed.
/// </remarks>
public sealed class SimWorld
{
    /// <summary>Civil time at the start of every run.</summary>
    public static readonly WallTime WallNow = new(1_800_000_000);

    private readonly SimOptions _options;
    private readonly SimNetwork _network;
    private readonly List<SimRelay> _relays = [];
    private readonly List<SimClient> _clients = [];
    private readonly SeededEntropy _entropy;

    public SimWorld(SimOptions options)
    {
        _options = options;
        _network = new(options);
        _entropy = new(options.Seed ^ 0xFA17_0000_0000_0001UL);
        Build();
    }

    public SimFigures Figures => _network.Figures;

    /// <summary>Runs both phases; the digest of the trace. (SIM.DETERMINISM)</summary>
    public string Run()
    {
        try
        {
            Instant healAt = _network.Now + _options.FaultyTime;
            PlanFaults();
            _network.RunUntil(healAt);
            _network.Heal();
            Settle(healAt + _options.HealingTime);
            CheckTables();
            return _network.TraceDigest();
        }
        catch (Exception failure) when (failure is SimFailureException or InvariantException)
        {
            throw new SimFailureException(string.Create(CultureInfo.InvariantCulture, $"seed {_options.Seed}: {failure.Message}"));
        }
    }

    private void Build()
    {
        List<PeerAddress> addresses = [];
        for (int index = 0; index < _options.Relays; index++)
        {
            addresses.Add(new(IpAddress.FromIPv4(0x0A000001 + ((uint)index << 16)), 9001));
        }

        SampleNetwork network = SampleNetwork.Create("sim", addresses, WallNow, new SeededEntropy(_options.Seed ^ 0x6B65_7973UL));
        for (int index = 0; index < addresses.Count; index++)
        {
            SimRelay relay = new(_network, addresses[index], network.Relays[index], network.Document, _options.Seed + (ulong)index + 1);
            _relays.Add(relay);
            _network.Attach(relay);
        }

        for (int index = 0; index < _options.Clients; index++)
        {
            PeerAddress address = new(IpAddress.FromIPv4(0x0B000001 + ((uint)index << 16)), 7000);
            SimClient client = new(
                _network, address, network.Document, unchecked((_options.Seed * 31) + (ulong)index), _options.Voice);
            _clients.Add(client);
            _network.Attach(client);
        }
    }

    private void PlanFaults()
    {
        for (int count = 0; count < _options.Crashes; count++)
        {
            SimRelay relay = _relays[_entropy.NextInt32(_relays.Count)];
            TimeSpan downTime = TimeSpan.FromMilliseconds(500 + _entropy.NextInt32(4000));
            Figures.Crashes++;
            _network.Schedule(FaultInstant(), () => relay.Crash(downTime));
        }

        for (int count = 0; count < _options.Partitions; count++)
        {
            PeerAddress a = _relays[_entropy.NextInt32(_relays.Count)].Address;
            PeerAddress b = _entropy.NextInt32(2) == 0
                ? _clients[_entropy.NextInt32(_clients.Count)].Address
                : _relays[_entropy.NextInt32(_relays.Count)].Address;
            TimeSpan duration = TimeSpan.FromMilliseconds(500 + _entropy.NextInt32(6000));
            Figures.Partitions++;
            _network.Schedule(FaultInstant(), () => _network.Cut(a, b, duration));
        }
    }

    private Instant FaultInstant() =>
        _network.Now + TimeSpan.FromMilliseconds(_entropy.NextInt32((int)_options.FaultyTime.TotalMilliseconds));

    /// <summary>Runs on until every client was served for a while without faults; fails when the time is up. (SIM.LIVENESS)</summary>
    private void Settle(Instant until)
    {
        _network.RunUntil(_network.Now + TimeSpan.FromSeconds(8));
        foreach (SimClient client in _clients)
        {
            client.TakeServed();
        }

        HashSet<SimClient> unserved = [.. _clients];
        while (unserved.Count > 0)
        {
            SimFailureException.Require(_network.Now < until, "a client was not served again after the faults ended");
            _network.RunUntil(_network.Now + TimeSpan.FromSeconds(1));
            unserved.RemoveWhere(static client => client.TakeServed() > 0);
        }
    }

    private void CheckTables()
    {
        foreach (SimRelay relay in _relays)
        {
            SimFailureException.Require(relay.Node.CircuitCount <= 64 * (_options.Clients + 1), "a relay keeps circuits nobody uses");
            SimFailureException.Require(relay.Node.Drops[RelayDrop.TransmitFull] == 0, "a relay's ring overflowed");
        }

        foreach (SimClient client in _clients)
        {
            SimFailureException.Require(client.Node.PathCount <= 2, "a client keeps paths it does not use");
        }
    }
}
