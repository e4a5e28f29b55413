using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>A gateway on a virtual clock between a scripted phone and a scripted provider; the mesh is four lines of answers.</summary>
/// <remarks>Everything that crosses to the provider's side is kept byte for byte in <see cref="ProviderBytes"/> and <see cref="ProviderMedia"/>.</remarks>
internal sealed class GatewayWorld
{
    public const string Domain = "example.org";

    public static readonly PeerAddress GatewayUdp = Address("127.0.0.10:5060");
    public static readonly PeerAddress GatewayTcp = Address("127.0.0.10:5060");
    public static readonly PeerAddress PhoneAddress = Address("127.0.0.77:5071");
    public static readonly PeerAddress PhoneMedia = Address("127.0.0.77:30000");
    public static readonly PeerAddress ProviderAddress = Address("198.51.100.5:5061");
    public static readonly PeerAddress ProviderMediaAddress = Address("198.51.100.9:40000");
    public static readonly PeerAddress ExitLocal = Address("203.0.113.8:41234");
    public static readonly PeerAddress ExitMedia = Address("203.0.113.8:20000");
    public static readonly PeerAddress LocalMedia = Address("127.0.0.10:7000");

    private readonly byte[] _buffer = new byte[70_000];

    public GatewayWorld(ulong seed = 1, UpstreamTransport transport = UpstreamTransport.Tls, string? nextHop = "198.51.100.5:5061", bool tcp = false)
    {
        IsTcp = tcp;
        GatewayOptions options = new()
        {
            ListenUdp = GatewayUdp,
            ListenTcp = GatewayTcp,
            Accounts = [new AccountOptions { Domain = Domain, Transport = transport, NextHop = nextHop }],
        };
        Gateway = new SipGateway(Now, options, new SeededEntropy(seed));
        if (tcp)
        {
            Gateway.HandlePhoneConnected(Now, new PhoneConnectionId(7), PhoneAddress);
        }
    }

    public SipGateway Gateway { get; }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(1_000);

    public bool IsTcp { get; }

    /// <summary>What the mesh does when asked; a test takes parts of it away.</summary>
    public bool PathsWork { get; set; } = true;

    public bool PathsFail { get; set; }

    public bool ProviderWorks { get; set; } = true;

    public bool ExitMediaWorks { get; set; } = true;

    public List<GatewayEvent> Events { get; } = [];

    /// <summary>Messages the phone received and no test has looked at.</summary>
    public Queue<SipMessage> AtPhone { get; } = new();

    /// <summary>Messages the provider received and no test has looked at.</summary>
    public Queue<SipMessage> AtProvider { get; } = new();

    public List<byte[]> ProviderBytes { get; } = [];

    public List<SendNetworkMedia> ProviderMedia { get; } = [];

    public List<SendPhoneMedia> PhoneMediaPackets { get; } = [];

    public UpstreamId Upstream { get; set; }

    public GatewayPathId Path { get; private set; }

    public CallMediaId NetworkMedia { get; private set; }

    public LocalMediaId LocalMediaId { get; private set; }

    public static PeerAddress Address(string text) => PeerAddress.TryParse(text, out PeerAddress address) ? address : throw new ArgumentException(text);

    public void FromPhone(string message)
    {
        byte[] octets = Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\r\n"));
        if (IsTcp)
        {
            Gateway.HandlePhoneStream(Now, new PhoneConnectionId(7), octets);
        }
        else
        {
            Gateway.HandlePhoneDatagram(Now, PhoneAddress, octets);
        }

        Drain();
    }

    public void FromProvider(string message)
    {
        Gateway.HandleUpstreamData(Now, Upstream, Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\r\n")));
        Drain();
    }

    public void Do(Action<SipGateway> input)
    {
        input(Gateway);
        Drain();
    }

    /// <summary>Lets time pass, running every deadline on the way.</summary>
    public void Wait(double seconds)
    {
        Instant end = Now + TimeSpan.FromSeconds(seconds);
        while (Gateway.PollTimeout() <= end)
        {
            Instant due = Gateway.PollTimeout();
            Now = Instant.Max(Now, due);
            Gateway.HandleTimeout(Now);
            Drain();
            Assert.True(Gateway.PollTimeout() > Now, "a deadline that does not move on");
        }

        Now = end;
    }

    public SipRequest PhoneGetsRequest(string method) => Assert.IsType<SipRequest>(Take(AtPhone, message => message is SipRequest request && request.Method == method, method));

    public SipResponse PhoneGets(int status) => Assert.IsType<SipResponse>(Take(AtPhone, message => message is SipResponse response && response.Status == status, status.ToString()));

    public SipRequest ProviderGetsRequest(string method) => Assert.IsType<SipRequest>(Take(AtProvider, message => message is SipRequest request && request.Method == method, method));

    public SipResponse ProviderGets(int status) => Assert.IsType<SipResponse>(Take(AtProvider, message => message is SipResponse response && response.Status == status, status.ToString()));

    public T Event<T>()
        where T : GatewayEvent => Events.OfType<T>().Last();

    public int CountOf<T>()
        where T : GatewayEvent => Events.OfType<T>().Count();

    /// <summary>Every octet that left for the provider's side, signalling and media, one char each.</summary>
    public string AllProviderText()
    {
        StringBuilder text = new();
        ProviderBytes.ForEach(bytes => text.Append(Encoding.Latin1.GetString(bytes)).Append('\n'));
        ProviderMedia.ForEach(packet => text.Append(Encoding.Latin1.GetString(packet.Packet.Span)).Append('\n'));
        return text.ToString();
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

    private void Drain()
    {
        bool any = true;
        while (any)
        {
            any = false;
            while (Gateway.PollEvent(out GatewayEvent next))
            {
                any = true;
                Events.Add(next);
                Answer(next);
            }

            while (Gateway.PollTransmit(Now, _buffer, out Transmit transmit))
            {
                any = true;
                Assert.Equal(PhoneAddress.Address, transmit.To.Address);
                Read(_buffer.AsSpan(0, transmit.Bytes), AtPhone);
            }
        }
    }

    private static void Read(ReadOnlySpan<byte> octets, Queue<SipMessage> queue)
    {
        if (SipMessage.TryParse(octets, out SipMessage? message) == SipParse.Accepted)
        {
            queue.Enqueue(message!);
        }
        else
        {
            // A keep-alive, or the refusal of something unreadable, which repeats what could not be read.
            string text = Encoding.Latin1.GetString(octets);
            Assert.True(text == "\r\n\r\n" || text.StartsWith("SIP/2.0 4", StringComparison.Ordinal) || text.StartsWith("SIP/2.0 5", StringComparison.Ordinal), text);
        }
    }

    private void Answer(GatewayEvent next)
    {
        switch (next)
        {
            case NeedPath path:
                Path = path.Path;
                if (PathsWork)
                {
                    Gateway.HandlePathReady(Now, path.Path);
                }
                else if (PathsFail)
                {
                    Gateway.HandlePathLost(Now, path.Path, GatewayFailure.NoPath);
                }

                break;
            case OpenUpstream open:
                Upstream = open.Upstream;
                if (ProviderWorks)
                {
                    Gateway.HandleUpstreamReady(Now, open.Upstream, ExitLocal, open.Remote, open.Transport == UpstreamTransport.Tls);
                }

                break;
            case OpenLocalMedia local:
                LocalMediaId = local.Media;
                Gateway.HandleLocalMediaOpened(Now, local.Media, LocalMedia);
                break;
            case Associate associate:
                NetworkMedia = associate.Media;
                if (ExitMediaWorks)
                {
                    Gateway.HandleAssociated(Now, associate.Media, ExitMedia);
                }

                break;
            case SendUpstream send:
                ProviderBytes.Add(send.Bytes.ToArray());
                Read(send.Bytes.Span, AtProvider);
                break;
            case SendPhoneStream stream:
                Read(stream.Bytes.Span, AtPhone);
                break;
            case SendNetworkMedia media:
                ProviderMedia.Add(media);
                break;
            case SendPhoneMedia media:
                PhoneMediaPackets.Add(media);
                break;
        }
    }
}
