using System;
using System.Collections.Generic;
using System.Net.Sockets;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Hosting.Exits;

/// <summary>The UDP associations of an exit: an even port and its odd neighbour each. (HOST.EXIT-UDP)</summary>
/// <remarks>
/// The node has applied consent and policy before it gives a datagram out; every datagram that comes in goes to it with its source.
/// Bounds: <see cref="ExitOptions.MaxAssociations"/>; <see cref="BindAttempts"/> pairs are tried for one.
/// </remarks>
public sealed class ExitAssociations : IDisposable
{
    public const int BindAttempts = 64;

    private readonly ExitOptions _options;
    private readonly IExitNode _node;
    private readonly Entropy _entropy;
    private readonly Dictionary<ExitKey, ExitAssociation> _associations = [];
    private readonly DatagramBatch _batch = new();
    private readonly byte[] _datagram = new byte[WireLayout.MaxFlowDatagramBytes];

    public ExitAssociations(EventLoop loop, IExitNode node, ExitOptions options, Entropy entropy)
    {
        Loop = loop;
        _node = node;
        _options = options;
        _entropy = entropy;
    }

    public EventLoop Loop { get; }

    public int Count => _associations.Count;

    /// <summary>Set on a test network that asks for it.</summary>
    public MediaRecord? Record { get; set; }

    public long DatagramsSent { get; private set; }

    public long DatagramsReceived { get; private set; }

    /// <summary>Binds a pair and tells the node.</summary>
    public void Open(Instant now, ExitKey key, byte family)
    {
        IpAddress? source = _options.SourceFor(family == 4);
        if (source is null)
        {
            _node.HandleAssociateFailed(now, key, ControlStatus.Unreachable);
            return;
        }

        if (_associations.Count >= _options.MaxAssociations || _associations.ContainsKey(key)
            || !TryBindPair(source.Value, out UdpPort even, out UdpPort odd))
        {
            _node.HandleAssociateFailed(now, key, ControlStatus.Busy);
            return;
        }

        _associations.Add(key, new(this, key, even, odd));
        _node.HandleAssociated(now, key, even.Local);
    }

    public void Release(ExitKey key)
    {
        if (_associations.Remove(key, out ExitAssociation? association))
        {
            association.Dispose();
        }
    }

    /// <summary>Sends what the node has for any association.</summary>
    public void HandleDatagrams(Instant now)
    {
        while (_node.TryTakeDatagram(out ExitKey key, out bool isOdd, out PeerAddress to, _datagram, out int bytes))
        {
            // After a release the rest is taken and thrown away.
            if (_associations.TryGetValue(key, out ExitAssociation? association))
            {
                association.Send(now, isOdd, to, _datagram.AsSpan(0, bytes));
                DatagramsSent++;
            }
        }
    }

    public void Dispose()
    {
        foreach (ExitAssociation association in _associations.Values)
        {
            association.Dispose();
        }

        _associations.Clear();
    }

    internal void Receive(Instant now, ExitKey key, UdpPort port, bool isOdd)
    {
        // One a turn: a second is seldom there, and one port that is flooded must not hold up the others.
        if (port.ReceiveOne(_batch) == 0)
        {
            return;
        }

        if (!_batch.TryRead(0, out PeerAddress source, out Span<byte> datagram) || datagram.Length > WireLayout.MaxFlowDatagramBytes)
        {
            port.Counters.TooLong++;
            return;
        }

        DatagramsReceived++;
        if (!isOdd)
        {
            Record?.Add(isOut: false, source, datagram);
        }

        _node.HandleDatagram(now, key, isOdd, source, datagram);
    }

    internal void ReportUnreachable(Instant now, ExitKey key, in PeerAddress destination) => _node.HandleUnreachable(now, key, destination);

    private bool TryBindPair(IpAddress address, out UdpPort even, out UdpPort odd)
    {
        int pairs = (_options.UdpPortMax - _options.UdpPortMin + 1) / 2;
        for (int attempt = 0; attempt < BindAttempts; attempt++)
        {
            ushort port = (ushort)(_options.UdpPortMin + (2 * _entropy.NextInt32(pairs)));
            if (UdpPair.TryBind(address, port, out even, out odd))
            {
                return true;
            }
        }

        (even, odd) = (null!, null!);
        return false;
    }
}
