using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.LEAKS: canaries in every field a phone controls are searched for in every byte that leaves for the provider.</summary>
public sealed class LeakTests
{
    private const string Canary = "zq7kanari";

    private static readonly string[] s_extraHeaders =
    [
        "P-Asserted-Identity: <sip:zq7kanari@zq7kanari.invalid>",
        "P-Preferred-Identity: <sip:zq7kanari@zq7kanari.invalid>",
        "Remote-Party-ID: <sip:zq7kanari@zq7kanari.invalid>",
        "Diversion: <sip:zq7kanari@zq7kanari.invalid>",
        "History-Info: <sip:zq7kanari@zq7kanari.invalid>;index=1",
        "P-Access-Network-Info: IEEE-802.11;i-wlan-node-id=zq7kanari",
        "P-Charging-Vector: icid-value=zq7kanari",
        "P-Visited-Network-ID: zq7kanari",
        "Geolocation: <sip:zq7kanari@127.0.0.77>",
        "Call-Info: <http://zq7kanari.invalid/icon>;purpose=icon",
        "Alert-Info: <http://zq7kanari.invalid/ring>",
        "Error-Info: <http://zq7kanari.invalid/error>",
        "Organization: zq7kanari",
        "Subject: zq7kanari",
        "Date: Sat, 21 Nov 2026 10:00:00 GMT zq7kanari",
        "Timestamp: 54.21",
        "Warning: 399 zq7kanari \"zq7kanari\"",
        "Reason: SIP;cause=200;text=\"zq7kanari\"",
        "Cisco-Guid: zq7kanari",
        "Session-ID: zq7kanari",
        "User-to-User: zq7kanari",
        "X-Whatever: zq7kanari",
        "Zq7kanari-Unknown: zq7kanari",
        "Supported: gruu, zq7kanari",
        "Accept: application/sdp, text/zq7kanari",
        "Accept-Language: zq7kanari",
        "Allow-Events: zq7kanari",
        "Reply-To: <sip:zq7kanari@zq7kanari.invalid>",
        "Path: <sip:zq7kanari.invalid;lr>",
        "Service-Route: <sip:zq7kanari.invalid;lr>",
        "Refer-To: <sip:zq7kanari@zq7kanari.invalid>",
        "Referred-By: <sip:zq7kanari@zq7kanari.invalid>",
        "Replaces: zq7kanari;to-tag=1;from-tag=2",
        "Target-Dialog: zq7kanari",
        "Session-Expires: 1800;x=zq7kanari",
        "Privacy: header",
        "Privacy: id",
    ];

    /// <summary>SIP.GATEWAY.LEAKS, SIP.GATEWAY.TEMPLATE: a whole life of a phone, and nothing of it but account and number.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WholeLifeOfAPhone_LeavesNoCanary(bool tcp)
    {
        GatewayWorld world = Live(tcp);
        string text = world.AllProviderText();
        Assert.NotEmpty(world.ProviderBytes);
        Assert.Contains(world.ProviderMedia, packet => packet.IsRtcp);
        Assert.DoesNotContain(Canary, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("127.0.0", text, StringComparison.Ordinal);
        Assert.DoesNotContain("phonecall", text, StringComparison.Ordinal);
        Assert.DoesNotContain("phonetag", text, StringComparison.Ordinal);
        foreach (byte[] address in (byte[][])[[127, 0, 0, 77], [127, 0, 0, 10]])
        {
            Assert.DoesNotContain(Encoding.Latin1.GetString(address), text, StringComparison.Ordinal);
        }

        Assert.Contains("sip:alice@example.org", text, StringComparison.Ordinal);
        Assert.Contains("sip:bob@example.org", text, StringComparison.Ordinal);
    }

    /// <summary>SIP.GATEWAY.LEAKS, SIP.FIELDS, one row of the table after the other: no such header leaves, with or without its value.</summary>
    [Theory]
    [MemberData(nameof(ExtraHeaders))]
    public void HeaderOfPhone_DoesNotCross(string header)
    {
        CallFixture fixture = new(canary: Canary);
        fixture.World.FromPhone(fixture.Phone.Register(header + "\n"));
        fixture.World.FromPhone(fixture.Phone.Invite(extra: header + "\n"));
        string text = fixture.World.AllProviderText();
        string name = header[..header.IndexOf(':', StringComparison.Ordinal)];
        Assert.Contains("INVITE sip:bob@example.org SIP/2.0", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, text, StringComparison.OrdinalIgnoreCase);
        bool canonical = name is "Accept" or "Privacy";
        Assert.Equal(canonical, text.Contains("\n" + name + ": ", StringComparison.Ordinal));
        Assert.DoesNotContain("Privacy: header", text, StringComparison.Ordinal);
    }

    public static TheoryData<string> ExtraHeaders() => [.. s_extraHeaders];

    /// <summary>SIP.GATEWAY.LEAKS, control: a proxy that forwards what the same phone sends leaks the same canaries, so the search can find them.</summary>
    [Fact]
    public void NaiveForwarding_LeaksTheCanaries()
    {
        PhoneScript phone = new() { Canary = Canary };
        StringBuilder forwarded = new();
        foreach (string message in (string[])[phone.Register(Extras()), phone.Invite(extra: Extras())])
        {
            byte[] octets = Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\r\n"));
            Assert.Equal(SipParse.Accepted, SipMessage.TryParse(octets, out SipMessage? parsed));
            SipRequest request = Assert.IsType<SipRequest>(parsed);
            request.Headers.Set("Max-Forwards", "66");
            forwarded.Append(Encoding.Latin1.GetString(SipWriter.Write(request)));
        }

        string text = forwarded.ToString();
        Assert.Contains("127.0.0.77", text, StringComparison.Ordinal);
        foreach (string header in s_extraHeaders.Where(header => header.Contains(Canary, StringComparison.OrdinalIgnoreCase)))
        {
            Assert.Contains(header, text, StringComparison.OrdinalIgnoreCase);
        }

        foreach (string place in (string[])["From: \"", "User-Agent: ", "0x55", "branch=z9hG4bK", "o=", "s=", "i=", "e=", "a=tool:", "cname:", "a=x-"])
        {
            Assert.Contains(place + Canary, text, StringComparison.Ordinal);
        }
    }

    /// <summary>SIP.GATEWAY.TEMPLATE: header names and their order are constants.</summary>
    [Theory]
    [InlineData("REGISTER", "Via Max-Forwards From To Call-ID CSeq Contact Expires Authorization Allow Content-Length")]
    [InlineData("INVITE", "Via Max-Forwards From To Call-ID CSeq Contact Allow Accept Privacy Content-Type Content-Length")]
    [InlineData("ACK", "Via Max-Forwards Route From To Call-ID CSeq Content-Length")]
    [InlineData("BYE", "Via Max-Forwards Route From To Call-ID CSeq Content-Length")]
    public void Requests_HaveConstantHeaders(string method, string names)
    {
        // The second REGISTER (with credentials), the first of all others (the later INVITE is within a dialog).
        string[] messages = [.. Live(tcp: false).ProviderBytes.Select(Encoding.Latin1.GetString).Where(text => text.StartsWith(method + " ", StringComparison.Ordinal))];
        string message = messages[method == "REGISTER" ? 1 : 0];
        string head = message[..message.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        Assert.Equal(names, string.Join(' ', head.Split("\r\n").Skip(1).Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)])));
    }

    /// <summary>SIP.GATEWAY.TEMPLATE: two phones of different make and two seeds differ only in what is drawn.</summary>
    [Fact]
    public void OfferOfEveryPhone_IsTheSameButForDrawnFields()
    {
        CallFixture first = new(seed: 3);
        CallFixture second = new(seed: 4, canary: "other", tcp: true);
        first.World.FromPhone(first.Phone.Invite());
        second.World.FromPhone(second.Phone.Invite(sdp: second.Phone.Sdp(formats: "8", ptime: 30)));
        Assert.Equal(Masked(first.World.ProviderBytes[^1]), Masked(second.World.ProviderBytes[^1]));
        Assert.NotEqual(first.World.ProviderBytes[^1], second.World.ProviderBytes[^1]);
    }

    /// <summary>SIP.GATEWAY.TEMPLATE: every drawn field is drawn anew for each dialog.</summary>
    [Fact]
    public void TwoCalls_HaveNothingInCommon()
    {
        CallFixture fixture = new();
        fixture.World.FromPhone(fixture.Phone.Invite());
        SipRequest first = fixture.World.ProviderGetsRequest("INVITE");
        fixture.Phone.CallId = "phonecall-2";
        fixture.World.FromPhone(fixture.Phone.Invite());
        SipRequest second = fixture.World.ProviderGetsRequest("INVITE");
        Assert.NotEqual(first.CallId, second.CallId);
        Assert.NotEqual(first.From.Tag, second.From.Tag);
        Assert.NotEqual(first.TopVia.Branch, second.TopVia.Branch);
        Assert.Equal(1u, second.CSeq.Number);
        Assert.Equal(36 + 3, "z9hG4bK".Length + first.TopVia.Branch!.Length - "z9hG4bK".Length);
        Assert.DoesNotContain("@", first.CallId, StringComparison.Ordinal);
    }

    /// <summary>SIP.GATEWAY.LEAKS: the report names each class that was kept back.</summary>
    [Fact]
    public void Report_CountsEveryClass()
    {
        LeakReport leaks = Live(tcp: false).Event<CallEnded>().Leaks;
        foreach (LeakClass kind in Enum.GetValues<LeakClass>())
        {
            Assert.True(leaks[kind] > 0, kind + " was not counted");
        }
    }

    private static string Extras() => string.Join('\n', s_extraHeaders) + "\n";

    /// <summary>Registers, calls, talks, holds, presses keys, is refused, takes a call and hangs up, with canaries in everything.</summary>
    private static GatewayWorld Live(bool tcp)
    {
        CallFixture fixture = new(canary: Canary, tcp: tcp);
        GatewayWorld world = fixture.World;
        PhoneScript phone = fixture.Phone;
        world.FromPhone(phone.Register(Extras()));
        world.FromProvider(fixture.Provider.Respond(world.ProviderGetsRequest("REGISTER"), 401, "WWW-Authenticate: " + ProviderScript.Challenge + "\n"));
        world.FromPhone(phone.Register(Extras() + CallFixture.Credentials("sip:example.org")));
        SipRequest registered = world.ProviderGetsRequest("REGISTER");
        world.FromProvider(fixture.Provider.Registered(registered));
        world.PhoneGets(200);
        string video = $"m=video 30002 RTP/AVP 97\na=rtpmap:97 {Canary}/90000\na=msid:{Canary}\na=fingerprint:{Canary}";
        world.FromPhone(phone.Invite(extra: Extras(), sdp: phone.Sdp(more: video)));
        SipRequest invite = world.ProviderGetsRequest("INVITE");
        world.FromProvider(fixture.Provider.Respond(invite, 200, sdp: ProviderScript.Sdp()));
        SipResponse answer = world.PhoneGets(200);
        world.FromPhone(phone.Ack(answer));
        Talk(world);
        world.FromPhone(phone.InDialog("INVITE", answer, Extras(), phone.Sdp("sendonly")));
        world.FromProvider(fixture.Provider.Respond(world.ProviderGetsRequest("INVITE"), 200, sdp: ProviderScript.Sdp("recvonly")));
        SipResponse held = world.PhoneGets(200);
        world.FromPhone(phone.Ack(held));
        string key = $"Signal=5\r\nDuration=250\r\nX={Canary}\r\n";
        world.FromPhone(phone.InDialog("INFO", answer, Extras()).Replace(
            "Content-Length: 0\n\n", $"Content-Type: application/dtmf-relay\nContent-Length: {key.Length}\n\n{key}", StringComparison.Ordinal));
        world.FromProvider(fixture.Provider.Respond(world.ProviderGetsRequest("INFO"), 200));
        world.FromPhone(phone.InDialog("BYE", answer, Extras()));
        world.FromProvider(fixture.Provider.Respond(world.ProviderGetsRequest("BYE"), 200));
        TakeCall(fixture, ProviderScript.ContactOf(registered));
        return world;
    }

    private static void TakeCall(CallFixture fixture, string contact)
    {
        GatewayWorld world = fixture.World;
        CallEnded outgoing = world.Event<CallEnded>();
        world.FromProvider(fixture.Provider.Invite(contact, ProviderScript.Sdp()));
        SipRequest invite = world.PhoneGetsRequest("INVITE");
        world.FromPhone(fixture.Phone.Respond(invite, 180, extra: Extras()));
        world.FromPhone(fixture.Phone.Respond(invite, 200, extra: Extras(), sdp: fixture.Phone.Sdp(formats: "8 101")));
        SipResponse answer = world.ProviderGets(200);
        world.FromProvider(fixture.Provider.InCalledDialog("ACK", answer, contact, number: 1));
        world.FromProvider(fixture.Provider.InCalledDialog("BYE", answer, contact));
        world.FromProvider(fixture.Provider.Invite(contact, ProviderScript.Sdp(), "caller2", "provcall-2", "z9hG4bKprov2"));
        world.FromPhone(fixture.Phone.Respond(world.PhoneGetsRequest("INVITE"), 486, extra: Extras()));
        world.ProviderGets(486);
        world.Events.Add(outgoing);
    }

    // Eight seconds of audio with header extension, contributing source and padding, and RTCP with the account in its CNAME.
    private static void Talk(GatewayWorld world)
    {
        for (int packet = 0; packet < 400; packet++)
        {
            int timestamp = packet * 160;
            List<byte> rtp = [0xB1, 0x00, (byte)(packet >> 8), (byte)(packet & 0xFF), 0, (byte)(timestamp >> 16), (byte)((timestamp >> 8) & 0xFF), (byte)(timestamp & 0xFF), 9, 9, 9, 9];
            rtp.AddRange(Encoding.Latin1.GetBytes(Canary[..4]));
            rtp.AddRange([0xBE, 0xDE, 0, 2]);
            rtp.AddRange(Encoding.Latin1.GetBytes(Canary[..8]));
            rtp.AddRange(Enumerable.Repeat((byte)0xFF, 160));
            rtp.AddRange(Encoding.Latin1.GetBytes(Canary));
            rtp.Add((byte)(Canary.Length + 1));
            world.Do(gateway => gateway.HandlePhoneMedia(world.Now, world.LocalMediaId, false, GatewayWorld.PhoneMedia, rtp.ToArray()));
            world.Do(gateway => gateway.HandleNetworkMedia(
                world.Now, world.NetworkMedia, false, GatewayWorld.ProviderMediaAddress, Rtp.Packet(8, (ushort)packet, (uint)packet * 160, 5, new byte[160])));
            world.Wait(0.02);
        }

        List<byte> rtcp = [0x80, 201, 0, 1, 9, 9, 9, 9, 0x81, 202, 0, 4, 9, 9, 9, 9, 1, 9];
        rtcp.AddRange(Encoding.Latin1.GetBytes(Canary));
        rtcp.Add(0);
        Assert.Equal(GatewayDrop.None, world.Gateway.HandlePhoneMedia(world.Now, world.LocalMediaId, true, GatewayWorld.PhoneMedia, rtcp.ToArray()));
    }

    // What specs/sip.md lists as drawn: branch, tag, Call-ID, contact user, session id.
    private static string Masked(byte[] octets)
    {
        string text = Encoding.Latin1.GetString(octets);
        text = System.Text.RegularExpressions.Regex.Replace(text, "branch=z9hG4bK[0-9a-f]{32}", "branch=*");
        text = System.Text.RegularExpressions.Regex.Replace(text, "tag=[0-9a-f]{16}", "tag=*");
        text = System.Text.RegularExpressions.Regex.Replace(text, "Call-ID: [0-9a-f]{32}\r\n", "Call-ID: *\r\n");
        text = System.Text.RegularExpressions.Regex.Replace(text, "sip:[0-9a-f]{16}@", "sip:*@");
        text = System.Text.RegularExpressions.Regex.Replace(text, "o=- [0-9]+ ", "o=- * ");
        return System.Text.RegularExpressions.Regex.Replace(text, "Content-Length: [0-9]+", "Content-Length: *");
    }
}
