using System;
using System.IO;
using System.Text.Json;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Gateways;

/// <summary>One gateway on one loop: the node, its mesh sockets, the phones' sockets, TLS. (HOST.GATEWAY)</summary>
public sealed class GatewayHost : INodeHandler<GatewayEvent>, IDisposable
{
    private readonly ClientConfig _config;
    private readonly EventWriter _events;
    private readonly Log _log;
    private readonly GatewayNode _node;
    private readonly PhoneListener _phones;
    private readonly PhoneMedia _media;
    private readonly UpstreamTls _tls;
    private readonly GuardFile _guards;
    private readonly bool _isTestNetwork;
    private readonly MediaRecord? _record;

    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be bound.</exception>
    public GatewayHost(
        EventLoop loop, ClientConfig config, NetworkDocument document, Entropy entropy, TimeProvider clock, EventWriter events, Log log)
    {
        _config = config;
        _events = events;
        _log = log;
        _guards = new(config.StateFolder);
        _isTestNetwork = document.IsTestNetwork;
        (UdpPort udp, System.Net.Sockets.Socket tcp, GatewayOptions options) = BindPhones(config.Gateway);
        ListenUdp = options.ListenUdp;
        ListenTcp = options.ListenTcp;
        _node = new(loop.Clock.Now, loop.Clock.WallNow, options, new() { Guards = _guards.Read() }, document, entropy);
        _phones = new(loop, _node, udp, tcp);
        _record = config.RecordMediaFile is { } file ? new(file) : null;
        _media = new(loop, _node, config.MediaAddress, entropy) { Record = _record };
        _tls = new(loop, _node, config, clock, log);
        Links = new(loop, _node, this, [.. config.Bind]);
    }

    public NodeLoop<GatewayNode, GatewayEvent> Links { get; }

    public PeerAddress ListenUdp { get; }

    public PeerAddress ListenTcp { get; }

    public Instant NextDeadline => Instant.Never;

    public void HandleDeadline(Instant now)
    {
    }

    public bool HandleDrained(Instant now) => false;

    public void HandleDatagram(Instant now, in PeerAddress from, Span<byte> datagram) => _node.HandleDatagram(now, from, datagram);

    public void HandleEvent(Instant now, in GatewayEvent nodeEvent)
    {
        switch (nodeEvent)
        {
            case SendPhoneDatagram send:
                _phones.Send(send.To, send.Datagram.Span);
                break;
            case SendPhoneStream send:
                _phones.Send(now, send.Connection, send.Bytes.Span);
                break;
            case ClosePhoneStream close:
                _phones.Close(close.Connection);
                break;
            case OpenLocalMedia open:
                _media.Open(now, open.Media);
                break;
            case CloseLocalMedia close:
                _media.Close(close.Media);
                break;
            case SendPhoneMedia send:
                _media.Send(send.Media, send.IsRtcp, send.To, send.Packet.Span);
                break;
            case StartTls start:
                _tls.Start(start);
                break;
            case TlsPlaintext plaintext:
                _tls.Encrypt(now, plaintext.Upstream, plaintext.Bytes.Span);
                break;
            case TlsCiphertext ciphertext:
                _tls.Decrypt(now, ciphertext.Upstream, ciphertext.Bytes.Span);
                break;
            case StopTls stop:
                _tls.Stop(stop.Upstream);
                break;
            default:
                HandleStatus(nodeEvent);
                break;
        }
    }

    public void SetDocument(Instant now, WallTime wallNow, NetworkDocument document) => _node.SetDocument(now, wallNow, document);

    /// <summary>Ends calls and registrations; the loop goes on for a while so that the goodbyes get through.</summary>
    public void Shutdown(Instant now) => _node.Shutdown(now);

    /// <summary>Closes every path and link.</summary>
    public void Stop(Instant now) => _node.Stop(now);

    public bool HasPaths => _node.PathCount > 0;

    public void WriteStats()
    {
        _record?.Flush();
        if (_config.StatsFile is not { } file)
        {
            return;
        }

        StatsWriter stats = new(_isTestNetwork);
        for (int index = 0; index < Links.PortCount; index++)
        {
            Links.Counters(index).AddTo(stats, "udp");
        }

        _phones.UdpCounters.AddTo(stats, "phone");
        stats.Add("phone.connections", _phones.ConnectionCount);
        stats.Add("phone.media", _media.Count);
        stats.Add("paths", _node.PathCount);
        stats.Add("voice.refusals", _node.VoiceRefusals);
        stats.Add("tls", _tls.Count);
        stats.Add("drops.gateway", _node.Gateway.Drops);
        stats.Add("drops.link", _node.LinkDrops);
        stats.AddProcess();
        stats.WriteTo(file);
    }

    public void Dispose()
    {
        Links.Dispose();
        _phones.Dispose();
        _media.Dispose();
        _record?.Dispose();
        _tls.Dispose();
        _node.Dispose();
    }

    /// <summary>Binds before the node is made, so that it learns the ports the system chose where the configuration says 0.</summary>
    private static (UdpPort Udp, System.Net.Sockets.Socket Tcp, GatewayOptions Options) BindPhones(GatewayOptions options)
    {
        UdpPort udp = UdpPort.Bind(options.ListenUdp);
        try
        {
            PeerAddress wanted = options.ListenTcp.Port == 0 ? new(options.ListenTcp.Address, udp.Local.Port) : options.ListenTcp;
            System.Net.Sockets.Socket tcp = PhoneListener.Listen(wanted);
            return (udp, tcp, options with { ListenUdp = udp.Local, ListenTcp = SocketNames.FromEndPoint(tcp.LocalEndPoint) });
        }
        catch
        {
            udp.Dispose();
            throw;
        }
    }

    private void HandleStatus(GatewayEvent nodeEvent)
    {
        switch (nodeEvent)
        {
            case StoreGuards store:
                StoreGuardFile(store);
                break;
            case PathBuilt built:
                _log.Info("a path of three relays was built");
                _events.Write("path_built", json => GatewayEventJson.Write(json, built));
                break;
            case PathGone gone:
                _log.Info("a path is gone: " + gone.Reason);
                _events.Write("path_gone", json => GatewayEventJson.Write(json, gone));
                break;
            case RegistrationChanged changed:
                _log.Info(changed.IsRegistered ? "an account is registered" : "an account is not registered: " + changed.Reason);
                _events.Write("registration", json => GatewayEventJson.Write(json, changed));
                break;
            case CallStarted started:
                _log.Info("a call was started");
                _events.Write("call_started", json => GatewayEventJson.Write(json, started));
                break;
            case CallAnswered answered:
                _log.Info("a call was answered");
                _events.Write("call_answered", json => json.WriteNumber("call", answered.Call.Value));
                break;
            case CallPathBuilt built:
                _log.Info("a call has a path of its own");
                _events.Write("call_path", json => GatewayEventJson.Write(json, built));
                break;
            case CallPathClosed closed:
                _log.Info("the path of a call is closed: " + closed.Reason);
                _events.Write("call_slots", json => GatewayEventJson.Write(json, closed));
                break;
            case CallEnded ended:
                _log.Info("a call has ended: " + ended.Reason);
                _events.Write("call_ended", json => GatewayEventJson.Write(json, ended));
                break;
            default:
                break;
        }
    }

    private void StoreGuardFile(StoreGuards store)
    {
        try
        {
            _guards.Write(store.Guards);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _log.Error("the guards cannot be stored, and the next run would draw new ones: " + error.Message);
        }
    }
}
