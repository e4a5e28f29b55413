using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>
/// What the parts of one gateway share: settings, entropy, events, both transaction tables and who uses them. (SIP.GATEWAY)
/// </summary>
internal sealed class GatewayCore
{
    private readonly Queue<GatewayEvent> _events = new();
    private readonly Dictionary<TransactionId, Exchange> _phoneUsers = [];
    private readonly Dictionary<TransactionId, Exchange> _providerUsers = [];
    private readonly List<Exchange> _exchanges = [];
    private int _lastId;

    public GatewayCore(GatewayOptions options, Entropy entropy)
    {
        Options = options;
        Entropy = entropy;
        Phones = new TransactionTable(entropy);
        Providers = new TransactionTable(entropy, new TransactionOptions { SeparatesConnections = true });
    }

    public GatewayOptions Options { get; }

    public Entropy Entropy { get; }

    /// <summary>The transactions with phones.</summary>
    public TransactionTable Phones { get; }

    /// <summary>The transactions with providers; one account's connection finds nothing of another's. (SIP.ACCOUNT)</summary>
    public TransactionTable Providers { get; }

    public DropCounters<GatewayDrop> Drops { get; } = new();

    /// <summary>Whose local sockets these are.</summary>
    public Dictionary<LocalMediaId, GatewayCall> LocalMedia { get; } = [];

    /// <summary>Whose association this is.</summary>
    public Dictionary<CallMediaId, GatewayCall> NetworkMedia { get; } = [];

    /// <summary>Everything under way, in the order in which it began.</summary>
    public IReadOnlyList<Exchange> Exchanges => _exchanges;

    /// <summary>Takes a new exchange; false when there are too many.</summary>
    public bool TryAdd(Exchange exchange)
    {
        bool fits = _exchanges.Count < GatewayLimits.MaxExchanges;
        if (fits)
        {
            _exchanges.Add(exchange);
        }
        else
        {
            Drops.Count(GatewayDrop.LimitReached);
        }

        return fits;
    }

    /// <summary>Takes one although the table may be full: a call that cannot be ended would go on costing somebody.</summary>
    public void Add(Exchange exchange) => _exchanges.Add(exchange);

    public int RemoveDone() => _exchanges.RemoveAll(static exchange => exchange.IsDone);

    public void Emit(GatewayEvent gatewayEvent) => _events.Enqueue(gatewayEvent);

    public bool PollEvent(out GatewayEvent gatewayEvent) => _events.TryDequeue(out gatewayEvent!);

    public int NextId() => ++_lastId;

    /// <summary>Answers a phone's request.</summary>
    public void RespondPhone(Instant now, TransactionId transaction, SipResponse response) => Phones.Respond(now, transaction, response);

    /// <summary>Answers a provider's request.</summary>
    public void RespondProvider(Instant now, TransactionId transaction, SipResponse response) =>
        Providers.Respond(now, transaction, response);

    /// <summary>Sends a request to a phone; what comes of it goes to <paramref name="user"/>.</summary>
    public bool RequestPhone(Instant now, Exchange user, SipPeer phone, SipRequest request, out TransactionId transaction)
    {
        bool sent = Phones.Request(now, PhoneRoute(phone), request, out transaction) == SipDrop.None;
        if (sent)
        {
            _phoneUsers[transaction] = user;
        }

        return sent;
    }

    /// <summary>Sends a request over an upstream; what comes of it goes to <paramref name="user"/>.</summary>
    public bool RequestProvider(Instant now, Exchange user, Upstream upstream, SipRequest request, out TransactionId transaction)
    {
        transaction = default;
        bool sent = upstream.IsReady && Providers.Request(now, upstream.Route, request, out transaction) == SipDrop.None;
        if (sent)
        {
            _providerUsers[transaction] = user;
            upstream.Touch(now);
        }

        return sent;
    }

    /// <summary>The server transaction of a request belongs to this exchange: its ACK, CANCEL and failures go there.</summary>
    public void OwnPhone(TransactionId transaction, Exchange user) => _phoneUsers[transaction] = user;

    public void OwnProvider(TransactionId transaction, Exchange user) => _providerUsers[transaction] = user;

    public Exchange? FindPhoneUser(TransactionId transaction) => _phoneUsers.GetValueOrDefault(transaction);

    public Exchange? FindProviderUser(TransactionId transaction) => _providerUsers.GetValueOrDefault(transaction);

    public void ForgetPhone(TransactionId transaction) => _phoneUsers.Remove(transaction);

    public void ForgetProvider(TransactionId transaction) => _providerUsers.Remove(transaction);

    /// <summary>How a phone is reached, and what our Via says to it.</summary>
    public SipRoute PhoneRoute(SipPeer phone)
    {
        PeerAddress listen = ListenFor(phone);
        return new SipRoute(phone, SipTexts.Host(listen.Address), listen.Port);
    }

    /// <summary>The gateway's own entry in Record-Route towards a phone. (SIP.RULE-1)</summary>
    public string RecordRoute(SipPeer phone)
    {
        PeerAddress listen = ListenFor(phone);
        SipParameters parameters = phone.Transport == SipTransport.Udp
            ? SipParameters.None.With("lr")
            : SipParameters.None.With("transport", "tcp").With("lr");
        return new NameAddress(SipUri.Create(null, SipTexts.Host(listen.Address), listen.Port, parameters)).Reveal();
    }

    /// <summary>A pause that is not the same for everybody.</summary>
    public TimeSpan Jitter(TimeSpan span) => span + TimeSpan.FromMilliseconds(Entropy.NextInt32(1 + (int)(span.TotalMilliseconds / 4)));

    private PeerAddress ListenFor(SipPeer phone) => phone.Transport == SipTransport.Udp ? Options.ListenUdp : Options.ListenTcp;
}
