using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Simulation;
using OnionSip.Sip;
using OnionSip.Tests.Gateway;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>A gateway over relays in virtual time: a scripted phone before it, a scripted provider and a far phone behind the exits.</summary>
/// <remarks>Every link has a delay; the gateway's machine and the relays are the real ones.</remarks>
internal sealed class GatewayMesh : IDisposable
{
    public static readonly PeerAddress ClientAddress = new(IpAddress.FromIPv4(0x0B000001), 7000);

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(3);
    private static readonly PeerAddress s_farPhone = GatewayWorld.Address("127.9.9.9:40000");
    private static readonly byte[] s_silence = Rtp.Packet(8, 1, 160, 7, new byte[160]);

    private readonly PriorityQueue<(PeerAddress From, PeerAddress To, byte[] Datagram), (long Ticks, long Order)> _wire = new();
    private readonly Dictionary<ExitKey, SipStreamParser> _streams = [];
    private readonly byte[] _buffer = new byte[4096];
    private RelayNode? _exit;
    private (RelayNode Relay, ExitKey Key)? _exitMedia;
    private ExitKey _connection;
    private Instant _nextFarFrame = Instant.Never;
    private Instant _nextPhoneFrame = Instant.Never;
    private ushort _sequence;
    private bool _isStalled;
    private long _order;

    public GatewayMesh(int relays = 9, ulong seed = 1)
    {
        List<PeerAddress> addresses = [.. Enumerable.Range(0, relays).Select(NodeMesh.AddressOf)];
        SampleNetwork network = SampleNetwork.Create("mesh", addresses, NodeMesh.WallNow, new SeededEntropy(42), "accept *:*", isTestNetwork: true);
        for (int index = 0; index < relays; index++)
        {
            Relays.Add(new(Now, NodeMesh.WallNow, network.Relays[index], network.Document, new SeededEntropy(100 + (ulong)index)));
        }

        GatewayOptions options = new()
        {
            ListenUdp = GatewayWorld.GatewayUdp,
            ListenTcp = GatewayWorld.GatewayTcp,
            Accounts = [new AccountOptions { Domain = GatewayWorld.Domain, Transport = UpstreamTransport.Tcp, NextHop = "127.9.9.5:5060" }],
        };
        Node = new(Now, NodeMesh.WallNow, options, new ClientNodeOptions(), network.Document, new SeededEntropy(seed));
    }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(1000);

    public List<RelayNode> Relays { get; } = [];

    public GatewayNode Node { get; }

    public PhoneScript Phone { get; } = new();

    public ProviderScript Provider { get; } = new();

    public List<GatewayEvent> Events { get; } = [];

    public Queue<SipMessage> AtPhone { get; } = new();

    public Queue<SipMessage> AtProvider { get; } = new();

    /// <summary>When a media packet left the exit, and when one reached the phone.</summary>
    public List<Instant> AtFarSide { get; } = [];

    public List<Instant> AtLocalPhone { get; } = [];

    /// <summary>When a cell left the gateway for a guard.</summary>
    public List<Instant> Sent { get; } = [];

    /// <summary>The guards that the gateway sent to.</summary>
    public HashSet<PeerAddress> Guards { get; } = [];

    public Func<PeerAddress, PeerAddress, bool> Passes { get; set; } = static (_, _) => true;

    public IReadOnlyList<string> AccountPath => Events.OfType<PathBuilt>().Last().Relays;

    public IReadOnlyList<string> CallPath => Events.OfType<CallPathBuilt>().Last().Relays;

    /// <summary>What the one call's path says of its slots.</summary>
    public PathVoiceReport VoiceReport => Node.VoiceReports.Single();

    public RelayNode Relay(string name) => Relays[name[^1] - '0'];

    public void FromPhone(string message)
    {
        Node.Gateway.HandlePhoneDatagram(Now, GatewayWorld.PhoneAddress, Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\r\n")));
        Node.Advance(Now);
        Settle();
    }

    public void FromProvider(string message)
    {
        _exit!.HandleExitData(Now, _connection, Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\r\n")));
        Settle();
    }

    public SipResponse PhoneGets(int status) => Assert.IsType<SipResponse>(
        Take(AtPhone, message => message is SipResponse response && response.Status == status, status.ToString()));

    public SipRequest PhoneGetsRequest(string method) => Assert.IsType<SipRequest>(
        Take(AtPhone, message => message is SipRequest request && request.Method == method, method));

    public SipRequest ProviderGets(string method) => Assert.IsType<SipRequest>(
        Take(AtProvider, message => message is SipRequest request && request.Method == method, method));

    /// <summary>Registers the phone: the account has its path.</summary>
    public void Register()
    {
        FromPhone(Phone.Register());
        Run(TimeSpan.FromSeconds(1));
        FromProvider(Provider.Registered(ProviderGets("REGISTER")));
        Run(TimeSpan.FromSeconds(1));
        PhoneGets(200);
    }

    /// <summary>Dials and is answered; both sides speak from then on.</summary>
    public SipResponse Answered()
    {
        FromPhone(Phone.Invite());
        Run(TimeSpan.FromSeconds(1));
        FromProvider(Provider.Respond(ProviderGets("INVITE"), 200, sdp: ProviderScript.Sdp(address: "127.9.9.9")));
        Run(TimeSpan.FromSeconds(1));
        SipResponse answer = PhoneGets(200);
        FromPhone(Phone.Ack(answer));
        _nextPhoneFrame = Now;
        _nextFarFrame = Now + TimeSpan.FromMilliseconds(7);
        return answer;
    }

    public void Run(TimeSpan limit)
    {
        Instant until = Now + limit;
        Settle();
        while (Next() is { IsNever: false } next && next <= until)
        {
            Now = Instant.Max(Now, next);
            Speak();
            while (_wire.TryPeek(out _, out (long Ticks, long) due) && due.Item1 <= Now.Ticks)
            {
                (PeerAddress from, PeerAddress to, byte[] datagram) = _wire.Dequeue();
                Deliver(from, to, datagram);
            }

            foreach (RelayNode relay in Relays.Where(relay => relay.PollTimeout() <= Now))
            {
                relay.HandleTimeout(Now);
            }

            if (!_isStalled && Node.PollTimeout() <= Now)
            {
                Node.HandleTimeout(Now);
            }

            Settle();
        }

        Now = until;
    }

    /// <summary>Time passes and the gateway is not run: then it is, once. Phones and relays go on.</summary>
    public void Stall(TimeSpan length)
    {
        Instant until = Now + length;
        _isStalled = true;
        Run(length);
        _isStalled = false;
        Now = until;
        Node.HandleTimeout(Now);
        Settle();
    }

    public void Dispose()
    {
        Node.Dispose();
        Relays.ForEach(static relay => relay.Dispose());
    }

    private static SipMessage Take(Queue<SipMessage> queue, Predicate<SipMessage> wanted, string what)
    {
        List<string> seen = [];
        while (queue.TryDequeue(out SipMessage? message))
        {
            if (wanted(message))
            {
                return message;
            }

            seen.Add(message.RevealStartLine());
        }

        throw new InvalidOperationException("no " + what + "; seen instead: " + string.Join(" | ", seen));
    }

    private Instant Next()
    {
        Instant next = Instant.Min(_isStalled ? Instant.Never : Node.PollTimeout(), Instant.Min(_nextFarFrame, _nextPhoneFrame));
        next = _wire.TryPeek(out _, out (long Ticks, long) due) ? Instant.Min(next, new(due.Item1)) : next;
        return Relays.Aggregate(next, static (earliest, relay) => Instant.Min(earliest, relay.PollTimeout()));
    }

    private void Speak()
    {
        if (_nextPhoneFrame <= Now)
        {
            _nextPhoneFrame += TimeSpan.FromMilliseconds(20);
            byte[] frame = Rtp.Packet(8, _sequence, 160u * _sequence++, 9, Enumerable.Repeat((byte)((_sequence & 0x7F) | 1), 160).ToArray());
            Node.Gateway.HandlePhoneMedia(Now, Events.OfType<OpenLocalMedia>().Last().Media, false, GatewayWorld.PhoneMedia, frame);
            Node.Advance(Now);
        }

        if (_nextFarFrame <= Now)
        {
            _nextFarFrame += TimeSpan.FromMilliseconds(20);
            _exitMedia?.Relay.HandleExitDatagram(Now, _exitMedia.Value.Key, false, s_farPhone, s_silence);
        }
    }

    private void Deliver(PeerAddress from, PeerAddress to, byte[] datagram)
    {
        if (!Passes(from, to))
        {
            return;
        }

        if (to == ClientAddress)
        {
            Node.HandleDatagram(Now, from, datagram);
        }

        for (int index = 0; index < Relays.Count; index++)
        {
            if (NodeMesh.AddressOf(index) == to)
            {
                Relays[index].HandleDatagram(Now, from, datagram);
            }
        }
    }

    private void Settle()
    {
        bool any = true;
        while (any)
        {
            any = false;
            for (int index = 0; index < Relays.Count; index++)
            {
                any |= Drain(Relays[index], NodeMesh.AddressOf(index));
            }

            while (Node.PollEvent(out GatewayEvent gatewayEvent))
            {
                any = true;
                Events.Add(gatewayEvent);
                Handle(gatewayEvent);
            }

            while (Node.PollTransmit(Now, _buffer, out Transmit transmit))
            {
                any = true;
                Sent.Add(Now);
                Guards.Add(transmit.To);
                Send(ClientAddress, transmit);
            }
        }
    }

    private bool Drain(RelayNode relay, PeerAddress address)
    {
        bool any = false;
        while (relay.PollEvent(out RelayEvent relayEvent))
        {
            any = true;
            Handle(relay, relayEvent);
        }

        while (relay.PollTransmit(Now, _buffer, out Transmit transmit))
        {
            any = true;
            Send(address, transmit);
        }

        return any;
    }

    private void Send(PeerAddress from, in Transmit transmit) =>
        _wire.Enqueue((from, transmit.To, _buffer.AsSpan(0, transmit.Bytes).ToArray()), ((Now + s_delay).Ticks, _order++));

    private void Handle(GatewayEvent gatewayEvent)
    {
        switch (gatewayEvent)
        {
            case SendPhoneDatagram send:
                if (SipMessage.TryParse(send.Datagram.Span, out SipMessage? message) == SipParse.Accepted)
                {
                    AtPhone.Enqueue(message!);
                }

                break;
            case OpenLocalMedia open:
                Node.Gateway.HandleLocalMediaOpened(Now, open.Media, GatewayWorld.LocalMedia);
                Node.Advance(Now);
                break;
            case CloseLocalMedia:
                _nextPhoneFrame = Instant.Never;
                break;
            case SendPhoneMedia { IsRtcp: false }:
                AtLocalPhone.Add(Now);
                break;
            default:
                break;
        }
    }

    private void Handle(RelayNode relay, in RelayEvent relayEvent)
    {
        switch (relayEvent.Kind)
        {
            case RelayEventKind.ExitConnect:
                _exit = relay;
                _connection = relayEvent.Key;
                _streams[relayEvent.Key] = new(SipStreamRole.Client);
                relay.HandleExitConnected(Now, relayEvent.Key, GatewayWorld.ExitLocal, relayEvent.Endpoint);
                break;
            case RelayEventKind.ExitReadable when _streams.TryGetValue(relayEvent.Key, out SipStreamParser? parser):
                ReadProvider(relay, relayEvent.Key, parser);
                break;
            case RelayEventKind.ExitAssociate:
                relay.HandleExitAssociated(Now, relayEvent.Key, GatewayWorld.ExitMedia);
                _exitMedia = (relay, relayEvent.Key);
                break;
            case RelayEventKind.ExitRelease when _exitMedia?.Key == relayEvent.Key:
                _exitMedia = null;
                _nextFarFrame = Instant.Never;
                break;
            case RelayEventKind.ExitDatagram:
                while (relay.TryTakeExitDatagram(out _, out bool isRtcp, out _, _buffer, out _))
                {
                    if (!isRtcp)
                    {
                        AtFarSide.Add(Now);
                    }
                }

                break;
            default:
                break;
        }
    }

    private void ReadProvider(RelayNode relay, ExitKey key, SipStreamParser parser)
    {
        while (relay.ReadExitStream(Now, key, _buffer) is > 0 and int read)
        {
            parser.Append(_buffer.AsSpan(0, read));
        }

        while (parser.Next(out SipMessage? message, out _) == SipStreamItem.Message)
        {
            AtProvider.Enqueue(message!);
        }
    }
}
