using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Sip;
using OnionSip.Wire;
using SipResolveKind = OnionSip.Sip.ResolveKind;
using WireResolveKind = OnionSip.Wire.ResolveKind;

namespace OnionSip.Nodes;

/// <summary>
/// The gateway over the mesh: <see cref="SipGateway"/> on one side, <see cref="ClientNode"/> on the other, and the bridge between.
/// (NODE.GATEWAY)
/// </summary>
/// <remarks>
/// Inputs:  datagrams of the mesh port (HandleDatagram), what phones send (through <see cref="Gateway"/>, then <see cref="Advance"/>), TLS
///          results, time.
/// Outputs: PollTransmit gives mesh datagrams only; everything towards the phone is an event.
/// Bounds:  those of the two machines; ciphertext waiting for the circuit at most <see cref="UpstreamBacklogMax"/> bytes per upstream.
/// </remarks>
public sealed class GatewayNode : IMachine<GatewayEvent>, IDisposable
{
    /// <summary>nodes.upstream_backlog</summary>
    public const int UpstreamBacklogMax = 256 * 1024;

    /// <summary>nodes.path_attempts: each leaves out the relay at which the one before stopped.</summary>
    public const int PathAttemptsMax = 3;

    private readonly ClientNode _client;
    private readonly Queue<GatewayEvent> _events = new();
    private readonly Dictionary<GatewayPathId, PathId> _pathOf = [];
    private readonly Dictionary<PathId, GatewayPathId> _gatewayPathOf = [];
    private readonly Dictionary<GatewayPathId, int> _attempts = [];
    private readonly Dictionary<UpstreamId, UpstreamBridge> _upstreams = [];
    private readonly Dictionary<StreamKey, UpstreamBridge> _byStream = [];
    private readonly Dictionary<FlowKey, UpstreamBridge> _byFlow = [];
    private readonly CallBridges _calls;
    private readonly Dictionary<QueryKey, (ResolveId Request, SipResolveKind Kind)> _queries = [];
    private readonly byte[] _buffer = new byte[16 * 1024];

    public GatewayNode(
        Instant now, WallTime wallNow, GatewayOptions gateway, ClientNodeOptions client, NetworkDocument document, Entropy entropy)
    {
        Gateway = new(now, gateway, entropy);
        _client = new(now, wallNow, client, document, entropy);
        _calls = new(_client, Gateway, _events);
    }

    /// <summary>The SIP side: give it what phones send, then call <see cref="Advance"/>.</summary>
    public SipGateway Gateway { get; }

    public DropCounters<LinkDrop> LinkDrops => _client.LinkDrops;

    public int PathCount => _client.PathCount;

    /// <summary>Paths for calls that a relay had no room for. (NODE.REFUSED)</summary>
    public long VoiceRefusals => _client.VoiceRefusals;

    /// <summary>What became of the slots of each call that is up, so far. (NODE.VOICE-REPORT)</summary>
    public IReadOnlyList<PathVoiceReport> VoiceReports => _calls.Reports();

    /// <summary>Takes a newer document of the same network. (NODE.DOCUMENT)</summary>
    public void SetDocument(Instant now, WallTime wallNow, NetworkDocument document) => _client.SetDocument(now, wallNow, document);

    public LinkDrop HandleDatagram(Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        LinkDrop drop = _client.HandleDatagram(now, from, datagram);
        Advance(now);
        return drop;
    }

    /// <summary>The certificate was verified and TLS is up.</summary>
    public void HandleTlsReady(Instant now, UpstreamId id)
    {
        if (_upstreams.TryGetValue(id, out UpstreamBridge? upstream))
        {
            Gateway.HandleUpstreamReady(now, id, upstream.Local, upstream.Remote, isTls: true);
        }

        Advance(now);
    }

    /// <summary>SIP bytes with TLS taken off.</summary>
    public void HandleTlsPlaintext(Instant now, UpstreamId id, ReadOnlySpan<byte> bytes)
    {
        if (_upstreams.ContainsKey(id))
        {
            Gateway.HandleUpstreamData(now, id, bytes);
        }

        Advance(now);
    }

    /// <summary>Bytes with TLS put on, for the provider.</summary>
    public void HandleTlsCiphertext(Instant now, UpstreamId id, ReadOnlySpan<byte> bytes)
    {
        if (_upstreams.TryGetValue(id, out UpstreamBridge? upstream))
        {
            Write(now, upstream, bytes);
        }

        Advance(now);
    }

    /// <summary>TLS could not be made or broke: BadCertificate or Closed.</summary>
    public void HandleTlsFailed(Instant now, UpstreamId id, GatewayFailure reason)
    {
        if (_upstreams.TryGetValue(id, out UpstreamBridge? upstream))
        {
            Drop(now, upstream);
            Gateway.HandleUpstreamClosed(now, id, reason);
        }

        Advance(now);
    }

    /// <summary>
    /// Moves what both machines have to say across, until neither has any. Call it after every input to <see cref="Gateway"/>.
    /// </summary>
    public void Advance(Instant now)
    {
        bool any = true;
        while (any)
        {
            any = false;
            while (Gateway.PollEvent(out GatewayEvent gatewayEvent))
            {
                any = true;
                HandleGateway(now, gatewayEvent);
            }

            while (Gateway.PollTransmit(now, _buffer, out Transmit transmit))
            {
                any = true;
                _events.Enqueue(new SendPhoneDatagram(transmit.To, _buffer.AsMemory(0, transmit.Bytes).ToArray()));
            }

            while (_client.PollEvent(out ClientEvent clientEvent))
            {
                any = true;
                HandleClient(now, clientEvent);
            }
        }
    }

    /// <summary>
    /// Ends calls and registrations; keep driving until PollTimeout is far or a limit of the host's has passed, then <see cref="Stop"/>.
    /// </summary>
    public void Shutdown(Instant now)
    {
        Gateway.Shutdown(now);
        Advance(now);
    }

    /// <summary>Closes every path and link; poll once more, then stop.</summary>
    public void Stop(Instant now)
    {
        _client.Shutdown(now);
        Advance(now);
    }

    public void HandleTimeout(Instant now)
    {
        // Media first: what the tick of a call makes leaves with the same tick of its path.
        Gateway.HandleTimeout(now);
        Advance(now);
        _client.HandleTimeout(now);
        Advance(now);
        _calls.Align();
    }

    public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit) =>
        _client.PollTransmit(now, destination, out transmit);

    public bool PollEvent(out GatewayEvent nodeEvent) => _events.TryDequeue(out nodeEvent!);

    public Instant PollTimeout() => Instant.Min(_client.PollTimeout(), Gateway.PollTimeout());

    public void Dispose() => _client.Dispose();

    private void HandleGateway(Instant now, GatewayEvent gatewayEvent)
    {
        switch (gatewayEvent)
        {
            case NeedPath need:
                _attempts[need.Path] = 0;
                OpenPath(now, need.Path);
                break;
            case ReleasePath release when _pathOf.Remove(release.Path, out PathId path):
                _gatewayPathOf.Remove(path);
                _attempts.Remove(release.Path);
                _client.ClosePath(now, path);
                break;
            case ReleasePath:
                break;
            case ResolveName resolve:
                Resolve(now, resolve);
                break;
            case OpenUpstream open:
                Open(now, open);
                break;
            case SendUpstream send when _upstreams.TryGetValue(send.Upstream, out UpstreamBridge? upstream):
                SendToProvider(now, upstream, send.Bytes);
                break;
            case SendUpstream:
                break;
            case CloseUpstream close when _upstreams.TryGetValue(close.Upstream, out UpstreamBridge? upstream):
                Drop(now, upstream);
                break;
            case CloseUpstream:
                break;
            case Associate associate:
                _calls.Begin(now, associate, _pathOf.TryGetValue(associate.Path, out PathId accountPath) ? accountPath : null);
                break;
            case Consent consent:
                _calls.Consent(now, consent);
                break;
            case SendNetworkMedia media:
                _calls.Send(now, media);
                break;
            case ReleaseAssociation release:
                _calls.Release(now, release.Media);
                break;
            default:
                _events.Enqueue(gatewayEvent);
                break;
        }
    }

    private void OpenPath(Instant now, GatewayPathId gatewayPath)
    {
        if (_client.OpenPath(now) is not { } path)
        {
            _attempts.Remove(gatewayPath);
            Gateway.HandlePathLost(now, gatewayPath, GatewayFailure.NoPath);
            return;
        }

        _attempts[gatewayPath]++;
        _pathOf[gatewayPath] = path;
        _gatewayPathOf[path] = gatewayPath;
    }

    private void Resolve(Instant now, ResolveName resolve)
    {
        WireResolveKind kind = resolve.Kind switch
        {
            SipResolveKind.Address6 => WireResolveKind.Aaaa,
            SipResolveKind.Service => WireResolveKind.Srv,
            SipResolveKind.NamingAuthority => WireResolveKind.Naptr,
            _ => WireResolveKind.A,
        };
        byte[] name = Encoding.ASCII.GetBytes(resolve.Name);
        QueryKey? query = WireNames.IsName(name) && _pathOf.TryGetValue(resolve.Path, out PathId path)
            ? _client.Resolve(now, path, kind, name)
            : null;
        if (query is { } key)
        {
            _queries[key] = (resolve.Request, resolve.Kind);
            return;
        }

        Gateway.HandleResolveFailed(now, resolve.Request, GatewayFailure.NoPath);
    }

    private void Open(Instant now, OpenUpstream open)
    {
        if (!_pathOf.TryGetValue(open.Path, out PathId path))
        {
            Gateway.HandleUpstreamClosed(now, open.Upstream, GatewayFailure.NoPath);
            return;
        }

        UpstreamBridge bridge = new(open) { Remote = open.Remote };
        if (open.Transport == UpstreamTransport.Udp)
        {
            bridge.Flow = _client.Associate(now, path, !open.Remote.Address.IsIPv4);
        }
        else
        {
            bridge.Stream = _client.OpenStream(now, path, WireHost.FromAddress(open.Remote.Address), open.Remote.Port);
        }

        if (bridge.Stream is null && bridge.Flow is null)
        {
            Gateway.HandleUpstreamClosed(now, open.Upstream, GatewayFailure.Busy);
            return;
        }

        _upstreams[open.Upstream] = bridge;
        if (bridge.Stream is { } stream)
        {
            _byStream[stream] = bridge;
        }

        if (bridge.Flow is { } flow)
        {
            _byFlow[flow] = bridge;
        }
    }

    private void SendToProvider(Instant now, UpstreamBridge upstream, ReadOnlyMemory<byte> bytes)
    {
        if (upstream.Open.Transport == UpstreamTransport.Tls)
        {
            _events.Enqueue(new TlsPlaintext(upstream.Open.Upstream, bytes));
        }
        else if (upstream.Flow is { } flow)
        {
            _client.SendDatagram(now, flow, isRtcp: false, upstream.Remote, bytes.Span);
        }
        else
        {
            Write(now, upstream, bytes.Span);
        }
    }

    /// <summary>Bytes for the circuit; what it does not take now waits, within a limit.</summary>
    private void Write(Instant now, UpstreamBridge upstream, ReadOnlySpan<byte> bytes)
    {
        if (upstream.Backlog.Count == 0 && upstream.Stream is { } stream)
        {
            bytes = bytes[_client.WriteStream(now, stream, bytes)..];
        }

        if (upstream.Backlog.Count + bytes.Length > UpstreamBacklogMax)
        {
            UpstreamId id = upstream.Open.Upstream;
            Drop(now, upstream);
            Gateway.HandleUpstreamClosed(now, id, GatewayFailure.Unreachable);
            return;
        }

        upstream.Backlog.AddRange(bytes);
    }

    private void Drop(Instant now, UpstreamBridge upstream)
    {
        _upstreams.Remove(upstream.Open.Upstream);
        if (upstream.Stream is { } stream)
        {
            _byStream.Remove(stream);
            _client.ResetStream(now, stream);
        }

        if (upstream.Flow is { } flow)
        {
            _byFlow.Remove(flow);
            _client.ReleaseFlow(now, flow);
        }

        if (upstream.Open.Transport == UpstreamTransport.Tls)
        {
            _events.Enqueue(new StopTls(upstream.Open.Upstream));
        }
    }

    private void HandleClient(Instant now, in ClientEvent clientEvent)
    {
        if (_calls.TakeEvent(now, in clientEvent))
        {
            return;
        }

        switch (clientEvent.Kind)
        {
            case ClientEventKind.PathReady when _gatewayPathOf.TryGetValue(clientEvent.Path, out GatewayPathId ready):
                _events.Enqueue(new PathBuilt(ready, [.. _client.RelaysOf(clientEvent.Path).Select(static relay => relay.Name)]));
                Gateway.HandlePathReady(now, ready);
                break;
            case ClientEventKind.PathFailed or ClientEventKind.PathClosed:
                HandlePathGone(now, clientEvent);
                break;
            case ClientEventKind.StreamConnected or ClientEventKind.StreamFailed or ClientEventKind.StreamReadable
                or ClientEventKind.StreamWritable or ClientEventKind.StreamFinished or ClientEventKind.StreamReset
                when _byStream.TryGetValue(clientEvent.Stream, out UpstreamBridge? upstream):
                HandleStream(now, clientEvent, upstream);
                break;
            case ClientEventKind.Associated or ClientEventKind.AssociateFailed or ClientEventKind.AssociationLost
                when _byFlow.TryGetValue(clientEvent.Flow, out UpstreamBridge? associated):
                HandleUpstreamFlow(now, clientEvent, associated);
                break;
            case ClientEventKind.DatagramReceived:
                TakeDatagrams(now, clientEvent.Path);
                break;
            case ClientEventKind.Resolved or ClientEventKind.ResolveFailed:
                HandleResolved(now, clientEvent);
                break;
            case ClientEventKind.GuardsChanged:
                _events.Enqueue(new StoreGuards([.. _client.Guards]));
                break;
            default:
                break;
        }
    }

    private void HandlePathGone(Instant now, in ClientEvent clientEvent)
    {
        PathId path = clientEvent.Path;
        foreach (UpstreamBridge upstream in (List<UpstreamBridge>)[.. _upstreams.Values])
        {
            if (upstream.Stream?.Path == path || upstream.Flow?.Path == path)
            {
                Drop(now, upstream);
            }
        }

        foreach (QueryKey query in (List<QueryKey>)[.. _queries.Keys])
        {
            if (query.Path == path)
            {
                _queries.Remove(query);
            }
        }

        if (!_gatewayPathOf.Remove(path, out GatewayPathId gatewayPath))
        {
            return;
        }

        _pathOf.Remove(gatewayPath);
        bool mayHelp = clientEvent.Kind == ClientEventKind.PathFailed
            && clientEvent.Reason is not (PathReason.NoNetwork or PathReason.NoRelays);
        if (mayHelp && _attempts[gatewayPath] < PathAttemptsMax)
        {
            OpenPath(now, gatewayPath);
            return;
        }

        _attempts.Remove(gatewayPath);
        _events.Enqueue(new PathGone(gatewayPath, clientEvent.Reason));
        GatewayFailure failure = clientEvent.Kind == ClientEventKind.PathFailed ? GatewayFailure.NoPath : GatewayFailure.PathLost;
        Gateway.HandlePathLost(now, gatewayPath, failure);
    }

    private void HandleStream(Instant now, in ClientEvent clientEvent, UpstreamBridge upstream)
    {
        UpstreamId id = upstream.Open.Upstream;
        switch (clientEvent.Kind)
        {
            case ClientEventKind.StreamConnected:
                upstream.Local = clientEvent.Local;
                upstream.Remote = clientEvent.Remote;
                Connected(now, upstream);
                break;
            case ClientEventKind.StreamReadable:
                Read(now, upstream);
                break;
            case ClientEventKind.StreamWritable:
                Flush(now, upstream);
                break;
            case ClientEventKind.StreamFailed:
                Drop(now, upstream);
                Gateway.HandleUpstreamClosed(now, id, GatewayFailures.Of(clientEvent.Status));
                break;
            default:
                Drop(now, upstream);
                Gateway.HandleUpstreamClosed(now, id, GatewayFailure.Closed);
                break;
        }
    }

    private void Connected(Instant now, UpstreamBridge upstream)
    {
        if (upstream.Open.Transport == UpstreamTransport.Tls)
        {
            _events.Enqueue(new StartTls(upstream.Open.Upstream, upstream.Open.CertificateName, upstream.Open.Options));
            return;
        }

        Gateway.HandleUpstreamReady(now, upstream.Open.Upstream, upstream.Local, upstream.Remote, isTls: false);
    }

    private void Read(Instant now, UpstreamBridge upstream)
    {
        while (upstream.Stream is { } stream && _client.ReadStream(now, stream, _buffer) is > 0 and int read)
        {
            if (upstream.Open.Transport == UpstreamTransport.Tls)
            {
                _events.Enqueue(new TlsCiphertext(upstream.Open.Upstream, _buffer.AsMemory(0, read).ToArray()));
            }
            else
            {
                Gateway.HandleUpstreamData(now, upstream.Open.Upstream, _buffer.AsSpan(0, read));
            }
        }
    }

    private void Flush(Instant now, UpstreamBridge upstream)
    {
        if (upstream.Stream is { } stream && upstream.Backlog.Count > 0)
        {
            byte[] waiting = [.. upstream.Backlog];
            upstream.Backlog.RemoveRange(0, _client.WriteStream(now, stream, waiting));
        }
    }

    private void HandleUpstreamFlow(Instant now, in ClientEvent clientEvent, UpstreamBridge upstream)
    {
        UpstreamId id = upstream.Open.Upstream;
        if (clientEvent.Kind != ClientEventKind.Associated)
        {
            Drop(now, upstream);
            Gateway.HandleUpstreamClosed(now, id, GatewayFailures.Of(clientEvent.Status));
            return;
        }

        upstream.Local = clientEvent.Local;
        _client.Consent(now, clientEvent.Flow, [upstream.Remote]);
        Gateway.HandleUpstreamReady(now, id, upstream.Local, upstream.Remote, isTls: false);
    }

    private void TakeDatagrams(Instant now, PathId path)
    {
        while (_client.TryReceiveDatagram(path, out FlowKey flow, out bool isRtcp, out PeerAddress source, _buffer, out int bytes))
        {
            if (_calls.TakeDatagram(now, flow, isRtcp, source, _buffer.AsSpan(0, bytes)))
            {
                continue;
            }

            if (_byFlow.TryGetValue(flow, out UpstreamBridge? upstream) && !isRtcp && source == upstream.Remote)
            {
                Gateway.HandleUpstreamData(now, upstream.Open.Upstream, _buffer.AsSpan(0, bytes));
            }
        }
    }

    private void HandleResolved(Instant now, in ClientEvent clientEvent)
    {
        bool any = _client.TryTakeAnswers(clientEvent.Query, out IReadOnlyList<DnsAnswer> answers);
        if (!_queries.Remove(clientEvent.Query, out (ResolveId Request, SipResolveKind Kind) query))
        {
            return;
        }

        if (clientEvent.Kind == ClientEventKind.ResolveFailed || !any)
        {
            Gateway.HandleResolveFailed(now, query.Request, GatewayFailures.Of(clientEvent.Status));
            return;
        }

        List<ResolveAnswer> resolved = [];
        foreach (DnsAnswer answer in answers)
        {
            resolved.Add(new(
                query.Kind, answer.Address, answer.Priority, answer.Weight, answer.Port, answer.Target, answer.Flags, answer.Service,
                answer.Regexp));
        }

        Gateway.HandleResolved(now, query.Request, resolved);
    }
}
