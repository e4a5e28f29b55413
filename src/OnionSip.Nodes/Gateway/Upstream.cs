using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>What an input changed about an upstream. (SIP.GATEWAY.UPSTREAM)</summary>
internal enum UpstreamChange : byte
{
    None = 0,
    PathReady,
    Ready,

    /// <summary>The connection failed; the path stays.</summary>
    ConnectionLost,

    /// <summary>The path is gone and everything with it.</summary>
    PathLost,
}

internal enum UpstreamState : byte
{
    Idle = 0,
    AwaitingPath,
    Locating,
    Connecting,
    Ready,
}

/// <summary>
/// An account's way to its provider: path, location, connection; one at a time. (SIP.GATEWAY.UPSTREAM, SIP.RULE-2, SIP.RULE-4, SIP.RULE-5)
/// </summary>
/// <remarks>
/// States: Idle → AwaitingPath → Locating → Connecting → Ready; a lost connection leads back to Idle with the path kept, a lost path
///         without it. The located server is kept as long as the path, so that challenge and answer meet the same one.
/// Timers: the whole way may take GatewayOptions.ReachTimeout; after a failure a pause that doubles.
/// Bounds: one path, one connection, the location's own limits.
/// </remarks>
internal sealed class Upstream
{
    private readonly GatewayCore _core;
    private readonly AccountId _account;
    private readonly AccountOptions _options;
    private readonly Dictionary<ResolveId, LocationQuestion> _questions = [];
    private GatewayPathId? _path;
    private bool _isPathReady;
    private UpstreamId _id;
    private ServerLocation? _location;
    private int _candidate;
    private SipStreamParser? _parser;
    private Instant _deadline = Instant.Never;
    private Instant _keepAlive = Instant.Never;
    private Instant _notBefore;
    private TimeSpan _backOff = GatewayLimits.BackOffFirst;
    private Instant _lastUse;

    public Upstream(GatewayCore core, AccountId account, AccountOptions options)
    {
        _core = core;
        _account = account;
        _options = options;
    }

    public UpstreamState State { get; private set; }

    public bool IsReady => State == UpstreamState.Ready;

    /// <summary>The circuit to hang associations on; null until it stands.</summary>
    public GatewayPathId? ReadyPath => _isPathReady ? _path : null;

    public GatewayPathId? Path => _path;

    public UpstreamId Id => _id;

    /// <summary>The exit's own end of the connection. (SIP.RULE-4)</summary>
    public PeerAddress ExitLocal { get; private set; }

    public PeerAddress Remote { get; private set; }

    public Instant LastUse => _lastUse;

    /// <summary>Why the last attempt failed; None after success.</summary>
    public GatewayFailure LastFailure { get; private set; }

    public SipPeer Peer => new(Transport, Remote, (ulong)_id.Value);

    public SipRoute Route => new(Peer, SipTexts.Host(ExitLocal.Address), ExitLocal.Port);

    private SipTransport Transport => _options.Transport switch
    {
        UpstreamTransport.Tls => SipTransport.Tls,
        UpstreamTransport.Tcp => SipTransport.Tcp,
        _ => SipTransport.Udp,
    };

    public Instant Deadline => Instant.Min(_deadline, IsReady ? _keepAlive : Instant.Never);

    public void Touch(Instant now)
    {
        _lastUse = now;
        _keepAlive = _options.Transport == UpstreamTransport.Udp ? Instant.Never : now + _core.Jitter(GatewayLimits.KeepAlive);
    }

    /// <summary>When an attempt that nobody pressed for may be made again.</summary>
    public Instant NotBefore => _notBefore;

    /// <summary>Starts what is needed to get there; nothing when it is under way.</summary>
    public UpstreamChange Need(Instant now)
    {
        _lastUse = now;
        if (State != UpstreamState.Idle)
        {
            return UpstreamChange.None;
        }

        _deadline = now + _core.Options.ReachTimeout;
        if (_path is null)
        {
            _path = new GatewayPathId(_core.NextId());
            _isPathReady = false;
            State = UpstreamState.AwaitingPath;
            _core.Emit(new NeedPath(_path.Value, _account, _options));
            return UpstreamChange.None;
        }

        return Locate(now);
    }

    public UpstreamChange HandlePathReady(Instant now)
    {
        if (State != UpstreamState.AwaitingPath)
        {
            return UpstreamChange.None;
        }

        _isPathReady = true;
        UpstreamChange located = Locate(now);
        return located == UpstreamChange.None ? UpstreamChange.PathReady : located;
    }

    public UpstreamChange HandlePathLost(Instant now, GatewayFailure reason)
    {
        Forget();
        _path = null;
        _isPathReady = false;
        _location = null;
        BackOff(now, reason);
        return UpstreamChange.PathLost;
    }

    public bool Owns(ResolveId request) => _questions.ContainsKey(request);

    public UpstreamChange HandleResolved(Instant now, ResolveId request, IReadOnlyList<ResolveAnswer> answers)
    {
        if (!_questions.Remove(request, out LocationQuestion question) || _location is null)
        {
            return UpstreamChange.None;
        }

        _location.HandleAnswers(question, answers);
        return AskOrConnect(now);
    }

    public UpstreamChange HandleReady(Instant now, PeerAddress exitLocal, PeerAddress remote, bool isTls)
    {
        // A host that hands over an unencrypted connection for a TLS account has a fault: nothing is sent over it.
        if (State != UpstreamState.Connecting)
        {
            return UpstreamChange.None;
        }

        if (_options.Transport == UpstreamTransport.Tls && !isTls)
        {
            return Fail(now, GatewayFailure.BadCertificate, tryNext: false);
        }

        State = UpstreamState.Ready;
        ExitLocal = exitLocal;
        Remote = remote;
        LastFailure = GatewayFailure.None;
        _backOff = GatewayLimits.BackOffFirst;
        _deadline = Instant.Never;
        _parser = _options.Transport == UpstreamTransport.Udp ? null : new SipStreamParser(SipStreamRole.Client);
        Touch(now);
        return UpstreamChange.Ready;
    }

    public UpstreamChange HandleClosed(Instant now, GatewayFailure reason) => State switch
    {
        UpstreamState.Connecting =>
            Fail(now, reason, tryNext: reason is GatewayFailure.Unreachable or GatewayFailure.Timeout or GatewayFailure.Closed),
        UpstreamState.Ready => Fail(now, reason, tryNext: false),
        _ => UpstreamChange.None,
    };

    /// <summary>Takes bytes of the provider; messages are taken with <see cref="TryTakeMessage"/>.</summary>
    public GatewayDrop Append(ReadOnlySpan<byte> bytes) =>
        _parser is null || _parser.Append(bytes) ? GatewayDrop.None : GatewayDrop.Malformed;

    /// <summary>
    /// Takes the next whole message of the stream; false when there is none. A stream that lost its framing is told by <paramref
    /// name="isBroken"/>.
    /// </summary>
    public bool TryTakeMessage(out SipMessage? message, out SipRefusal? refusal, out bool isBroken)
    {
        message = null;
        refusal = null;
        isBroken = false;
        while (_parser is not null)
        {
            switch (_parser.Next(out message, out refusal))
            {
                case SipStreamItem.Message or SipStreamItem.Refused:
                    return true;
                case SipStreamItem.NeedMore:
                    return false;
                case SipStreamItem.Broken:
                    isBroken = true;
                    return false;
                default:
                    continue;
            }
        }

        return false;
    }

    public UpstreamChange HandleTimeout(Instant now)
    {
        if (IsReady && _keepAlive <= now)
        {
            _core.Emit(new SendUpstream(_id, "\r\n\r\n"u8.ToArray()));
            _keepAlive = now + _core.Jitter(GatewayLimits.KeepAlive);
        }

        if (_deadline > now)
        {
            return UpstreamChange.None;
        }

        _deadline = Instant.Never;
        if (State is UpstreamState.AwaitingPath or UpstreamState.Locating)
        {
            // An exit that leaves a question unanswered is of no use: the next attempt draws another.
            GatewayPathId late = _path!.Value;
            HandlePathLost(now, State == UpstreamState.Locating ? GatewayFailure.Timeout : GatewayFailure.NoPath);
            _core.Emit(new ReleasePath(late));
            return UpstreamChange.PathLost;
        }

        return State == UpstreamState.Connecting ? Fail(now, GatewayFailure.Timeout, tryNext: false) : UpstreamChange.None;
    }

    /// <summary>Gives connection and path back.</summary>
    public void Release()
    {
        CloseConnection();
        Forget();
        _location = null;
        if (_path is { } path)
        {
            _core.Emit(new ReleasePath(path));
            _path = null;
            _isPathReady = false;
        }
    }

    /// <summary>Ends the connection: its framing is lost, or it is of no use.</summary>
    public UpstreamChange Break(Instant now, GatewayFailure reason)
    {
        CloseConnection();
        return Fail(now, reason, tryNext: false);
    }

    private UpstreamChange Locate(Instant now)
    {
        State = UpstreamState.Locating;
        if (_location is null)
        {
            (string host, ushort port) = SplitHop(_options.NextHop ?? _options.Domain);
            LocationTransport transport = _options.Transport switch
            {
                UpstreamTransport.Tls => LocationTransport.Tls,
                UpstreamTransport.Tcp => LocationTransport.Tcp,
                _ => LocationTransport.Udp,
            };
            _location = new ServerLocation(new LocationTarget(host, port, transport, _options.AllowIPv6), _core.Entropy);
            _candidate = 0;
        }

        return AskOrConnect(now);
    }

    private UpstreamChange AskOrConnect(Instant now)
    {
        while (_location!.PollQuestion(out LocationQuestion question))
        {
            if (_questions.Count >= GatewayLimits.MaxQuestions)
            {
                _location.HandleAnswers(question, []);
                continue;
            }

            ResolveId request = new(_core.NextId());
            _questions.Add(request, question);
            _core.Emit(new ResolveName(request, _path!.Value, question.Kind, question.Name));
        }

        switch (_location.State)
        {
            case LocationState.Found:
                Connect();
                return UpstreamChange.None;
            case LocationState.NotFound:
                _location = null;
                return Fail(now, GatewayFailure.NotFound, tryNext: false);
            default:
                return UpstreamChange.None;
        }
    }

    private void Connect()
    {
        State = UpstreamState.Connecting;
        _id = new UpstreamId(_core.NextId());
        PeerAddress remote = _location!.Candidates[_candidate];
        Remote = remote;
        string name = _options.CertificateName ?? _options.Domain;
        _core.Emit(new OpenUpstream(_id, _path!.Value, _options.Transport, remote, name, _options));
    }

    private UpstreamChange Fail(Instant now, GatewayFailure reason, bool tryNext)
    {
        if (tryNext && _candidate + 1 < _location!.Candidates.Count)
        {
            _candidate++;
            Connect();
            return UpstreamChange.None;
        }

        if (State == UpstreamState.Connecting)
        {
            CloseConnection();
            _location = null;
        }

        Forget();
        BackOff(now, reason);
        return UpstreamChange.ConnectionLost;
    }

    private void CloseConnection()
    {
        if (State is UpstreamState.Connecting or UpstreamState.Ready)
        {
            _core.Emit(new CloseUpstream(_id));
        }
    }

    private void Forget()
    {
        State = UpstreamState.Idle;
        _questions.Clear();
        _parser = null;
        _deadline = Instant.Never;
        _candidate = 0;
    }

    private void BackOff(Instant now, GatewayFailure reason)
    {
        LastFailure = reason;
        _notBefore = now + _core.Jitter(_backOff);
        _backOff = _backOff + _backOff < GatewayLimits.BackOffMax ? _backOff + _backOff : GatewayLimits.BackOffMax;
    }

    private static (string Host, ushort Port) SplitHop(string hop)
    {
        if (PeerAddress.TryParse(hop, out PeerAddress address))
        {
            return (address.Address.Reveal(), address.Port);
        }

        int colon = hop.LastIndexOf(':');
        bool hasPort = colon > 0 && hop.IndexOf(':', StringComparison.Ordinal) == colon;
        return hasPort && ushort.TryParse(hop.AsSpan(colon + 1), out ushort port) ? (hop[..colon], port) : (hop, (ushort)0);
    }
}
