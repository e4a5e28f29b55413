using System;
using System.Collections.Generic;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Simulation;

/// <summary>
/// A client with work: keeps a path up, echoes a stream and numbered datagrams over it, and checks what comes back. (SIM.CHECKERS)
/// </summary>
internal sealed class SimClient : SimHost, IMachineSink<ClientEvent>
{
    private static readonly PeerAddress s_server = new(IpAddress.FromIPv4(0x7F090909), 5060);

    private readonly NetworkDocument _document;
    private readonly SeededEntropy _entropy;
    private readonly ulong _seed;
    private readonly bool _calls;
    private readonly byte[] _buffer = new byte[4096];
    private readonly Dictionary<PathId, SimSession> _sessions = [];
    private readonly MachineDriver<ClientNode, ClientEvent, SimClient> _driver;
    private int _sessionNumber;

    public SimClient(SimNetwork network, PeerAddress address, NetworkDocument document, ulong seed, bool calls)
        : base(network, address)
    {
        _document = document;
        _seed = seed;
        _calls = calls;
        _entropy = new(seed);
        Node = new(Now, SimWorld.WallNow, new ClientNodeOptions(), _document, _entropy);
        _driver = new(Node, this);
        RunLater(TimeSpan.FromMilliseconds(1), OpenPath);
    }

    public ClientNode Node { get; }

    /// <summary>Bytes and datagrams that came back since the last call: proof of service.</summary>
    public long TakeServed()
    {
        long served = _served;
        _served = 0;
        return served;
    }

    private long _served;

    void IMachineSink<ClientEvent>.Transmit(PeerAddress to, ReadOnlySpan<byte> datagram) => Network.Send(Address, to, datagram);

    void IMachineSink<ClientEvent>.Event(in ClientEvent nodeEvent)
    {
        switch (nodeEvent.Kind)
        {
            case ClientEventKind.PathReady:
                Network.Figures.PathsReady++;
                Begin(nodeEvent.Path);
                break;
            case ClientEventKind.PathFailed or ClientEventKind.PathClosed:
                Network.Figures.PathsLost +=
                    nodeEvent.Kind == ClientEventKind.PathClosed && nodeEvent.Reason != PathReason.Released ? 1 : 0;
                CheckSlots(nodeEvent);
                _sessions.Remove(nodeEvent.Path);
                RunLater(TimeSpan.FromMilliseconds(500), OpenPath);
                break;
            case ClientEventKind.Associated when _sessions.TryGetValue(nodeEvent.Path, out SimSession? session):
                session.IsAssociated = true;
                Node.Consent(Now, nodeEvent.Flow, [s_server]);
                StartCall(session);
                SendDatagrams(session);
                break;
            case ClientEventKind.StreamConnected when _sessions.TryGetValue(nodeEvent.Path, out SimSession? session):
                session.IsConnected = true;
                WriteStream(session);
                break;
            case ClientEventKind.StreamReadable when _sessions.TryGetValue(nodeEvent.Path, out SimSession? session):
                ReadStream(session);
                break;
            case ClientEventKind.StreamWritable when _sessions.TryGetValue(nodeEvent.Path, out SimSession? session):
                WriteStream(session);
                break;
            case ClientEventKind.StreamReset or ClientEventKind.StreamFailed or ClientEventKind.AssociateFailed:
                Node.ClosePath(Now, nodeEvent.Path);
                break;
            case ClientEventKind.DatagramReceived:
                TakeDatagrams(nodeEvent.Path);
                break;
            default:
                break;
        }
    }

    protected override void HandleDatagram(PeerAddress from, ReadOnlySpan<byte> datagram) => Node.HandleDatagram(Now, from, datagram);

    protected override void HandleTimeout() => Node.HandleTimeout(Now);

    protected override Instant Drain() => _driver.Drain(Now);

    protected override void Restart() => throw new NotSupportedException("clients do not crash in this workload");

    private void OpenPath()
    {
        if (Node.OpenPath(Now, new PathOptions { IsVoice = _calls }) is null)
        {
            throw new SimFailureException("a client could not open a path while it held none");
        }
    }

    private void Begin(PathId path)
    {
        SimSession session = new(unchecked((_seed << 16) + (ulong)++_sessionNumber), path);
        _sessions[path] = session;
        session.Stream = Node.OpenStream(Now, path, WireHost.FromAddress(s_server.Address), s_server.Port);
        session.Flow = Node.Associate(Now, path, isIPv6: false);
        SimFailureException.Require(session.Stream is not null && session.Flow is not null, "a ready path opens a stream and a flow");
    }

    /// <summary>A call of 3 to 9 s; a new path follows its end.</summary>
    private void StartCall(SimSession session)
    {
        if (!_calls)
        {
            return;
        }

        SimFailureException.Require(Node.StartVoice(Now, session.Path), "voice starts on a ready voice path");
        Network.Figures.Calls++;
        RunLater(TimeSpan.FromMilliseconds(3000 + _entropy.NextInt32(6000)), () => Node.EndVoice(Now, session.Path));
    }

    /// <summary>Every slot is accounted for once, and no more can have reached the exit than left.</summary>
    private void CheckSlots(in ClientEvent ended)
    {
        if (ended.Voice is not { } voice)
        {
            return;
        }

        long filled = 0;
        foreach (HopFills hop in voice.Hops)
        {
            filled += hop.Forward;
        }

        SimFailureException.Require(
            voice.ForwardSent == voice.ForwardReached + voice.ForwardUndeclared + voice.ForwardUnreported + filled,
            "a forward slot is not accounted for");
        SimFailureException.Require(voice.TicksSkipped == 0, "a client that is always served in time skipped a tick");
        Network.Figures.VoiceSlots += voice.ForwardSent;
        Network.Figures.VoiceSlotsReached += voice.ForwardReached;
    }

    private void WriteStream(SimSession session)
    {
        if (session.IsConnected && session.BytesToWrite() is { Length: > 0 } bytes)
        {
            session.Written += Node.WriteStream(Now, session.Stream!.Value, bytes);
        }
    }

    private void ReadStream(SimSession session)
    {
        int read;
        while ((read = Node.ReadStream(Now, session.Stream!.Value, _buffer)) > 0)
        {
            session.CheckStream(_buffer.AsSpan(0, read));
            Network.Figures.StreamBytes += read;
            _served += read;
        }
    }

    /// <summary>Fifty datagrams a second, as a call does.</summary>
    private void SendDatagrams(SimSession session)
    {
        if (!_sessions.ContainsKey(session.Path))
        {
            return;
        }

        Node.SendDatagram(Now, session.Flow!.Value, isRtcp: false, s_server, session.NextDatagram());
        WriteStream(session);
        RunLater(TimeSpan.FromMilliseconds(20), () => SendDatagrams(session));
    }

    private void TakeDatagrams(PathId path)
    {
        while (Node.TryReceiveDatagram(path, out FlowKey key, out _, out PeerAddress source, _buffer, out int bytes))
        {
            SimFailureException.Require(_sessions.TryGetValue(key.Path, out SimSession? session), "a datagram for a path that is gone");
            SimFailureException.Require(source == s_server, "a datagram from a source nobody named");
            session!.CheckDatagram(_buffer.AsSpan(0, bytes));
            Network.Figures.Datagrams++;
            _served++;
        }
    }
}
