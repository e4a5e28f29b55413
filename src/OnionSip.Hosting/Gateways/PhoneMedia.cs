using System;
using System.Collections.Generic;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Gateways;

/// <summary>The RTP and RTCP sockets on the phone's side. (HOST.GATEWAY)</summary>
/// <remarks>Bounds: <see cref="MaxPairs"/> pairs; <see cref="BindAttempts"/> ports are tried for one.</remarks>
internal sealed class PhoneMedia(EventLoop loop, GatewayNode node, IpAddress address, Entropy entropy) : IDisposable
{
    internal const int MaxPairs = 256;
    internal const int BindAttempts = 64;
    private const int PortMin = 32_768;
    private const int PortMax = 65_535;

    private readonly Dictionary<LocalMediaId, Pair> _pairs = [];
    private readonly DatagramBatch _batch = new();

    internal int Count => _pairs.Count;

    /// <summary>Set on a test network that asks for it.</summary>
    internal MediaRecord? Record { get; init; }

    /// <summary>Binds a pair and tells the gateway.</summary>
    internal void Open(Instant now, LocalMediaId media)
    {
        if (_pairs.Count < MaxPairs && !_pairs.ContainsKey(media) && TryBind(out UdpPort even, out UdpPort odd))
        {
            _pairs.Add(media, new(this, media, even, odd));
            node.Gateway.HandleLocalMediaOpened(now, media, even.Local);
        }
        else
        {
            node.Gateway.HandleLocalMediaFailed(now, media);
        }

        node.Advance(now);
    }

    internal void Close(LocalMediaId media)
    {
        if (_pairs.Remove(media, out Pair? pair))
        {
            pair.Dispose();
        }
    }

    internal void Send(LocalMediaId media, bool isRtcp, in PeerAddress to, ReadOnlySpan<byte> packet)
    {
        if (_pairs.TryGetValue(media, out Pair? pair))
        {
            (isRtcp ? pair.Odd : pair.Even).Port.Send(to, packet);
            if (!isRtcp)
            {
                Record?.Add(isOut: true, to, packet);
            }
        }
    }

    public void Dispose()
    {
        foreach (Pair pair in _pairs.Values)
        {
            pair.Dispose();
        }

        _pairs.Clear();
    }

    private bool TryBind(out UdpPort even, out UdpPort odd)
    {
        for (int attempt = 0; attempt < BindAttempts; attempt++)
        {
            ushort port = (ushort)(PortMin + (2 * entropy.NextInt32((PortMax - PortMin + 1) / 2)));
            if (UdpPair.TryBind(address, port, out even, out odd))
            {
                return true;
            }
        }

        (even, odd) = (null!, null!);
        return false;
    }

    private void Receive(Instant now, LocalMediaId media, UdpPort port, bool isRtcp)
    {
        int count = port.Receive(_batch);
        for (int index = 0; index < count; index++)
        {
            if (_batch.TryRead(index, out PeerAddress from, out Span<byte> packet))
            {
                if (!isRtcp)
                {
                    Record?.Add(isOut: false, from, packet);
                }

                node.Gateway.HandlePhoneMedia(now, media, isRtcp, from, packet);
                node.Advance(now);
            }
        }
    }

    private sealed class Pair : IDisposable
    {
        public Pair(PhoneMedia owner, LocalMediaId media, UdpPort even, UdpPort odd)
        {
            Even = new(owner, media, even, isRtcp: false);
            Odd = new(owner, media, odd, isRtcp: true);
        }

        public Side Even { get; }

        public Side Odd { get; }

        public void Dispose()
        {
            Even.Dispose();
            Odd.Dispose();
        }
    }

    private sealed class Side : IReadyHandler, IDisposable
    {
        private readonly PhoneMedia _owner;
        private readonly LocalMediaId _media;
        private readonly bool _isRtcp;
        private readonly Registration _registration;

        public Side(PhoneMedia owner, LocalMediaId media, UdpPort port, bool isRtcp)
        {
            _owner = owner;
            _media = media;
            _isRtcp = isRtcp;
            Port = port;
            _registration = owner.Loop.Register(port.Socket, this, Interest.Read);
        }

        public UdpPort Port { get; }

        public void HandleReady(Instant now, Interest ready) => _owner.Receive(now, _media, Port, _isRtcp);

        public void Dispose()
        {
            _registration.Dispose();
            Port.Dispose();
        }
    }

    private EventLoop Loop => loop;
}
