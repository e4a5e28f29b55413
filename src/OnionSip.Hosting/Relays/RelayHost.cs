using System;
using System.Collections.Generic;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Exits;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Resolvers;
using OnionSip.Hosting.Secrets;
using OnionSip.Hosting.Shards;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Hosting.Relays;

/// <summary>One shard of a relay on one loop: the node, its link sockets and, at an exit, the services behind it. (HOST.RELAY,
/// HOST.SHARDS)</summary>
/// <remarks>A shard shares nothing with the others but their addresses; limits of the relay are divided among them.</remarks>
public sealed class RelayHost : IShardHandler<RelayEvent>, IExitNode, IDisposable
{
    private readonly RelayConfig _config;
    private readonly RelayNode _node;
    private readonly ExitConnections _connections;
    private readonly ExitAssociations _associations;
    private readonly UnboundResolver? _resolver;
    private readonly CapacityMeter _capacity;

    /// <exception cref="ProgramException">A library is missing.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be bound.</exception>
    public RelayHost(
        EventLoop loop,
        RelayConfig config,
        RelayKeys keys,
        NetworkDocument document,
        Entropy entropy,
        RelayShard? shard = null,
        RelayRecords? records = null,
        WorkDesk? desk = null)
    {
        _config = config;
        shard ??= new(0, 1, config.Bind);
        ExitOptions exit = shard.Share(config.Exit.Options);
        _node = new(loop.Clock.Now, loop.Clock.WallNow, MakeOptions(config, keys, shard, desk is not null), document, entropy);
        _capacity = new(loop.Clock.Now, shard.Share(config.CapacityCircuits));
        _connections = new(loop, this, exit);
        _associations = new(loop, this, exit, entropy) { Record = records?.Media };
        _resolver = config.Roles.HasFlag(RelayRoles.Exit) ? MakeResolver(loop, config) : null;
        Links = new(loop, _node, this, new() { Announced = shard.Bind, Io = config.Io, IsShared = shard.Count > 1 })
        {
            Desk = desk,
            PeerSeen = records?.Peers is { } peers ? peers.Count : null,
        };
    }

    public ShardLoop<RelayNode, RelayEvent> Links { get; }

    public ExitAssociations Associations => _associations;

    public int Connections => _connections.Count;

    public int VoiceCapacity => _capacity.Capacity;

    public long ResolverAsked => _resolver?.Asked ?? 0;

    public long ResolverTimedOut => _resolver?.TimedOut ?? 0;

    /// <summary>For counters only.</summary>
    internal RelayNode Node => _node;

    public Instant NextDeadline => Instant.Min(
        Instant.Min(_connections.NextDeadline, _resolver?.NextDeadline ?? Instant.Never),
        _node.VoiceCircuitCount < CapacityMeter.CircuitsMin ? Instant.Never : _capacity.NextDeadline);

    public void HandleDeadline(Instant now)
    {
        _connections.HandleDeadline(now);
        _resolver?.HandleDeadline(now);
        if (_capacity.NextDeadline <= now && ShardThread.ProcessorTime() is { } used
            && _capacity.Measure(now, used, _node.AwakeLanes) is { } capacity)
        {
            _node.SetVoiceCapacity(now, capacity);
        }
    }

    public bool HandleDrained(Instant now) => false;

    public void HandleEvent(Instant now, in RelayEvent nodeEvent)
    {
        ExitKey key = nodeEvent.Key;
        switch (nodeEvent.Kind)
        {
            case RelayEventKind.ExitLookup:
                LookUp(now, key, nodeEvent.Name.Value);
                break;
            case RelayEventKind.ExitConnect:
                _connections.Connect(now, key, nodeEvent.Endpoint);
                break;
            case RelayEventKind.ExitReadable:
                _connections.HandleReadable(now, key);
                break;
            case RelayEventKind.ExitWritable:
                _connections.HandleWritable(now, key);
                break;
            case RelayEventKind.ExitFinish:
                _connections.Finish(now, key);
                break;
            case RelayEventKind.ExitAbort:
                _connections.Abort(key);
                break;
            case RelayEventKind.ExitAssociate:
                _associations.Open(now, key, nodeEvent.Family);
                break;
            case RelayEventKind.ExitRelease:
                _associations.Release(key);
                break;
            case RelayEventKind.ExitDatagram:
                _associations.HandleDatagrams(now);
                break;
            case RelayEventKind.ExitResolve:
                Resolve(now, key, (DnsKind)nodeEvent.Query, nodeEvent.Name.Value);
                break;
            default:
                break;
        }
    }

    public void SetDocument(Instant now, WallTime wallNow, NetworkDocument document) => _node.SetDocument(now, wallNow, document);

    public void Shutdown(Instant now) => _node.Shutdown(now);

    /// <summary>Adds what all link sockets did.</summary>
    public void AddUdpTo(UdpCounters counters)
    {
        for (int index = 0; index < Links.PortCount; index++)
        {
            counters.Add(Links.Counters(index));
        }
    }

    public void Dispose()
    {
        Links.Dispose();
        _connections.Dispose();
        _associations.Dispose();
        _resolver?.Dispose();
        _node.Dispose();
    }

    void IExitNode.HandleConnected(Instant now, ExitKey key, in PeerAddress local, in PeerAddress remote) =>
        _node.HandleExitConnected(now, key, local, remote);

    void IExitNode.HandleConnectFailed(Instant now, ExitKey key, ControlStatus status) => _node.HandleExitConnectFailed(now, key, status);

    int IExitNode.HandleData(Instant now, ExitKey key, ReadOnlySpan<byte> bytes) => _node.HandleExitData(now, key, bytes);

    void IExitNode.HandleFinished(Instant now, ExitKey key) => _node.HandleExitFinished(now, key);

    void IExitNode.HandleReset(Instant now, ExitKey key) => _node.HandleExitReset(now, key);

    int IExitNode.ReadStream(Instant now, ExitKey key, Span<byte> destination) => _node.ReadExitStream(now, key, destination);

    void IExitNode.HandleAssociated(Instant now, ExitKey key, in PeerAddress even) => _node.HandleExitAssociated(now, key, even);

    void IExitNode.HandleAssociateFailed(Instant now, ExitKey key, ControlStatus status) =>
        _node.HandleExitAssociateFailed(now, key, status);

    void IExitNode.HandleDatagram(Instant now, ExitKey key, bool isOdd, in PeerAddress source, ReadOnlySpan<byte> datagram) =>
        _node.HandleExitDatagram(now, key, isOdd, source, datagram);

    void IExitNode.HandleUnreachable(Instant now, ExitKey key, in PeerAddress destination) =>
        _node.HandleExitUnreachable(now, key, destination);

    bool IExitNode.TryTakeDatagram(out ExitKey key, out bool isOdd, out PeerAddress to, Span<byte> destination, out int bytes) =>
        _node.TryTakeExitDatagram(out key, out isOdd, out to, destination, out bytes);

    private static RelayNodeOptions MakeOptions(RelayConfig config, RelayKeys keys, RelayShard shard, bool handsOutWork)
    {
        List<IpAddress> own = [];
        foreach (PeerAddress address in (IEnumerable<PeerAddress>)[.. config.Bind, .. config.Announce])
        {
            own.Add(address.Address);
        }

        own.AddRange(config.Exit.Options.IPv4 is { } v4 ? [v4] : []);
        own.AddRange(config.Exit.Options.IPv6 is { } v6 ? [v6] : []);
        return new()
        {
            Identity = keys.Identity,
            LinkPrivateKey = keys.LinkPrivateKey,
            OnionPrivateKey = keys.OnionPrivateKey,
            Roles = config.Roles,
            ExitPolicy = config.Exit.Policy,
            OwnAddresses = own,
            HandsOutWork = handsOutWork,
            Voice = new() { Capacity = shard.Share(config.CapacityCircuits) },
            Shards = shard.Count,
            Shard = shard.Index,
        };
    }

    private static UnboundResolver MakeResolver(EventLoop loop, RelayConfig config)
    {
        if (!UnboundResolver.IsAvailable)
        {
            throw new ProgramException(ExitCodes.MissingLibrary, UnboundResolver.MissingMessage);
        }

        try
        {
            return UnboundResolver.Create(loop, new()
            {
                Forwarders = config.Exit.Dns,
                Sources = ResolverSources(config.Exit.Options),
                AllowTestDomain = config.IsTestNetwork,
            });
        }
        catch (InvalidOperationException error)
        {
            throw new ProgramException(ExitCodes.Failure, error.Message);
        }
    }

    // Questions leave from where everything else of the exit leaves from.
    private static List<string> ResolverSources(ExitOptions options)
    {
        List<string> sources = [];
        foreach (bool isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            if (options.SourceFor(isIPv4) is { } source && !AddressScope.IsAny(source))
            {
                sources.Add(source.Reveal());
            }
        }

        return sources;
    }

    private static ControlStatus StatusOf(ResolveOutcome outcome) => outcome switch
    {
        ResolveOutcome.NotFound => ControlStatus.NotFound,
        ResolveOutcome.Busy => ControlStatus.Busy,
        ResolveOutcome.BadName => ControlStatus.BadRequest,
        _ => ControlStatus.Unreachable,
    };

    private void LookUp(Instant now, ExitKey key, string name)
    {
        if (_resolver is null)
        {
            _node.HandleExitConnectFailed(now, key, ControlStatus.Refused);
            return;
        }

        AddressLookup.Begin(now, _resolver, name, _config.Exit.Options, (when, outcome, addresses) =>
        {
            if (outcome == ResolveOutcome.Answered)
            {
                _node.HandleExitLookup(when, key, addresses.ToArray());
            }
            else
            {
                _node.HandleExitConnectFailed(when, key, StatusOf(outcome));
            }
        });
    }

    private void Resolve(Instant now, ExitKey key, DnsKind kind, string name)
    {
        ResolveOutcome begun = _resolver is null
            ? ResolveOutcome.Failed
            : _resolver.Resolve(now, kind, name, (when, outcome, answers, ttlSeconds) =>
                AnswerQuery(when, key, kind, outcome, answers, ttlSeconds));
        if (begun != ResolveOutcome.None)
        {
            _node.HandleExitResolveFailed(now, key, _resolver is null ? ControlStatus.Refused : StatusOf(begun));
        }
    }

    private void AnswerQuery(
        Instant now, ExitKey key, DnsKind kind, ResolveOutcome outcome, IReadOnlyList<DnsAnswer> answers, uint ttlSeconds)
    {
        if (outcome == ResolveOutcome.Answered)
        {
            _node.HandleExitResolved(now, key, (ResolveKind)kind, ttlSeconds, answers);
        }
        else
        {
            _node.HandleExitResolveFailed(now, key, StatusOf(outcome));
        }
    }
}
