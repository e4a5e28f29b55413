using System;
using System.Linq;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.REGISTER</summary>
public sealed class RegistrationTests
{
    private readonly CallFixture _fixture = new();

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.RULE-2, SIP.RULE-4: challenge and answer over one connection with one Call-ID; Contact is the exit's own end.</summary>
    [Fact]
    public void ChallengedRegister_IsAnsweredInOneEra()
    {
        World.FromPhone(_fixture.Phone.Register());
        SipRequest first = World.ProviderGetsRequest("REGISTER");
        World.FromProvider(_fixture.Provider.Respond(first, 401, "WWW-Authenticate: " + ProviderScript.Challenge + "\n"));
        World.PhoneGets(401);
        World.FromPhone(_fixture.Phone.Register(CallFixture.Credentials("sip:example.org")));
        SipRequest second = World.ProviderGetsRequest("REGISTER");
        Assert.Equal((first.CallId, first.From.Tag, first.CSeq.Number + 1), (second.CallId, second.From.Tag, second.CSeq.Number));
        Assert.Equal(ProviderScript.ContactOf(first), ProviderScript.ContactOf(second));
        Assert.EndsWith("@203.0.113.8:41234;transport=tls", ProviderScript.ContactOf(second), StringComparison.Ordinal);
        Assert.Equal("203.0.113.8", second.TopVia.Host);
        Assert.True(second.TopVia.WantsRPort);
    }

    /// <summary>SIP.RULE-3, SIP.GATEWAY.STATUS: the phone is told 60 s and its own contact; only the provider's 200 makes the binding.</summary>
    [Fact]
    public void Registered_PhoneHearsShortExpiry()
    {
        World.FromPhone(_fixture.Phone.Register());
        SipRequest request = World.ProviderGetsRequest("REGISTER");
        Assert.Equal(0, World.CountOf<RegistrationChanged>());
        World.FromProvider(_fixture.Provider.Registered(request));
        Assert.Equal($"<{_fixture.Phone.Contact}>;expires=60", World.PhoneGets(200).Headers.Find("Contact"));
        Assert.True(World.Event<RegistrationChanged>().IsRegistered);
    }

    /// <summary>SIP.RULE-3: refreshes from the same contact are absorbed while the provider's binding is good; then one goes upstream.</summary>
    [Fact]
    public void Refreshes_AreAbsorbedUntilTheMargin()
    {
        _fixture.Register(expires: 300);
        for (int refresh = 0; refresh < 4; refresh++)
        {
            World.Wait(50);
            World.FromPhone(_fixture.Phone.Register(CallFixture.Credentials("sip:example.org", 2)));
            World.PhoneGets(200);
        }

        Assert.DoesNotContain(World.AtProvider, message => message is SipRequest);
        World.Wait(50);
        World.FromPhone(_fixture.Phone.Register(CallFixture.Credentials("sip:example.org", 2)));
        World.ProviderGetsRequest("REGISTER");
    }

    /// <summary>SIP.RULE-3: another contact is no refresh.</summary>
    [Fact]
    public void OtherContact_GoesUpstream()
    {
        _fixture.Register();
        World.FromPhone(_fixture.Phone.Register(contact: "sip:alice-other@127.0.0.77:5071"));
        World.ProviderGetsRequest("REGISTER");
    }

    /// <summary>SIP.RULE-3: after the exit is lost the next refresh goes upstream, as a new era.</summary>
    [Fact]
    public void PathLost_NextRefreshGoesUpstreamInANewEra()
    {
        SipRequest before = _fixture.Register();
        World.Do(gateway => gateway.HandlePathLost(World.Now, World.Path, GatewayFailure.PathLost));
        Assert.False(World.Event<RegistrationChanged>().IsRegistered);
        World.Wait(3);
        World.FromPhone(_fixture.Phone.Register(CallFixture.Credentials("sip:example.org", 2)));
        SipRequest after = World.ProviderGetsRequest("REGISTER");
        Assert.NotEqual(before.CallId, after.CallId);
        Assert.NotEqual(before.From.Tag, after.From.Tag);
        Assert.NotEqual(ProviderScript.ContactOf(before), ProviderScript.ContactOf(after));
        Assert.NotEqual(Instance(before), Instance(after));
        Assert.Equal(1u, after.CSeq.Number);
        Assert.Equal(2, World.CountOf<NeedPath>());
    }

    /// <summary>SIP.RULE-2: auth-int is taken out, every realm and algorithm passes in order.</summary>
    [Fact]
    public void Challenges_PassInOrderWithoutAuthInt()
    {
        World.FromPhone(_fixture.Phone.Register());
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("REGISTER"), 401, """
            WWW-Authenticate: Digest realm="a", nonce="n1", qop="auth-int,auth", algorithm=SHA-256
            WWW-Authenticate: Digest realm="b", nonce="n2", qop="auth-int"
            WWW-Authenticate: Digest realm="c", nonce="n3", algorithm=MD5

            """));
        Assert.Equal(
            ["Digest realm=\"a\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"", "Digest realm=\"c\", nonce=\"n3\", algorithm=MD5"],
            World.PhoneGets(401).Headers.FindAll("WWW-Authenticate"));
    }

    /// <summary>SIP.RULE-2: only auth-int is refused with a sentence.</summary>
    [Fact]
    public void OnlyAuthInt_IsRefusedWithASentence()
    {
        World.FromPhone(_fixture.Phone.Register());
        World.FromProvider(_fixture.Provider.Respond(
            World.ProviderGetsRequest("REGISTER"), 401, "WWW-Authenticate: Digest realm=\"b\", nonce=\"n2\", qop=\"auth-int\"\n"));
        Assert.Contains("OnionSip", World.PhoneGets(403).ReasonPhrase, StringComparison.Ordinal);
    }

    /// <summary>SIP.RULE-2: one nonce and count never goes out twice; the challenge that follows bears stale=true.</summary>
    [Fact]
    public void RepeatedNonceCount_IsHeldBackAndPassedAsStale()
    {
        _fixture.Register();
        World.FromPhone(_fixture.Phone.Register(CallFixture.Credentials("sip:example.org", 1), contact: "sip:alice-other@127.0.0.77:5071"));
        SipRequest repeated = World.ProviderGetsRequest("REGISTER");
        Assert.False(repeated.Headers.Has("Authorization"));
        World.FromProvider(_fixture.Provider.Respond(repeated, 401, "WWW-Authenticate: " + ProviderScript.Challenge + "\n"));
        Assert.Contains("stale=true", World.PhoneGets(401).Headers.Find("WWW-Authenticate"), StringComparison.Ordinal);
    }

    /// <summary>SIP.RULE-2: 423 was the gateway's doing, so it asks again without credentials and passes the challenge as stale.</summary>
    [Fact]
    public void IntervalTooBrief_IsAskedAgainByTheGateway()
    {
        World.FromPhone(_fixture.Phone.Register(CallFixture.Credentials("sip:example.org")));
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("REGISTER"), 423, "Min-Expires: 1800\n"));
        SipRequest again = World.ProviderGetsRequest("REGISTER");
        Assert.Equal("1800", again.Headers.Find("Expires"));
        Assert.False(again.Headers.Has("Authorization"));
        World.FromProvider(_fixture.Provider.Respond(again, 401, "WWW-Authenticate: " + ProviderScript.Challenge + "\n"));
        Assert.Contains("stale=true", World.PhoneGets(401).Headers.Find("WWW-Authenticate"), StringComparison.Ordinal);
    }

    /// <summary>SIP.RULE-1: credentials that name another URI than the request (a local address, say) are held back.</summary>
    [Fact]
    public void CredentialsForAnotherUri_AreHeldBack()
    {
        World.FromPhone(_fixture.Phone.Register(CallFixture.Credentials("sip:127.0.0.10")));
        Assert.False(World.ProviderGetsRequest("REGISTER").Headers.Has("Authorization"));
    }

    /// <summary>SIP.GATEWAY.REGISTER: expiry 0 goes upstream and ends the binding.</summary>
    [Fact]
    public void Unregister_RemovesTheBinding()
    {
        _fixture.Register();
        World.FromPhone(_fixture.Phone.Register(CallFixture.Credentials("sip:example.org", 2), expires: 0));
        SipRequest removal = World.ProviderGetsRequest("REGISTER");
        Assert.Equal("0", removal.Headers.Find("Expires"));
        World.FromProvider(_fixture.Provider.Respond(removal, 200));
        World.PhoneGets(200);
        Assert.False(World.Event<RegistrationChanged>().IsRegistered);
        World.FromProvider(_fixture.Provider.Invite(ProviderScript.ContactOf(removal), ProviderScript.Sdp()));
        World.ProviderGets(480);
    }

    /// <summary>SIP.GATEWAY.PHONES: Linphone's REGISTER over UDP comes without Content-Length.</summary>
    [Fact]
    public void RegisterWithoutContentLength_IsTaken()
    {
        World.FromPhone(_fixture.Phone.Register().Replace("Content-Length: 0\n", string.Empty, StringComparison.Ordinal));
        World.ProviderGetsRequest("REGISTER");
    }

    /// <summary>SIP.GATEWAY.PHONES: the same over TCP, cut into single bytes; keep-alives are answered.</summary>
    [Fact]
    public void RegisterOverTcp_InSingleBytes_IsTaken()
    {
        CallFixture fixture = new(tcp: true);
        foreach (char one in fixture.Phone.Register().ReplaceLineEndings("\r\n"))
        {
            fixture.World.Do(gateway => gateway.HandlePhoneStream(fixture.World.Now, new PhoneConnectionId(7), [(byte)one]));
        }

        SipRequest request = fixture.World.ProviderGetsRequest("REGISTER");
        fixture.World.FromProvider(fixture.Provider.Registered(request));
        fixture.World.PhoneGets(200);
        fixture.World.Gateway.HandlePhoneStream(fixture.World.Now, new PhoneConnectionId(7), "\r\n\r\n"u8);
        Assert.True(fixture.World.Gateway.PollEvent(out GatewayEvent pong));
        Assert.Equal("\r\n"u8.ToArray(), Assert.IsType<SendPhoneStream>(pong).Bytes.ToArray());
    }

    /// <summary>SIP.ACCOUNT: two users of one provider never share path, connection or identifiers.</summary>
    [Fact]
    public void TwoAccounts_ShareNothing()
    {
        World.FromPhone(_fixture.Phone.Register());
        SipRequest first = World.ProviderGetsRequest("REGISTER");
        World.FromPhone(new PhoneScript { User = "carol", CallId = "other", Canary = "zwei" }.Register());
        SipRequest second = World.ProviderGetsRequest("REGISTER");
        Assert.Equal(2, World.CountOf<NeedPath>());
        Assert.Equal(2, World.Events.OfType<OpenUpstream>().Select(open => open.Path).Distinct().Count());
        Assert.NotEqual(first.CallId, second.CallId);
        Assert.NotEqual(Instance(first), Instance(second));
    }

    /// <summary>SIP.GATEWAY.UPSTREAM: an account that nobody uses gives its path back.</summary>
    [Fact]
    public void IdleAccount_GivesItsPathBack()
    {
        World.FromPhone(_fixture.Phone.Register());
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("REGISTER"), 403));
        World.PhoneGets(403);
        World.Wait(120);
        Assert.Equal(1, World.CountOf<ReleasePath>());
        Assert.Equal(1, World.CountOf<CloseUpstream>());
    }

    /// <summary>SIP.GATEWAY.UPSTREAM: an idle connection of a registration is kept alive.</summary>
    [Fact]
    public void RegisteredConnection_IsKeptAlive()
    {
        _fixture.Register();
        World.Wait(50);
        Assert.Contains(World.ProviderBytes, bytes => bytes.AsSpan().SequenceEqual("\r\n\r\n"u8));
    }

    private static string? Instance(SipRequest request) =>
        request.TryGetContacts(out var contacts) ? contacts[0].Instance : null;
}
