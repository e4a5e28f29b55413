using System;
using System.Linq;
using OnionSip.Media;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.MEDIA</summary>
public sealed class GatewayMediaTests
{
    private readonly CallFixture _fixture = new();

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.RULE-9: consent first, then silence at once, 50 packets a second, whether the phone speaks or not.</summary>
    [Fact]
    public void SilentPhone_StillSendsTheGrid()
    {
        _fixture.Answered();
        int consent = World.Events.FindIndex(next => next is Consent);
        int first = World.Events.FindIndex(next => next is SendNetworkMedia);
        World.Wait(10);
        first = first < 0 ? World.Events.FindIndex(next => next is SendNetworkMedia) : first;
        Assert.InRange(consent, 0, first);
        SendNetworkMedia[] sent = [.. World.ProviderMedia.Where(packet => !packet.IsRtcp)];
        Assert.InRange(sent.Length, 499, 501);
        Assert.All(sent, packet => Assert.Equal(172, packet.Packet.Length));
        Assert.All(sent, packet => Assert.Equal(0xD5, packet.Packet.Span[100]));
        Assert.Equal(GatewayWorld.ProviderMediaAddress, sent[0].To);
    }

    /// <summary>SIP.RULE-10: A-law and µ-law are converted, both ways.</summary>
    [Fact]
    public void DifferentLaws_AreConverted()
    {
        _fixture.Answered(ProviderScript.Sdp(formats: "8 101"), _fixture.Phone.Sdp(formats: "0 101"));
        byte loud = G711.Encode(8_000, G711Law.Mu);
        World.Do(gateway => gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, false, GatewayWorld.PhoneMedia, Rtp.Packet(0, 1, 160, 7, Filled(loud))));
        World.Wait(0.04);
        SendNetworkMedia sent = World.ProviderMedia.First(packet => !packet.IsRtcp && packet.Packet.Span[50] != 0xD5);
        Assert.Equal(8, sent.Packet.Span[1] & 0x7F);
        Assert.InRange(G711.Decode(sent.Packet.Span[50], G711Law.A), 7_500, 8_500);
        World.Do(gateway => gateway.HandleNetworkMedia(
            World.Now, World.NetworkMedia, false, GatewayWorld.ProviderMediaAddress, Rtp.Packet(8, 1, 160, 7, Filled(G711.Encode(-4_000, G711Law.A)))));
        SendPhoneMedia heard = World.PhoneMediaPackets.Single(packet => !packet.IsRtcp);
        Assert.Equal(0, heard.Packet.Span[1] & 0x7F);
        Assert.InRange(G711.Decode(heard.Packet.Span[50], G711Law.Mu), -4_300, -3_700);
    }

    /// <summary>SIP.GATEWAY.MEDIA: only the addresses of the call are heard.</summary>
    [Fact]
    public void ForeignSources_AreDropped()
    {
        _fixture.Answered();
        byte[] packet = Rtp.Packet(8, 1, 160, 7, new byte[160]);
        Assert.Equal(GatewayDrop.ForeignMedia, World.Gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, false, GatewayWorld.Address("192.0.2.99:1"), packet));
        Assert.Equal(GatewayDrop.ForeignMedia, World.Gateway.HandleNetworkMedia(World.Now, World.NetworkMedia, false, GatewayWorld.Address("198.51.100.77:1"), packet));
        Assert.Equal(GatewayDrop.BadMedia, World.Gateway.HandleNetworkMedia(World.Now, World.NetworkMedia, false, GatewayWorld.ProviderMediaAddress, packet.AsSpan(0, 11)));
    }

    /// <summary>SIP.GATEWAY.MEDIA: baresip announces 127.0.0.77 and sends from 127.0.0.1; the first such sender holds, a second is not heard.</summary>
    [Fact]
    public void PhoneOnAnotherLoopbackAddress_IsLatched()
    {
        _fixture.Answered();
        byte[] packet = Rtp.Packet(8, 1, 160, 7, new byte[160]);
        Assert.Equal(GatewayDrop.None, World.Gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, false, GatewayWorld.Address("127.0.0.1:30000"), packet));
        Assert.Equal(GatewayDrop.ForeignMedia, World.Gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, false, GatewayWorld.Address("127.0.0.1:30002"), packet));
        Assert.Equal(GatewayDrop.None, World.Gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, true, GatewayWorld.Address("127.0.0.1:30001"), new byte[] { 0x80, 201, 0, 1, 0, 0, 0, 7 }));
    }

    /// <summary>SIP.GATEWAY.MEDIA: media before the descriptions is dropped and counted.</summary>
    [Fact]
    public void MediaBeforeAnswer_IsEarly()
    {
        World.FromPhone(_fixture.Phone.Invite());
        World.ProviderGetsRequest("INVITE");
        byte[] packet = Rtp.Packet(8, 1, 160, 7, new byte[160]);
        Assert.Equal(GatewayDrop.EarlyMedia, World.Gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, false, GatewayWorld.PhoneMedia, packet));
        Assert.Equal(GatewayDrop.EarlyMedia, World.Gateway.HandleNetworkMedia(World.Now, World.NetworkMedia, false, GatewayWorld.ProviderMediaAddress, packet));
        World.Wait(1);
        Assert.Empty(World.ProviderMedia);
    }

    /// <summary>SIP.RULE-9: a far side that only sends (an announcement) gets silence until it is heard, because it may wait to learn our address.</summary>
    [Fact]
    public void FarSideOnlySends_SilenceOpensItsLatch()
    {
        _fixture.Answered(ProviderScript.Sdp("sendonly"));
        World.Wait(0.2);
        int before = World.ProviderMedia.Count(packet => !packet.IsRtcp);
        Assert.InRange(before, 9, 11);
        World.Do(gateway => gateway.HandleNetworkMedia(World.Now, World.NetworkMedia, false, GatewayWorld.ProviderMediaAddress, Rtp.Packet(8, 1, 160, 7, new byte[160])));
        World.Wait(1);
        Assert.Equal(before, World.ProviderMedia.Count(packet => !packet.IsRtcp));
        Assert.Single(World.PhoneMediaPackets, packet => !packet.IsRtcp);
    }

    /// <summary>SIP.GATEWAY.MEDIA: media ends with the call, with a goodbye on both legs.</summary>
    [Fact]
    public void HangUp_EndsMediaWithGoodbye()
    {
        SipResponse answer = _fixture.Answered();
        World.Wait(1);
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer));
        Assert.Equal(203, World.ProviderMedia[^1].Packet.Span[^7]);
        Assert.Equal(203, World.PhoneMediaPackets[^1].Packet.Span[^7]);
        int count = World.ProviderMedia.Count;
        World.Wait(1);
        Assert.Equal(count, World.ProviderMedia.Count);
    }

    /// <summary>MEDIA.FIGURES, SIP.GATEWAY.STATUS: the figures of a call reach the status.</summary>
    [Fact]
    public void Figures_AreReported()
    {
        SipResponse answer = _fixture.Answered();
        World.Wait(2);
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer));
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("BYE"), 200));
        CallFigures figures = World.Event<CallEnded>().Figures;
        Assert.InRange(figures.FramesSent, 98, 102);
        Assert.Equal(figures.FramesSent, figures.SilenceSent);
    }

    private static byte[] Filled(byte code) => Enumerable.Repeat(code, 160).ToArray();
}
