using System;
using System.Collections.Generic;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Simulation;

/// <summary>A relay on the simulated network, with an echo world behind its exit. (SIM.HOST)</summary>
/// <remarks>
/// Every TCP connection and every UDP datagram of the exit comes back as it is. Each gets a delay of its own; bytes of one connection
/// stay in order, as TCP's do.
/// </remarks>
internal sealed class SimRelay : SimHost, IMachineSink<RelayEvent>
{
    private static readonly TimeSpan s_exitDelay = TimeSpan.FromMilliseconds(3);

    private readonly RelayNodeOptions _options;
    private readonly NetworkDocument _document;
    private readonly Dictionary<ExitKey, Queue<byte>> _echo = [];
    private readonly ulong _seed;
    private readonly byte[] _buffer = new byte[4096];
    private MachineDriver<RelayNode, RelayEvent, SimRelay> _driver;
    private ulong _restarts;
    private ushort _nextPort = 20000;

    public SimRelay(SimNetwork network, PeerAddress address, RelayNodeOptions options, NetworkDocument document, ulong seed)
        : base(network, address)
    {
        _options = options;
        _document = document;
        _seed = seed;
        Node = NewNode();
        _driver = new(Node, this);
        Settle();
    }

    public RelayNode Node { get; private set; }

    void IMachineSink<RelayEvent>.Transmit(PeerAddress to, ReadOnlySpan<byte> datagram) => Network.Send(Address, to, datagram);

    void IMachineSink<RelayEvent>.Event(in RelayEvent nodeEvent)
    {
        ExitKey key = nodeEvent.Key;
        PeerAddress endpoint = nodeEvent.Endpoint;
        switch (nodeEvent.Kind)
        {
            case RelayEventKind.ExitConnect:
                _echo[key] = new();
                RunLater(s_exitDelay, () => Node.HandleExitConnected(Now, key, new(Address.Address, 40000), endpoint));
                break;
            case RelayEventKind.ExitReadable:
                ReadAndEcho(key);
                break;
            case RelayEventKind.ExitWritable:
                WriteBack(key);
                break;
            case RelayEventKind.ExitFinish:
                RunLater(s_exitDelay, () => Node.HandleExitFinished(Now, key));
                break;
            case RelayEventKind.ExitAbort:
                _echo.Remove(key);
                break;
            case RelayEventKind.ExitAssociate:
                _nextPort += 2;
                PeerAddress even = new(Address.Address, _nextPort);
                RunLater(s_exitDelay, () => Node.HandleExitAssociated(Now, key, even));
                break;
            case RelayEventKind.ExitDatagram:
                EchoDatagrams();
                break;
            default:
                break;
        }
    }

    protected override void HandleDatagram(PeerAddress from, ReadOnlySpan<byte> datagram) => Node.HandleDatagram(Now, from, datagram);

    protected override void HandleTimeout() => Node.HandleTimeout(Now);

    protected override Instant Drain()
    {
        Network.Figures.CircuitsMax = Math.Max(Network.Figures.CircuitsMax, Node.CircuitCount);
        return _driver.Drain(Now);
    }

    protected override void Restart()
    {
        Node.Dispose();
        _restarts++;
        _echo.Clear();
        Node = NewNode();
        _driver = new(Node, this);
    }

    private RelayNode NewNode() => new(
        Now, SimWorld.WallNow + TimeSpan.FromTicks(Now.Ticks), _options, _document,
        new SeededEntropy(unchecked((_seed * 0x9E3779B97F4A7C15UL) + _restarts)));

    private void ReadAndEcho(ExitKey key)
    {
        int read;
        while ((read = Node.ReadExitStream(Now, key, _buffer)) > 0)
        {
            byte[] bytes = _buffer.AsSpan(0, read).ToArray();
            RunLater(s_exitDelay, () =>
            {
                if (_echo.TryGetValue(key, out Queue<byte>? echo))
                {
                    foreach (byte value in bytes)
                    {
                        echo.Enqueue(value);
                    }

                    WriteBack(key);
                }
            });
        }
    }

    private void WriteBack(ExitKey key)
    {
        if (_echo.TryGetValue(key, out Queue<byte>? echo) && echo.Count > 0)
        {
            int taken = Node.HandleExitData(Now, key, echo.ToArray());
            for (int count = 0; count < taken; count++)
            {
                echo.Dequeue();
            }
        }
    }

    private void EchoDatagrams()
    {
        while (Node.TryTakeExitDatagram(out ExitKey key, out bool isRtcp, out PeerAddress destination, _buffer, out int bytes))
        {
            byte[] datagram = _buffer.AsSpan(0, bytes).ToArray();
            RunLater(s_exitDelay, () => Node.HandleExitDatagram(Now, key, isRtcp, destination, datagram));
        }
    }
}
