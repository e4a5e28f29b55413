using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>What a path has asked of its exit, and what the exit answers. (NODE.CLIENT)</summary>
/// <remarks>Bounds: those of the mux for streams and flows; <see cref="WireLayout.MaxAnswers"/> answers wait to be taken.</remarks>
internal sealed class PathRequests(PathId path, Queue<ClientEvent> events)
{
    private readonly Dictionary<ushort, List<DnsAnswer>> _answers = [];
    private readonly HashSet<ushort> _streams = [];
    private readonly HashSet<ushort> _flows = [];

    /// <summary>Streams and flows asked for and not answered; an exit answers once.</summary>
    private readonly HashSet<ushort> _unanswered = [];
    private ushort _nextId = 2;
    private ushort _nextRequest = 1;

    public bool HasFlows => _flows.Count > 0;

    public bool HasStream(ushort id) => _streams.Contains(id);

    public bool HasFlow(ushort id) => _flows.Contains(id);

    public IReadOnlyList<ushort> Flows() => [.. _flows];

    public void AddStream(ushort id)
    {
        _streams.Add(id);
        _unanswered.Add(id);
    }

    public void AddFlow(ushort id)
    {
        _flows.Add(id);
        _unanswered.Add(id);
    }

    public bool RemoveStream(ushort id)
    {
        _unanswered.Remove(id);
        return _streams.Remove(id);
    }

    public bool TryTakeAnswers(ushort request, out List<DnsAnswer>? answers) => _answers.Remove(request, out answers);

    /// <summary>Even numbers, so that each can name a stream or a pair of flows; skips what is in use.</summary>
    public ushort NextId()
    {
        ushort id = _nextId;
        while (_streams.Contains(id) || _flows.Contains(id) || id == 0)
        {
            id = unchecked((ushort)(id + 2));
        }

        _nextId = unchecked((ushort)(id + 2));
        return id;
    }

    public ushort NextRequest()
    {
        ushort request = _nextRequest;
        _nextRequest = unchecked((ushort)(request + 1));
        return request;
    }

    public bool Handle(ControlMessageType type, ReadOnlySpan<byte> message, StreamMux mux) => type switch
    {
        ControlMessageType.Connected => HandleConnected(message),
        ControlMessageType.Associated => HandleAssociated(message),
        ControlMessageType.Resolved => HandleResolved(message),
        ControlMessageType.ConnectFailed => HandleStatus(mux, message, ClientEventKind.StreamFailed, _streams),
        ControlMessageType.AssociateFailed => HandleStatus(mux, message, ClientEventKind.AssociateFailed, _flows),
        ControlMessageType.Released => HandleStatus(mux, message, ClientEventKind.AssociationLost, _flows),
        ControlMessageType.ResolveFailed => HandleStatus(mux, message, ClientEventKind.ResolveFailed, null),
        _ => false,
    };

    public bool ForgetFlow(ushort flow, StreamMux mux)
    {
        if (!_flows.Remove(flow))
        {
            return false;
        }

        _unanswered.Remove(flow);

        mux.CloseFlow(new FlowId(flow));
        mux.CloseFlow(new FlowId((ushort)(flow + 1)));
        return true;
    }

    private bool HandleConnected(ReadOnlySpan<byte> message)
    {
        if (!ConnectedMessage.TryParse(message, out ConnectedMessage connected))
        {
            return false;
        }

        if (_streams.Contains(connected.Stream.Value))
        {
            if (!_unanswered.Remove(connected.Stream.Value))
            {
                return false;
            }

            events.Enqueue(new(ClientEventKind.StreamConnected, path, connected.Stream.Value, Local: connected.Local,
                Remote: connected.Remote));
        }

        return true;
    }

    private bool HandleAssociated(ReadOnlySpan<byte> message)
    {
        if (!AssociatedMessage.TryParse(message, out AssociatedMessage associated))
        {
            return false;
        }

        if (_flows.Contains(associated.Flow.Value))
        {
            if (!_unanswered.Remove(associated.Flow.Value))
            {
                return false;
            }

            events.Enqueue(new(ClientEventKind.Associated, path, associated.Flow.Value, Local: associated.Endpoint));
        }

        return true;
    }

    private bool HandleResolved(ReadOnlySpan<byte> message)
    {
        if (!ResolvedMessage.TryParse(message, out ResolvedMessage resolved) || _answers.Count >= WireLayout.MaxAnswers)
        {
            return false;
        }

        _answers[resolved.Request] = DnsAnswers.Read(resolved);
        events.Enqueue(new(ClientEventKind.Resolved, path, resolved.Request));
        return true;
    }

    private bool HandleStatus(StreamMux mux, ReadOnlySpan<byte> message, ClientEventKind kind, HashSet<ushort>? open)
    {
        if (!StatusMessage.TryParse(message, out StatusMessage status))
        {
            return false;
        }

        bool known = open is null || (open == _flows ? ForgetFlow(status.Id, mux) : open.Remove(status.Id));
        _ = open is not null && known && _unanswered.Remove(status.Id);
        if (known)
        {
            events.Enqueue(new(kind, path, status.Id, Status: status.Status));
        }

        return true;
    }
}
