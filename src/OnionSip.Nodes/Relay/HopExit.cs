using System;
using System.Collections.Generic;
using System.Text;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>The exit's side of one circuit: TCP streams, UDP associations and questions to the resolver. (NODE.EXIT)</summary>
/// <remarks>
/// Bounds: <see cref="ExitLimits"/> per circuit and per relay. Every destination is checked here, after names are resolved.
/// Drops:  ConnectRefused, DatagramRefused, SourceNotConsented, TooMany…, NotAnExit, BadControl.
/// </remarks>
internal sealed class HopExit(long circuit, long payer, StreamMux mux, ExitShare share)
{
    private readonly Dictionary<ushort, ExitStream> _streams = [];
    private readonly Dictionary<ushort, ExitAssociation> _associations = [];
    private readonly HashSet<ushort> _queries = [];
    private readonly CircuitExitUse _use = new(payer);

    /// <summary>The client does not take answers: the circuit must end.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>A request of the client on stream 0; false when it breaks the protocol.</summary>
    public bool HandleControl(Instant now, ControlMessageType type, ReadOnlySpan<byte> message)
    {
        bool parsed = type switch
        {
            ControlMessageType.Connect => HandleConnect(now, message),
            ControlMessageType.Associate => HandleAssociate(now, message),
            ControlMessageType.Consent => HandleConsent(now, message),
            ControlMessageType.Release => HandleRelease(message),
            ControlMessageType.Resolve => HandleResolve(now, message),
            _ => false,
        };
        if (!parsed)
        {
            share.Drops.Count(RelayDrop.BadControl);
        }

        return parsed;
    }

    /// <summary>What happened on a stream of the circuit.</summary>
    public void HandleMux(Instant now, in MuxEvent muxEvent)
    {
        ushort id = muxEvent.Stream.Value;
        if (!_streams.TryGetValue(id, out ExitStream? stream))
        {
            return;
        }

        switch (muxEvent.Kind)
        {
            case MuxEventKind.StreamReadable when stream.State == ExitStreamState.Open:
                share.Events.Enqueue(new(RelayEventKind.ExitReadable, Key(id)));
                break;
            case MuxEventKind.StreamWritable when stream.IsHeldBack:
                stream.IsHeldBack = false;
                share.Events.Enqueue(new(RelayEventKind.ExitWritable, Key(id)));
                break;
            case MuxEventKind.StreamFinished:
                stream.IsClientFinished = true;
                FinishTowardsRemote(id, stream);
                break;
            case MuxEventKind.StreamReset:
                Abort(id);
                break;
            default:
                break;
        }
    }

    /// <summary>Datagrams of the client that wait in the mux. (EXIT.CONSENT)</summary>
    public void TakeFlows(Instant now)
    {
        if (_associations.Count == 0)
        {
            return;
        }

        bool any = false;
        while (mux.TryReceiveFlow(out FlowId flow, share.Datagram, out int bytes))
        {
            any |= TakeFlow(now, flow, share.Datagram.AsSpan(0, bytes));
        }

        if (any)
        {
            share.Events.Enqueue(new(RelayEventKind.ExitDatagram, default));
        }
    }

    public void HandleLookup(Instant now, ushort id, ReadOnlySpan<IpAddress> addresses)
    {
        if (!_streams.TryGetValue(id, out ExitStream? stream) || stream.State != ExitStreamState.LookingUp)
        {
            share.Drops.Count(RelayDrop.UnknownExit);
            return;
        }

        foreach (IpAddress address in addresses)
        {
            if (share.AllowsTcp(new(address, stream.Port)))
            {
                Connect(id, stream, new(address, stream.Port));
                return;
            }
        }

        share.Drops.Count(RelayDrop.ConnectRefused);
        Fail(now, id, addresses.IsEmpty ? ControlStatus.NotFound : ControlStatus.Refused);
    }

    public void HandleConnected(Instant now, ushort id, PeerAddress local, PeerAddress remote)
    {
        if (!_streams.TryGetValue(id, out ExitStream? stream) || stream.State != ExitStreamState.Connecting)
        {
            share.Drops.Count(RelayDrop.UnknownExit);
            return;
        }

        stream.State = ExitStreamState.Open;
        Send(now, ConnectedMessage.Write(share.Written, new(id), local, remote));
        share.Events.Enqueue(new(RelayEventKind.ExitReadable, Key(id)));
        FinishTowardsRemote(id, stream);
    }

    public void HandleConnectFailed(Instant now, ushort id, ControlStatus status)
    {
        if (_streams.TryGetValue(id, out ExitStream? stream) && stream.State != ExitStreamState.Open)
        {
            Fail(now, id, status);
        }
    }

    /// <summary>Returns how many bytes the circuit takes now.</summary>
    public int HandleData(Instant now, ushort id, ReadOnlySpan<byte> bytes)
    {
        if (!_streams.TryGetValue(id, out ExitStream? stream))
        {
            return bytes.Length;
        }

        int taken = mux.Write(new(id), bytes);
        stream.IsHeldBack = taken < bytes.Length;
        return taken;
    }

    public void HandleFinished(Instant now, ushort id)
    {
        if (_streams.TryGetValue(id, out ExitStream? stream))
        {
            stream.IsRemoteFinished = true;
            mux.Finish(new(id));
            ForgetFinished(id, stream);
        }
    }

    public void HandleReset(Instant now, ushort id)
    {
        if (Forget(id))
        {
            mux.Reset(new(id));
        }
    }

    public int Read(Instant now, ushort id, Span<byte> destination) =>
        _streams.TryGetValue(id, out ExitStream? stream) && stream.State == ExitStreamState.Open ? mux.Read(new(id), destination) : 0;

    public void HandleAssociated(Instant now, ushort id, PeerAddress even)
    {
        if (!_associations.TryGetValue(id, out ExitAssociation? association))
        {
            share.Drops.Count(RelayDrop.UnknownExit);
            return;
        }

        association.IsBound = true;
        Send(now, AssociatedMessage.Write(share.Written, new FlowId(id), even));
    }

    public void HandleAssociateFailed(Instant now, ushort id, ControlStatus status)
    {
        if (ForgetAssociation(id))
        {
            Send(now, StatusMessage.Write(share.Written, ControlMessageType.AssociateFailed, id, status));
        }
    }

    /// <summary>A datagram from outside goes to the client with its source, if the client named that source. (EXIT.CONSENT)</summary>
    public void HandleDatagram(Instant now, ushort id, bool isRtcp, in PeerAddress source, ReadOnlySpan<byte> datagram)
    {
        if (!_associations.TryGetValue(id, out ExitAssociation? association) || datagram.Length > WireLayout.MaxFlowDatagramBytes)
        {
            share.Drops.Count(RelayDrop.UnknownExit);
            return;
        }

        if (association.Rules.CheckInbound(now, source, datagram.Length) != ExitVerdict.Allowed)
        {
            share.Drops.Count(RelayDrop.SourceNotConsented);
            return;
        }

        WireWriter writer = new(share.Datagram);
        writer.WriteEndpoint(source);
        writer.WriteBytes(datagram);
        FlowId flow = new((ushort)(isRtcp ? id + 1 : id));
        if (mux.SendFlow(now, flow, share.Datagram.AsSpan(0, writer.Position)) != SendResult.Queued)
        {
            share.Drops.Count(RelayDrop.FlowFull);
        }
    }

    public void HandleUnreachable(ushort id, in PeerAddress destination)
    {
        if (_associations.TryGetValue(id, out ExitAssociation? association))
        {
            association.Rules.HandleIcmpError(destination);
        }
    }

    public void HandleResolved(Instant now, ushort id, ResolveKind kind, uint ttlSeconds, IReadOnlyList<DnsAnswer> answers)
    {
        if (ForgetQuery(id))
        {
            Send(now, DnsAnswers.Write(share.Written, id, kind, ttlSeconds, answers));
        }
    }

    public void HandleResolveFailed(Instant now, ushort id, ControlStatus status)
    {
        if (ForgetQuery(id))
        {
            Send(now, StatusMessage.Write(share.Written, ControlMessageType.ResolveFailed, id, status));
        }
    }

    /// <summary>The circuit is gone: everything of it at the host goes too.</summary>
    public void AbortAll()
    {
        foreach (ushort id in (List<ushort>)[.. _streams.Keys])
        {
            Abort(id);
        }

        foreach (ushort id in (List<ushort>)[.. _associations.Keys])
        {
            Release(id);
        }

        _queries.Clear();
        share.Admission.ReleaseAll(_use);
    }

    private bool HandleConnect(Instant now, ReadOnlySpan<byte> message)
    {
        if (!ConnectMessage.TryParse(message, out ConnectMessage connect))
        {
            return false;
        }

        ushort id = connect.Stream.Value;
        if (_streams.ContainsKey(id))
        {
            // The streams may have forgotten an id whose reset has not been heard here yet; for the client it is still in use.
            return false;
        }

        StreamResult opened = mux.Open(connect.Stream);
        if (opened == StreamResult.LimitReached)
        {
            // No violation: the client's view of what has ended may be ahead of ours by a lost frame.
            share.Drops.Count(RelayDrop.TooManyStreams);
            Send(now, StatusMessage.Write(share.Written, ControlMessageType.ConnectFailed, id, ControlStatus.Busy));
            return true;
        }

        if (opened != StreamResult.Done)
        {
            return false;
        }

        ExitStream stream = new(connect.Port);
        bool isName = connect.Host.Kind == HostKind.Name;
        ControlStatus refusal = CheckConnect(now, isName ? null : new PeerAddress(connect.Host.Address, connect.Port));
        if (refusal != ControlStatus.None)
        {
            mux.Reset(connect.Stream);
            Send(now, StatusMessage.Write(share.Written, ControlMessageType.ConnectFailed, id, refusal));
            return true;
        }

        _streams.Add(id, stream);
        if (isName)
        {
            Sensitive<string> name = new(Encoding.ASCII.GetString(connect.Host.Name));
            share.Events.Enqueue(new(RelayEventKind.ExitLookup, Key(id), Name: name));
        }
        else
        {
            Connect(id, stream, new(connect.Host.Address, connect.Port));
        }

        return true;
    }

    private ControlStatus CheckConnect(Instant now, PeerAddress? destination)
    {
        if (!share.IsExit)
        {
            share.Drops.Count(RelayDrop.NotAnExit);
            return ControlStatus.Refused;
        }

        if (destination is { } endpoint && !share.AllowsTcp(endpoint))
        {
            share.Drops.Count(RelayDrop.ConnectRefused);
            return ControlStatus.Refused;
        }

        ControlStatus status = share.Admission.TryTake(now, _use, ExitRequest.Connection);
        if (status != ControlStatus.None)
        {
            share.Drops.Count(RelayDrop.TooManyStreams);
        }

        return status;
    }

    private bool HandleAssociate(Instant now, ReadOnlySpan<byte> message)
    {
        if (!AssociateMessage.TryParse(message, out AssociateMessage associate) || _associations.ContainsKey(associate.Flow.Value))
        {
            return false;
        }

        ushort id = associate.Flow.Value;
        ControlStatus refusal = CheckAssociate(now, id);
        if (refusal != ControlStatus.None)
        {
            Send(now, StatusMessage.Write(share.Written, ControlMessageType.AssociateFailed, id, refusal));
            return true;
        }

        _associations.Add(id, new(new UdpAssociation(share.Rules, share.Budget, associate.IsIPv6)));
        share.Events.Enqueue(new(RelayEventKind.ExitAssociate, Key(id), Family: associate.IsIPv6 ? (byte)6 : (byte)4));
        return true;
    }

    private ControlStatus CheckAssociate(Instant now, ushort id)
    {
        if (!share.IsExit)
        {
            share.Drops.Count(RelayDrop.NotAnExit);
            return ControlStatus.Refused;
        }

        if (!TryOpenFlows(id))
        {
            share.Drops.Count(RelayDrop.TooManyAssociations);
            return ControlStatus.Busy;
        }

        ControlStatus status = share.Admission.TryTake(now, _use, ExitRequest.Association);
        if (status != ControlStatus.None)
        {
            CloseFlows(id);
            share.Drops.Count(RelayDrop.TooManyAssociations);
        }

        return status;
    }

    private bool TryOpenFlows(ushort id)
    {
        if (mux.OpenFlow(new FlowId(id)) != StreamResult.Done)
        {
            return false;
        }

        bool both = mux.OpenFlow(new FlowId((ushort)(id + 1))) == StreamResult.Done;
        if (!both)
        {
            mux.CloseFlow(new FlowId(id));
        }

        return both;
    }

    private void CloseFlows(ushort id)
    {
        mux.CloseFlow(new FlowId(id));
        mux.CloseFlow(new FlowId((ushort)(id + 1)));
    }

    private bool HandleConsent(Instant now, ReadOnlySpan<byte> message)
    {
        if (!ConsentMessage.TryParse(message, out ConsentMessage consent))
        {
            return false;
        }

        if (_associations.TryGetValue(consent.Flow.Value, out ExitAssociation? association))
        {
            Span<PeerAddress> endpoints = stackalloc PeerAddress[WireLayout.MaxConsentEndpoints];
            int count = consent.CopyEndpoints(endpoints);
            if (association.Rules.SetConsent(now, endpoints[..count]) != ExitVerdict.Allowed)
            {
                share.Drops.Count(RelayDrop.ConsentRefused);
                Release(consent.Flow.Value);
                Send(now, StatusMessage.Write(share.Written, ControlMessageType.Released, consent.Flow.Value, ControlStatus.Refused));
            }
        }

        return true;
    }

    private bool HandleRelease(ReadOnlySpan<byte> message)
    {
        if (!ReleaseMessage.TryParse(message, out ReleaseMessage release))
        {
            return false;
        }

        Release(release.Flow.Value);
        return true;
    }

    private bool HandleResolve(Instant now, ReadOnlySpan<byte> message)
    {
        if (!ResolveMessage.TryParse(message, out ResolveMessage resolve))
        {
            return false;
        }

        ControlStatus refusal = CheckResolve(now, resolve.Request);
        if (refusal != ControlStatus.None)
        {
            Send(now, StatusMessage.Write(share.Written, ControlMessageType.ResolveFailed, resolve.Request, refusal));
            return true;
        }

        Sensitive<string> name = new(Encoding.ASCII.GetString(resolve.Name));
        share.Events.Enqueue(new(RelayEventKind.ExitResolve, Key(resolve.Request), Name: name, Query: (byte)resolve.Kind));
        return true;
    }

    private ControlStatus CheckResolve(Instant now, ushort request)
    {
        if (!share.IsExit)
        {
            share.Drops.Count(RelayDrop.NotAnExit);
            return ControlStatus.Refused;
        }

        ControlStatus status = _queries.Contains(request)
            ? ControlStatus.BadRequest
            : share.Admission.TryTake(now, _use, ExitRequest.Resolution);
        if (status != ControlStatus.None)
        {
            share.Drops.Count(RelayDrop.TooManyQueries);
            return status;
        }

        _queries.Add(request);
        return status;
    }

    private bool TakeFlow(Instant now, FlowId flow, ReadOnlySpan<byte> datagram)
    {
        ushort id = (ushort)(flow.Value & ~1);
        WireReader reader = new(datagram);
        if (!_associations.TryGetValue(id, out ExitAssociation? association) || !reader.TryReadEndpoint(out PeerAddress destination))
        {
            share.Drops.Count(RelayDrop.BadDatagram);
            return false;
        }

        bool allowed = association.IsBound
            && association.Rules.CheckOutbound(now, destination, reader.Rest.Length) == ExitVerdict.Allowed;
        if (allowed && share.Outgoing.TryAdd(Key(id), (flow.Value & 1) != 0, destination, reader.Rest))
        {
            return true;
        }

        share.Drops.Count(RelayDrop.DatagramRefused);
        return false;
    }

    private void FinishTowardsRemote(ushort id, ExitStream stream)
    {
        if (stream.IsClientFinished && stream.State == ExitStreamState.Open)
        {
            share.Events.Enqueue(new(RelayEventKind.ExitFinish, Key(id)));
            ForgetFinished(id, stream);
        }
    }

    private void ForgetFinished(ushort id, ExitStream stream)
    {
        if (stream.IsClientFinished && stream.IsRemoteFinished)
        {
            Forget(id);
        }
    }

    private void Connect(ushort id, ExitStream stream, PeerAddress destination)
    {
        stream.State = ExitStreamState.Connecting;
        share.Events.Enqueue(new(RelayEventKind.ExitConnect, Key(id), destination));
    }

    private void Fail(Instant now, ushort id, ControlStatus status)
    {
        if (Forget(id))
        {
            mux.Reset(new(id));
            Send(now, StatusMessage.Write(share.Written, ControlMessageType.ConnectFailed, id, status));
        }
    }

    private void Abort(ushort id)
    {
        if (Forget(id))
        {
            share.Events.Enqueue(new(RelayEventKind.ExitAbort, Key(id)));
        }
    }

    private bool Forget(ushort id)
    {
        bool known = _streams.Remove(id);
        if (known)
        {
            share.Admission.Release(_use, ExitRequest.Connection);
        }

        return known;
    }

    private bool ForgetQuery(ushort id)
    {
        bool known = _queries.Remove(id);
        if (known)
        {
            share.Admission.Release(_use, ExitRequest.Resolution);
        }

        return known;
    }

    private void Release(ushort id)
    {
        if (ForgetAssociation(id))
        {
            share.Events.Enqueue(new(RelayEventKind.ExitRelease, Key(id)));
        }
    }

    private bool ForgetAssociation(ushort id)
    {
        if (!_associations.Remove(id))
        {
            return false;
        }

        CloseFlows(id);
        share.Admission.Release(_use, ExitRequest.Association);
        return true;
    }

    /// <summary>An answer that does not fit means a client that does not read: its circuit ends.</summary>
    private void Send(Instant now, int bytes) => HasFailed |= !mux.TrySendControl(now, share.Written.AsSpan(0, bytes));

    private ExitKey Key(ushort id) => new(circuit, id);
}
