using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Security.Cryptography;
using OnionSip.Machines;

namespace OnionSip.Simulation;

/// <summary>Virtual time and a faulty datagram network between hosts. (SIM.NETWORK)</summary>
/// <remarks>
/// Shape: a queue of (time, number) → action; equal times run in the order they were queued, so a seed fixes everything.
/// Faults: delay per pair, jitter, loss, duplication, reordering, corruption, partition; <see cref="Heal"/> switches all but delay off.
/// </remarks>
public sealed class SimNetwork
{
    private readonly PriorityQueue<Action, (long Ticks, long Number)> _queue = new();
    private readonly Dictionary<PeerAddress, SimHost> _hosts = [];
    private readonly Dictionary<(PeerAddress, PeerAddress), TimeSpan> _delays = [];
    private readonly List<(PeerAddress A, PeerAddress B, Instant Until)> _cuts = [];
    private readonly SimOptions _options;
    private readonly SeededEntropy _entropy;
    private readonly IncrementalHash _trace = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _number;
    private bool _isHealed;

    public SimNetwork(SimOptions options)
    {
        _options = options;
        _entropy = new(options.Seed);
    }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(1000);

    public SimFigures Figures { get; } = new();

    /// <summary>Runs at <paramref name="at"/>, or now when that has passed.</summary>
    public void Schedule(Instant at, Action action)
    {
        if (!at.IsNever)
        {
            _queue.Enqueue(action, (Math.Max(at.Ticks, Now.Ticks), _number++));
        }
    }

    internal void Attach(SimHost host) => _hosts[host.Address] = host;

    /// <summary>Cuts two hosts off from each other for a while.</summary>
    public void Cut(PeerAddress a, PeerAddress b, TimeSpan duration) => _cuts.Add((a, b, Now + duration));

    /// <summary>From now on nothing is lost, doubled, changed or cut.</summary>
    public void Heal()
    {
        _isHealed = true;
        _cuts.Clear();
    }

    /// <summary>Runs everything up to <paramref name="until"/>.</summary>
    public void RunUntil(Instant until)
    {
        while (_queue.TryPeek(out Action? action, out (long Ticks, long Number) key) && key.Ticks <= until.Ticks)
        {
            _queue.Dequeue();
            Now = new(key.Ticks);
            action();
        }

        Now = until;
    }

    /// <summary>One datagram into the network.</summary>
    internal void Send(PeerAddress from, PeerAddress to, ReadOnlySpan<byte> datagram)
    {
        Figures.Sent++;
        Trace(from, to, datagram);
        if (!_hosts.ContainsKey(to) || IsCut(from, to) || Happens(_options.Loss))
        {
            Figures.Lost++;
            return;
        }

        byte[] copy = datagram.ToArray();
        if (Happens(_options.Corruption))
        {
            int bit = _entropy.NextInt32(copy.Length * 8);
            copy[bit / 8] ^= (byte)(1 << (bit % 8));
            Figures.Corrupted++;
        }

        Deliver(from, to, copy);
        if (Happens(_options.Duplication))
        {
            Figures.Duplicated++;
            Deliver(from, to, copy);
        }
    }

    /// <summary>A digest of every datagram sent so far, with its time: equal for equal seeds. (SIM.DETERMINISM)</summary>
    public string TraceDigest() => Convert.ToHexString(_trace.GetCurrentHash());

    private void Deliver(PeerAddress from, PeerAddress to, byte[] datagram)
    {
        TimeSpan delay = DelayOf(from, to) + Fraction(_isHealed ? TimeSpan.Zero : _options.Jitter);
        if (Happens(_options.Reordering))
        {
            delay += Fraction(TimeSpan.FromMilliseconds(200));
        }

        Schedule(Now + delay, () =>
        {
            if (_hosts.TryGetValue(to, out SimHost? host))
            {
                host.Receive(from, datagram);
            }
        });
    }

    private TimeSpan DelayOf(PeerAddress from, PeerAddress to)
    {
        (PeerAddress, PeerAddress) pair = from.Address.Value < to.Address.Value ? (from, to) : (to, from);
        if (!_delays.TryGetValue(pair, out TimeSpan delay))
        {
            delay = _options.DelayMin + Fraction(_options.DelayMax - _options.DelayMin);
            _delays[pair] = delay;
        }

        return delay;
    }

    private bool IsCut(PeerAddress from, PeerAddress to)
    {
        foreach ((PeerAddress a, PeerAddress b, Instant until) in _cuts)
        {
            if (until > Now && ((a == from && b == to) || (a == to && b == from)))
            {
                return true;
            }
        }

        return false;
    }

    private bool Happens(double share) => !_isHealed && share > 0 && _entropy.NextInt32(1_000_000) < share * 1_000_000;

    private TimeSpan Fraction(TimeSpan whole) =>
        whole.Ticks <= 0 ? TimeSpan.Zero : new(_entropy.NextInt32((int)Math.Min(whole.Ticks, int.MaxValue)));

    private void Trace(PeerAddress from, PeerAddress to, ReadOnlySpan<byte> datagram)
    {
        Span<byte> head = stackalloc byte[44];
        BinaryPrimitives.WriteInt64LittleEndian(head, Now.Ticks);
        BinaryPrimitives.WriteUInt128LittleEndian(head[8..], from.Address.Value);
        BinaryPrimitives.WriteUInt128LittleEndian(head[24..], to.Address.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(head[40..], from.Port);
        BinaryPrimitives.WriteUInt16LittleEndian(head[42..], to.Port);
        _trace.AppendData(head);
        _trace.AppendData(datagram);
    }
}
