using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>The paths of calls: each call has one of its own, and an association over it. (NODE.CALL-PATH, NODE.REFUSED)</summary>
/// <remarks>
/// States: of a bridge: building, associating, up, released (the tail runs).
/// Bounds: those of the client's paths; <see cref="AttemptsMax"/> paths are tried for a call.
/// </remarks>
internal sealed class CallBridges(ClientNode client, SipGateway gateway, Queue<GatewayEvent> events)
{
    /// <summary>nodes.call_attempts: the first over the account's own relays.</summary>
    public const int AttemptsMax = 3;

    private readonly SortedDictionary<int, CallBridge> _byMedia = [];
    private readonly Dictionary<PathId, CallBridge> _byPath = [];
    private readonly Dictionary<FlowKey, CallBridge> _byFlow = [];

    /// <summary>Begins a call's path over the relays of its account's: it shows the client to no further one.</summary>
    public void Begin(Instant now, Associate associate, PathId? accountPath)
    {
        List<RelayId> relays = accountPath is { } path ? [.. client.RelaysOf(path).Select(static relay => relay.Identity)] : [];
        if (relays.Count == 0)
        {
            gateway.HandleAssociationLost(now, associate.Media, GatewayFailure.NoPath);
            return;
        }

        CallBridge bridge = new(associate, relays);
        _byMedia.Add(associate.Media.Value, bridge);
        Open(now, bridge);
    }

    public void Consent(Instant now, Consent consent)
    {
        if (Find(consent.Media)?.Flow is { } flow)
        {
            client.Consent(now, flow, consent.Endpoints.ToArray());
        }
    }

    public void Send(Instant now, SendNetworkMedia media)
    {
        if (Find(media.Media)?.Flow is { } flow)
        {
            client.SendDatagram(now, flow, media.IsRtcp, media.To, media.Packet.Span);
        }
    }

    /// <summary>The call is over: the path goes on for its tail. (NODE.TAIL)</summary>
    public void Release(Instant now, CallMediaId media)
    {
        if (Find(media) is { } bridge)
        {
            Forget(bridge);
            client.EndVoice(now, bridge.Path);
        }
    }

    /// <summary>True when the event was about a call's path.</summary>
    public bool TakeEvent(Instant now, in ClientEvent clientEvent)
    {
        if (!_byPath.TryGetValue(clientEvent.Path, out CallBridge? bridge))
        {
            return false;
        }

        switch (clientEvent.Kind)
        {
            case ClientEventKind.PathReady:
                Associate(now, bridge);
                return true;
            case ClientEventKind.PathFailed or ClientEventKind.PathClosed:
                HandleGone(now, bridge, clientEvent);
                return true;
            case ClientEventKind.Associated when bridge.IsOpen:
                client.StartVoice(now, bridge.Path);
                gateway.HandleAssociated(now, bridge.Media, clientEvent.Local);
                gateway.AlignMedia(bridge.Media, client.NextTick(bridge.Path));
                return true;
            case ClientEventKind.AssociateFailed or ClientEventKind.AssociationLost when bridge.IsOpen:
                Forget(bridge);
                client.EndVoice(now, bridge.Path);
                gateway.HandleAssociationLost(now, bridge.Media, GatewayFailures.Of(clientEvent.Status));
                return true;
            default:
                return clientEvent.Kind != ClientEventKind.DatagramReceived && clientEvent.Kind != ClientEventKind.GuardsChanged;
        }
    }

    public bool TakeDatagram(Instant now, FlowKey flow, bool isRtcp, PeerAddress source, ReadOnlySpan<byte> datagram)
    {
        bool isOurs = _byFlow.TryGetValue(flow, out CallBridge? bridge);
        if (isOurs)
        {
            gateway.HandleNetworkMedia(now, bridge!.Media, isRtcp, source, datagram);
        }

        return isOurs;
    }

    /// <summary>Media is made just before the tick that carries it. (MEDIA.GRID)</summary>
    public void Align()
    {
        foreach (CallBridge bridge in _byMedia.Values)
        {
            Instant next = client.NextTick(bridge.Path);
            if (!next.IsNever)
            {
                gateway.AlignMedia(bridge.Media, next);
            }
        }
    }

    public IReadOnlyList<PathVoiceReport> Reports() =>
        [.. _byMedia.Values.Select(bridge => client.VoiceReport(bridge.Path)).OfType<PathVoiceReport>()];

    private CallBridge? Find(CallMediaId media) => _byMedia.GetValueOrDefault(media.Value);

    private void Open(Instant now, CallBridge bridge)
    {
        bool isFirst = bridge.Attempts++ == 0;
        PathOptions options = isFirst
            ? new() { IsVoice = true, Relays = bridge.Relays }
            : new() { IsVoice = true, Guard = bridge.Relays[0], Exit = bridge.Relays[^1] };
        if (client.OpenPath(now, options) is { } path)
        {
            bridge.Path = path;
            _byPath.Add(path, bridge);
            return;
        }

        Forget(bridge);
        gateway.HandleAssociationLost(now, bridge.Media, GatewayFailure.Busy);
    }

    private void Associate(Instant now, CallBridge bridge)
    {
        events.Enqueue(new CallPathBuilt(bridge.Call, [.. client.RelaysOf(bridge.Path).Select(static relay => relay.Name)]));
        bridge.Flow = client.Associate(now, bridge.Path, bridge.IsIPv6);
        if (bridge.Flow is { } flow)
        {
            _byFlow.Add(flow, bridge);
        }
    }

    private void HandleGone(Instant now, CallBridge bridge, in ClientEvent clientEvent)
    {
        _byPath.Remove(bridge.Path);
        if (bridge.Flow is not null || clientEvent.Voice is not null)
        {
            events.Enqueue(new CallPathClosed(bridge.Call, clientEvent.Reason, clientEvent.Voice));
        }

        if (!bridge.IsOpen)
        {
            return;
        }

        bridge.WasRefused |= clientEvent.Reason == PathReason.Refused;
        bool mayHelp = clientEvent.Kind == ClientEventKind.PathFailed && clientEvent.Reason != PathReason.NoNetwork
            && (clientEvent.Reason != PathReason.NoRelays || bridge.Attempts == 1);
        if (mayHelp && bridge.Attempts < AttemptsMax)
        {
            Open(now, bridge);
            return;
        }

        Forget(bridge);
        gateway.HandleAssociationLost(now, bridge.Media, bridge.WasRefused ? GatewayFailure.Busy
            : clientEvent.Kind == ClientEventKind.PathFailed ? GatewayFailure.NoPath : GatewayFailure.PathLost);
    }

    private void Forget(CallBridge bridge)
    {
        bridge.IsOpen = false;
        _byMedia.Remove(bridge.Media.Value);
        if (bridge.Flow is { } flow)
        {
            _byFlow.Remove(flow);
        }
    }
}
