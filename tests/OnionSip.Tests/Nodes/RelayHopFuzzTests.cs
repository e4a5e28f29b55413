using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>
/// NODE.HOP, NODE.EXIT: well-formed requests in any order, with few ids so that they collide, against a host that answers anything.
/// </summary>
public sealed class RelayHopFuzzTests
{
    private const int Runs = 400;
    private const int Steps = 150;

    private static readonly ushort[] s_ids = [1, 2, 3, 4, 5, 65534, 65535];

    private static readonly IpAddress[] s_addresses =
    [
        IpAddress.FromIPv4(0x7F090909), IpAddress.FromIPv4(0x7F0A0A0A), IpAddress.FromIPv4(0x0A000001), IpAddress.FromIPv4(0),
        new(UInt128.One), new((UInt128)0x2001_4860 << 96), default,
    ];

    [Fact]
    public void AnyOrderOfRequestsAndAnswers_ThrowsNothing_AndGivesEveryPlaceBack()
    {
        using NodeMesh mesh = new();
        using X25519KeyPair onion = new([.. new byte[31], 1]);
        LinkOptions linkOptions = new() { NetworkId = mesh.Document.NetworkId.ToArray(), StartWallTime = NodeMesh.WallNow };
        int answered = 0;
        for (int run = 0; run < Runs; run++)
        {
            using LinkTable links = new(Instant.Zero, linkOptions, new SeededEntropy(1));
            RelayCircuitTable circuits = new(Instant.Zero, new(default, onion, mesh.Document.NetworkId.Span), new SeededEntropy(2));
            try
            {
                answered += new Run(mesh, links, circuits, run).Play();
            }
            catch (Exception error) when (error is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail("run " + run + ": " + error);
            }
        }

        Assert.True(answered > Runs, "the requests reach the host");
    }

    private sealed class Run
    {
        private readonly Random _random;
        private readonly NodeMesh _mesh;
        private readonly Queue<RelayEvent> _events = new();
        private readonly ExitDatagramQueue _outgoing = new();
        private readonly DropCounters<RelayDrop> _drops = new();
        private readonly ExitShare _share;
        private readonly RelayExtender _extender;
        private readonly RelayHop _hop;
        private readonly StreamMux _client;
        private readonly byte[] _message = new byte[2048];
        private readonly byte[] _body = new byte[WireLayout.BodyBytes];
        private Instant _now = Instant.FromMilliseconds(1000);
        private int _answered;

        public Run(NodeMesh mesh, LinkTable links, RelayCircuitTable circuits, int seed)
        {
            _mesh = mesh;
            _random = new(seed);
            RelayNodeOptions options = new()
            {
                Identity = mesh.Document.Relays[0].Identity,
                LinkPrivateKey = default,
                OnionPrivateKey = default,
                Roles = RelayRoles.Exit,
                ExitPolicy = ["accept *:*"],
            };
            _share = new(options, isTestNetwork: true, _events, _outgoing, _drops);
            _extender = new(options, links, circuits, _drops);
            _extender.SetDocument(mesh.Document, Instant.Never);
            _hop = new(_now, new CircuitHandle(0, 0), 1, _share);
            _client = new(_now, new StreamMuxOptions { IsClient = true });
        }

        public int Play()
        {
            for (int step = 0; step < Steps && !_hop.IsBroken; step++)
            {
                Act();
                _hop.Pump(_now, _extender);
                Exchange();
                Assert.InRange(_share.Admission.Count(ExitRequest.Connection), 0, ExitLimits.MaxConnectionsPerCircuit);
                Assert.InRange(_share.Admission.Count(ExitRequest.Resolution), 0, ExitLimits.MaxResolutionsPerCircuit);
            }

            _hop.Exit.AbortAll();
            _hop.Exit.AbortAll();
            Assert.Equal(0, _share.Admission.Count(ExitRequest.Connection));
            Assert.Equal(0, _share.Admission.Count(ExitRequest.Association));
            Assert.Equal(0, _share.Admission.Count(ExitRequest.Resolution));
            return _answered;
        }

        private void Act()
        {
            switch (_random.Next(10))
            {
                case < 5:
                    Ask(_random.Next(1, 4));
                    break;
                case < 8:
                    Answer();
                    break;
                case 8:
                    _now += TimeSpan.FromMilliseconds(_random.Next(1, 900));
                    _hop.HandleTimeout(_now);
                    _client.HandleTimeout(_now);
                    break;
                default:
                    Frame();
                    break;
            }
        }

        private void Ask(int requests)
        {
            for (int index = 0; index < requests; index++)
            {
                int bytes = Request();
                if (bytes > 0)
                {
                    _client.TrySendControl(_now, _message.AsSpan(0, bytes));
                }
            }
        }

        private int Request()
        {
            ushort id = Id();
            FlowId even = new((ushort)(id & ~1) is 0 ? (ushort)2 : (ushort)(id & ~1));
            switch (_random.Next(8))
            {
                case 0:
                    return ConnectMessage.Write(_message, new(id), WireHost.FromName("a.test"u8), (ushort)_random.Next(3));
                case 1:
                    return ConnectMessage.Write(_message, new(id), WireHost.FromAddress(Address()), (ushort)_random.Next(3));
                case 2:
                    return AssociateMessage.Write(_message, even, _random.Next(4) == 0);
                case 3:
                    PeerAddress[] endpoints = new PeerAddress[_random.Next(1, 9)];
                    for (int index = 0; index < endpoints.Length; index++)
                    {
                        endpoints[index] = Endpoint();
                    }

                    return ConsentMessage.Write(_message, even, endpoints);
                case 4:
                    return ReleaseMessage.Write(_message, even);
                case 5 or 6:
                    return ResolveMessage.Write(_message, id, (ResolveKind)_random.Next(1, 5), "b.test"u8);
                default:
                    RelayId relay = _mesh.Document.Relays[_random.Next(_mesh.Document.Relays.Count)].Identity;
                    return ExtendMessage.Write(_message, id, relay, 1, 2, new byte[_random.Next(1, 1400)]);
            }
        }

        private void Answer()
        {
            _answered += _events.Count;
            _events.Clear();
            HopExit exit = _hop.Exit;
            ushort id = Id();
            ushort even = (ushort)(id & ~1);
            switch (_random.Next(12))
            {
                case 0:
                    exit.HandleLookup(_now, id, _random.Next(3) == 0 ? [] : [Address(), Address()]);
                    break;
                case 1:
                    exit.HandleConnected(_now, id, Endpoint(), Endpoint());
                    break;
                case 2:
                    exit.HandleConnectFailed(_now, id, ControlStatus.Unreachable);
                    break;
                case 3:
                    exit.HandleData(_now, id, new byte[_random.Next(20_000)]);
                    break;
                case 4:
                    exit.HandleFinished(_now, id);
                    break;
                case 5:
                    exit.HandleReset(_now, id);
                    break;
                case 6:
                    exit.Read(_now, id, new byte[4096]);
                    break;
                case 7:
                    exit.HandleAssociated(_now, even, new(s_addresses[0], 40000));
                    break;
                case 8:
                    exit.HandleDatagram(_now, even, _random.Next(2) == 0, Endpoint(), new byte[_random.Next(2000)]);
                    exit.HandleUnreachable(even, Endpoint());
                    break;
                case 9:
                    exit.HandleAssociateFailed(_now, even, ControlStatus.Busy);
                    break;
                case 10:
                    string text = new('x', _random.Next(300));
                    DnsAnswer answer = new() { Address = Address(), Target = text, Regexp = text };
                    exit.HandleResolved(_now, id, (ResolveKind)_random.Next(1, 5), 1, [.. Enumerable.Repeat(answer, 20)]);
                    break;
                default:
                    exit.HandleResolveFailed(_now, id, ControlStatus.NotFound);
                    break;
            }
        }

        /// <summary>Frames that no honest client's streams would make now.</summary>
        private void Frame()
        {
            FrameWriter writer = new(_body);
            for (int index = 0; index < 6; index++)
            {
                ushort id = Id();
                uint offset = _random.Next(3) switch
                {
                    0 => 0,
                    1 => (uint)_random.Next(17_000),
                    _ => uint.MaxValue - 3 - (uint)_random.Next(40),
                };
                _ = _random.Next(5) switch
                {
                    0 => writer.TryWriteStream(new(id), offset, _random.Next(2) == 0, new byte[_random.Next(2)]),
                    1 => writer.TryWriteStreamReset(new(id)),
                    2 => writer.TryWriteFlow(new(id), new byte[_random.Next(20)]),
                    3 => writer.TryWriteFlowPart(new(id), (ushort)_random.Next(3), (byte)_random.Next(2), 2, new byte[9]),
                    _ => writer.TryWriteStreamAck(new(id), _random.Next(4) == 0 ? offset : 0, offset, []),
                };
            }

            writer.Complete();
            _hop.HandleBody(_now, _body);
        }

        private void Exchange()
        {
            while (_client.PollBody(_now, _body))
            {
                if (_random.Next(10) != 0)
                {
                    _hop.HandleBody(_now, _body);
                    _hop.Pump(_now, _extender);
                }
            }

            while (_hop.TryTakeBody(_now, _body))
            {
                _client.HandleBody(_now, _body);
            }

            while (_client.TryReceiveControl(new byte[2048], out _))
            {
            }

            while (_client.PollEvent(out _))
            {
            }

            while (_random.Next(3) != 0 && _outgoing.TryTake(out _, out _, out _, new byte[2048], out _))
            {
            }
        }

        private ushort Id() => s_ids[_random.Next(s_ids.Length)];

        private IpAddress Address() => s_addresses[_random.Next(s_addresses.Length)];

        private PeerAddress Endpoint() => new(Address(), (ushort)_random.Next(5060, 5063));
    }
}
