using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Sip;

/// <summary>
/// All transactions of one SIP endpoint: matches messages to them, runs their timers, repeats what must be repeated.
/// (SIP.TX)
/// </summary>
/// <remarks>
/// Polling: after every input take <see cref="PollEvent"/> and <see cref="PollTransmit"/> until both say no,
///          then <see cref="PollTimeout"/>.
/// Bounds:  <see cref="TransactionOptions.MaxTransactions"/>; beyond, a request is answered 503 without state.
/// Drops:   every member of <see cref="SipDrop"/>, counted in <see cref="Drops"/>; never throws on peer input.
/// Does not: resolve names, open connections, know dialogs or accounts.
/// </remarks>
public sealed class TransactionTable
{
    private readonly Entropy _entropy;
    private readonly TransactionOptions _options;
    private readonly SipOutbox _outbox;
    private readonly Dictionary<string, SipTransaction> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<TransactionId, SipTransaction> _byId = [];
    private readonly Dictionary<string, InviteServerTransaction> _invites = new(StringComparer.Ordinal);
    private readonly SortedSet<(Instant Deadline, ulong Id)> _deadlines = [];
    private readonly Dictionary<ulong, int> _perConnection = [];
    private ulong _lastId;

    public TransactionTable(Entropy entropy, TransactionOptions? options = null)
    {
        _entropy = entropy;
        _options = options ?? new TransactionOptions();
        _outbox = new SipOutbox(_options);
    }

    public DropCounters<SipDrop> Drops => _outbox.Drops;

    public int Count => _byId.Count;

    /// <summary>
    /// Takes a message that <see cref="SipMessage.TryParse(ReadOnlySpan{byte}, out SipMessage?)"/> accepted.
    /// </summary>
    public SipDrop HandleMessage(Instant now, SipPeer from, SipMessage message)
    {
        SipDrop drop = message is SipRequest request
            ? HandleRequest(now, from, request)
            : HandleResponse(now, from, (SipResponse)message);
        return drop == SipDrop.None ? drop : Drops.Count(drop);
    }

    /// <summary>Answers a request that could not be parsed, without state. (SIP.REFUSAL)</summary>
    public void HandleRefusal(SipPeer from, SipRefusal refusal)
    {
        SipResponse response = refusal.BuildResponse(from.Address, SipTokens.Tag(_entropy));
        Emit(ReplyTo(from, refusal.TopVia), SipRequests.Write(response));
    }

    /// <summary>
    /// Sends a request in a new client transaction; writes its Via. Not for ACK, which <see cref="Send"/> sends.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="route">Next hop and our Via.</param>
    /// <param name="request">Without Via.</param>
    /// <param name="id">None when refused.</param>
    public SipDrop Request(Instant now, SipRoute route, SipRequest request, out TransactionId id)
    {
        id = default;
        AddVia(route, request);
        ReadOnlyMemory<byte> octets = SipRequests.Write(request);
        if (octets.Length == 0)
        {
            return Drops.Count(SipDrop.Unwritable);
        }

        if (_byId.Count >= _options.MaxTransactions)
        {
            return Drops.Count(SipDrop.TooManyTransactions);
        }

        id = NextId();
        string key = ClientKey(request.TopVia, request.Method);
        File(request.Method == SipMethods.Invite
            ? new InviteClientTransaction(id, key, route.Peer, request, octets, now, _outbox)
            : new ClientTransaction(id, key, route.Peer, request, octets, now, _outbox));
        return SipDrop.None;
    }

    /// <summary>Sends a request without a transaction: the ACK for a 2xx. Writes its Via.</summary>
    public SipDrop Send(SipRoute route, SipRequest request)
    {
        AddVia(route, request);
        return Emit(route.Peer, SipRequests.Write(request));
    }

    /// <summary>Answers the request of a server transaction.</summary>
    public SipDrop Respond(Instant now, TransactionId id, SipResponse response)
    {
        ReadOnlyMemory<byte> octets = SipRequests.Write(response);
        if (octets.Length == 0)
        {
            return Drops.Count(SipDrop.Unwritable);
        }

        SipTransaction? transaction = _byId.GetValueOrDefault(id);
        SipDrop drop = transaction switch
        {
            InviteServerTransaction invite => invite.Respond(now, response, octets),
            ServerTransaction server => server.Respond(now, response, octets),
            _ => SipDrop.NoTransaction,
        };
        Refile(transaction);
        return drop == SipDrop.None ? drop : Drops.Count(drop);
    }

    /// <summary>
    /// Ends an INVITE that has no final response yet; the CANCEL waits for a provisional one. (SIP.TX.CANCEL)
    /// </summary>
    public SipDrop Cancel(Instant now, TransactionId id)
    {
        if (_byId.GetValueOrDefault(id) is not InviteClientTransaction invite)
        {
            return Drops.Count(SipDrop.NoTransaction);
        }

        if (!invite.WantCancel())
        {
            return Drops.Count(SipDrop.UnexpectedInState);
        }

        SendCancel(now, invite);
        return SipDrop.None;
    }

    /// <summary>The connection is gone: everything that hangs on it ends.</summary>
    public void HandleTransportFailure(SipPeer peer)
    {
        List<SipTransaction> failed = [];
        foreach (SipTransaction transaction in _byId.Values)
        {
            if (transaction.Peer == peer)
            {
                failed.Add(transaction);
            }
        }

        failed.Sort(static (left, right) => left.Id.Value.CompareTo(right.Id.Value));
        foreach (SipTransaction transaction in failed)
        {
            transaction.FailTransport();
            Refile(transaction);
        }
    }

    public void HandleTimeout(Instant now)
    {
        while (_deadlines.Count > 0 && _deadlines.Min.Deadline <= now)
        {
            SipTransaction transaction = _byId[new TransactionId(_deadlines.Min.Id)];
            transaction.HandleTimeout(now);
            Refile(transaction);
        }
    }

    /// <summary>Takes one message to send; false when there is none.</summary>
    public bool PollTransmit(out SipTransmit transmit) => _outbox.PollTransmit(out transmit);

    /// <summary>Takes one event; false when there is none.</summary>
    public bool PollEvent(out SipEvent sipEvent) => _outbox.PollEvent(out sipEvent);

    public Instant PollTimeout() => _deadlines.Count == 0 ? Instant.Never : _deadlines.Min.Deadline;

    private static string ClientKey(ViaValue via, string method) => "c " + method + " " + via.Branch;

    private string ServerKey(SipPeer peer, ViaValue via, string method) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"s {Scope(peer)} {method} {via.Branch} {via.Host.ToLowerInvariant()}:{via.Port}");

    // What an INVITE and the ACK of its 2xx have in common, whatever their branches.
    private string InviteKey(SipPeer peer, SipRequest request) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{Scope(peer)} {request.CSeq.Number} {request.From.Tag} {request.CallId}");

    // One party may not fill the table of all the others.
    private bool IsShareUsed(SipPeer peer) =>
        _options.SeparatesConnections && _perConnection.GetValueOrDefault(peer.Connection) >= _options.MaxPerConnection;

    private void Note(SipPeer peer, int change)
    {
        int count = _perConnection.GetValueOrDefault(peer.Connection) + change;
        if (count == 0)
        {
            _perConnection.Remove(peer.Connection);
        }
        else
        {
            _perConnection[peer.Connection] = count;
        }
    }

    private ulong Scope(SipPeer peer) => _options.SeparatesConnections ? peer.Connection : 0;

    // Back to where it came from; without rport to the port that Via names (RFC 3261 §18.2.2).
    private static SipPeer ReplyTo(SipPeer from, ViaValue via)
    {
        bool symmetric = from.IsReliable || via.WantsRPort;
        ushort port = via.Port == 0 ? (ushort)5060 : via.Port;
        return symmetric
            ? from
            : new SipPeer(from.Transport, new PeerAddress(from.Address.Address, port), from.Connection);
    }

    private SipDrop HandleRequest(Instant now, SipPeer from, SipRequest request)
    {
        ViaValue via = request.TopVia.WithSource(from.Address);
        request.ReplaceTopVia(via);
        SipPeer reply = ReplyTo(from, via);
        if (!via.HasUniqueBranch)
        {
            Answer(reply, request, 400, "Branch Of RFC 3261 Required");
            return SipDrop.OldBranch;
        }

        bool isAck = request.Method == SipMethods.Ack;
        string key = ServerKey(from, via, isAck ? SipMethods.Invite : request.Method);
        if (isAck)
        {
            return HandleAck(now, from, key, request);
        }

        switch (_byKey.GetValueOrDefault(key))
        {
            case InviteServerTransaction invite:
                return invite.HandleInvite();
            case ServerTransaction server:
                return server.HandleRequest();
        }

        if (_byId.Count >= _options.MaxTransactions || IsShareUsed(from))
        {
            Answer(reply, request, 503, "Too Many Requests At Once");
            return SipDrop.TooManyTransactions;
        }

        return request.Method == SipMethods.Cancel
            ? HandleCancel(now, key, reply, via, request)
            : Begin(now, key, reply, request);
    }

    private SipDrop Begin(Instant now, string key, SipPeer reply, SipRequest request)
    {
        if (request.Method != SipMethods.Invite)
        {
            ServerTransaction server = new(NextId(), key, reply, request, now, _outbox);
            File(server);
            server.Begin();
            return SipDrop.None;
        }

        string inviteKey = InviteKey(reply, request);
        if (request.To.Tag is null && _invites.ContainsKey(inviteKey))
        {
            Answer(reply, request, 482, null);
            return SipDrop.MergedRequest;
        }

        InviteServerTransaction invite = new(
            NextId(), key, reply, request, SipRequests.Write(SipResponse.For(request, 100)), _outbox);
        File(invite);
        _invites[inviteKey] = invite;
        return SipDrop.None;
    }

    private SipDrop HandleAck(Instant now, SipPeer from, string key, SipRequest ack)
    {
        InviteServerTransaction? invite = _byKey.GetValueOrDefault(key) as InviteServerTransaction
            ?? _invites.GetValueOrDefault(InviteKey(from, ack));
        if (invite is null)
        {
            return SipDrop.StrayAck;
        }

        SipDrop drop = invite.HandleAck(now, ack);
        Refile(invite);
        return drop;
    }

    private SipDrop HandleCancel(Instant now, string key, SipPeer reply, ViaValue via, SipRequest cancel)
    {
        SipTransaction? found = _byKey.GetValueOrDefault(ServerKey(reply, via, SipMethods.Invite));
        ServerTransaction server = new(NextId(), key, reply, cancel, now, _outbox) { IsTold = false };
        File(server);
        SipResponse response = SipResponse.For(cancel, found is null ? 481 : 200, null, SipTokens.Tag(_entropy));
        server.Respond(now, response, SipRequests.Write(response));
        Refile(server);
        if (found is not InviteServerTransaction invite)
        {
            return SipDrop.StrayCancel;
        }

        if (invite.State == InviteServerState.Proceeding)
        {
            _outbox.Tell(new SipEvent(SipEventKind.Cancel, invite.Id, reply, cancel));
        }

        return SipDrop.None;
    }

    private SipDrop HandleResponse(Instant now, SipPeer from, SipResponse response)
    {
        if (!response.TryGetVias(out List<ViaValue> vias) || vias.Count != 1)
        {
            return SipDrop.TooManyVias;
        }

        SipTransaction? transaction = _byKey.GetValueOrDefault(ClientKey(vias[0], response.CSeq.Method));
        if (transaction is null || Scope(transaction.Peer) != Scope(from))
        {
            return SipDrop.NoTransaction;
        }

        ViaValue ours = transaction.Request.TopVia;
        if (!string.Equals(ours.Host, vias[0].Host, StringComparison.OrdinalIgnoreCase) || ours.Port != vias[0].Port)
        {
            return SipDrop.WrongSentBy;
        }

        SipDrop drop = transaction switch
        {
            InviteClientTransaction invite => invite.HandleResponse(now, response),
            ClientTransaction client => client.HandleResponse(now, response),
            _ => SipDrop.UnexpectedInState,
        };
        if (transaction is InviteClientTransaction waiting)
        {
            SendCancel(now, waiting);
        }

        Refile(transaction);
        return drop;
    }

    private void SendCancel(Instant now, InviteClientTransaction invite)
    {
        if (!invite.TakeCancel(now))
        {
            return;
        }

        // One more than the limit allows: a call that cannot be cancelled would go on costing somebody.
        SipRequest cancel = SipRequests.Cancel(invite.Request);
        string key = ClientKey(cancel.TopVia, SipMethods.Cancel);
        ReadOnlyMemory<byte> octets = SipRequests.Write(cancel);
        File(new ClientTransaction(NextId(), key, invite.Peer, cancel, octets, now, _outbox) { IsTold = false });
        Refile(invite);
    }

    private void AddVia(SipRoute route, SipRequest request)
    {
        SipParameters parameters = SipParameters.None.With("branch", SipTokens.Branch(_entropy)).With("rport");
        ViaValue via = new(route.Peer.ViaTransport, route.SentByHost, route.SentByPort, parameters);
        request.Headers.Set(SipHeaderNames.Via, via.Reveal());
    }

    private void Answer(SipPeer reply, SipRequest request, int status, string? phrase)
    {
        if (request.Method != SipMethods.Ack)
        {
            SipResponse response = SipResponse.For(request, status, phrase, SipTokens.Tag(_entropy));
            if (status == 503)
            {
                response.Headers.Add(SipHeaderNames.RetryAfter, "5");
            }

            Emit(reply, SipRequests.Write(response));
        }
    }

    private SipDrop Emit(SipPeer to, ReadOnlyMemory<byte> octets)
    {
        if (octets.Length == 0)
        {
            return Drops.Count(SipDrop.Unwritable);
        }

        _outbox.Send(to, octets);
        return SipDrop.None;
    }

    private TransactionId NextId() => new(++_lastId);

    private void File(SipTransaction transaction)
    {
        _byKey[transaction.Key] = transaction;
        _byId.Add(transaction.Id, transaction);
        Note(transaction.Peer, 1);
        Refile(transaction);
    }

    /// <summary>Brings the deadline up to date and removes what has ended.</summary>
    private void Refile(SipTransaction? transaction)
    {
        if (transaction is null)
        {
            return;
        }

        if (!transaction.Filed.IsNever)
        {
            _deadlines.Remove((transaction.Filed, transaction.Id.Value));
        }

        transaction.Filed = transaction.Deadline;
        if (!transaction.Filed.IsNever)
        {
            _deadlines.Add((transaction.Filed, transaction.Id.Value));
        }

        if (transaction.IsTerminated && _byId.Remove(transaction.Id))
        {
            Unfile(transaction);
        }
    }

    private void Unfile(SipTransaction transaction)
    {
        Note(transaction.Peer, -1);
        if (_byKey.GetValueOrDefault(transaction.Key) == transaction)
        {
            _byKey.Remove(transaction.Key);
        }

        if (transaction is InviteServerTransaction invite
            && _invites.GetValueOrDefault(InviteKey(invite.Peer, invite.Request)) == invite)
        {
            _invites.Remove(InviteKey(invite.Peer, invite.Request));
        }
    }
}
