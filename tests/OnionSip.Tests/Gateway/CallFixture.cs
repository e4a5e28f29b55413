using OnionSip.Nodes;
using OnionSip.Sip;

namespace OnionSip.Tests.Gateway;

/// <summary>A world with its two scripts, and the ordinary ways to a registration and a call.</summary>
internal sealed class CallFixture
{
    public CallFixture(ulong seed = 1, UpstreamTransport transport = UpstreamTransport.Tls, string canary = "kanari", bool tcp = false, string? nextHop = "198.51.100.5:5061")
    {
        World = new GatewayWorld(seed, transport, nextHop, tcp);
        Phone = new PhoneScript { Canary = canary, Transport = tcp ? "TCP" : "UDP" };
    }

    public GatewayWorld World { get; }

    public PhoneScript Phone { get; }

    public ProviderScript Provider { get; } = new();

    /// <summary>The INVITE as the provider got it, once <see cref="Answered"/> ran.</summary>
    public SipRequest Outer { get; private set; } = null!;

    public static string Credentials(string uri, int count = 1, string nonce = "nonce1", string name = "Authorization") =>
        $"{name}: Digest username=\"alice\", realm=\"example.org\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"0123456789abcdef0123456789abcdef\", algorithm=MD5, cnonce=\"c1\", qop=auth, nc={count:x8}\n";

    /// <summary>Registers with one challenge; gives back the provider's view of the second REGISTER.</summary>
    public SipRequest Register(int expires = 600)
    {
        World.FromPhone(Phone.Register());
        World.FromProvider(Provider.Respond(World.ProviderGetsRequest("REGISTER"), 401, "WWW-Authenticate: " + ProviderScript.Challenge + "\n"));
        World.PhoneGets(401);
        World.FromPhone(Phone.Register(Credentials("sip:example.org")));
        SipRequest second = World.ProviderGetsRequest("REGISTER");
        World.FromProvider(Provider.Registered(second, expires));
        World.PhoneGets(200);
        return second;
    }

    /// <summary>A call of the phone, answered and confirmed; gives back the 200 that the phone got.</summary>
    public SipResponse Answered(string? providerSdp = null, string? phoneSdp = null)
    {
        World.FromPhone(Phone.Invite(sdp: phoneSdp));
        World.PhoneGets(100);
        Outer = World.ProviderGetsRequest("INVITE");
        World.FromProvider(Provider.Respond(Outer, 200, sdp: providerSdp ?? ProviderScript.Sdp()));
        SipResponse answer = World.PhoneGets(200);
        World.ProviderGetsRequest("ACK");
        World.FromPhone(Phone.Ack(answer));
        return answer;
    }
}
