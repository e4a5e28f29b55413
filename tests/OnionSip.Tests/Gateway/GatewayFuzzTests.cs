using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.DROPS, SIP.GATEWAY.LIMITS: whatever either side sends, there is no exception, no growth, and an end.</summary>
public sealed class GatewayFuzzTests
{
    private static readonly string[] s_splices =
    [
        "\r\n", "\0", "\"", "<", ">", ";", ",", ":", "@", " ", "%00", "sip:", "tel:+1", ";tag=", "z9hG4bK", "SIP/2.0", "999999999999", "-1",
        "Content-Length: 5\r\n", "Contact: *\r\n", "Record-Route: <sip:a;lr>\r\n", "Require: x\r\n", "Authorization: Digest a=b\r\n", "a=inactive\r\n", "m=audio 0 RTP/AVP 0\r\n", "c=IN IP4 host.invalid\r\n",
    ];

    /// <summary>SIP.GATEWAY.DROPS: messages of both sides, mutated, in a living call; afterwards everything ends by itself.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void MutatedMessages_NeverThrowAndNothingIsLeft(ulong seed)
    {
        SeededEntropy entropy = new(seed);
        CallFixture fixture = new(seed, UpstreamTransport.Udp);
        fixture.Phone.Tag = "t" + seed;
        string contact = ProviderScript.ContactOf(fixture.Register());
        GatewayWorld world = fixture.World;
        SipResponse answer = fixture.Answered();
        List<string> phone =
        [
            fixture.Phone.Register(CallFixture.Credentials("sip:example.org", 9)), fixture.Phone.Invite(), fixture.Phone.Cancel(),
            fixture.Phone.InDialog("INVITE", answer, sdp: fixture.Phone.Sdp("sendonly")), fixture.Phone.InDialog("INFO", answer), fixture.Phone.Ack(answer),
        ];
        List<string> provider =
        [
            fixture.Provider.Invite(contact, ProviderScript.Sdp()), fixture.Provider.InDialog("INVITE", fixture.Outer, contact, sdp: ProviderScript.Sdp("sendonly")),
            fixture.Provider.Respond(fixture.Outer, 200, sdp: ProviderScript.Sdp()), fixture.Provider.Respond(fixture.Outer, 183, sdp: ProviderScript.Sdp()),
            fixture.Provider.Respond(fixture.Outer, 407, "Proxy-Authenticate: " + ProviderScript.Challenge + "\n"), fixture.Provider.Respond(fixture.Outer, 302),
        ];
        for (int round = 0; round < 1_500; round++)
        {
            world.AtPhone.Clear();
            world.FromPhone(Mutate(phone[entropy.NextInt32(phone.Count)], round, entropy));
            Reply(world.AtProvider, request => world.FromProvider(Mutate(fixture.Provider.Respond(request, 180 + (20 * entropy.NextInt32(2)), sdp: ProviderScript.Sdp()), round, entropy)));
            world.FromProvider(Mutate(provider[entropy.NextInt32(provider.Count)], round, entropy));
            Reply(world.AtPhone, request => world.FromPhone(Mutate(fixture.Phone.Respond(request, 200, sdp: fixture.Phone.Sdp()), round, entropy)));
            world.Wait(entropy.NextInt32(100) / 50.0);
            Assert.InRange(world.Gateway.ExchangeCount, 0, GatewayLimits.MaxExchanges);
            world.Events.RemoveRange(0, Math.Max(0, world.Events.Count - 100));
            world.ProviderBytes.Clear();
            world.ProviderMedia.Clear();
        }

        world.Do(gateway => gateway.HandlePathLost(world.Now, world.Path, GatewayFailure.PathLost));
        world.Wait(400);
        Assert.Equal(0, world.Gateway.ExchangeCount);
        Assert.Equal(0, world.Gateway.TransactionCount);
        Assert.True(world.Gateway.Drops.Total > 100, "the mutations did not bite");
    }

    /// <summary>SIP.GATEWAY.DROPS: RFC 4475 and RFC 5118 messages as datagrams of a phone.</summary>
    [Fact]
    public void TortureMessages_NeverThrow()
    {
        int messages = 0;
        foreach (string folder in (string[])["sip/rfc4475", "sip/rfc5118"])
        {
            foreach (string file in System.IO.Directory.EnumerateFiles(SharedData.Require(folder)).Order(StringComparer.Ordinal))
            {
                CallFixture fixture = new();
                byte[] octets = System.IO.File.ReadAllBytes(file);
                fixture.World.Do(gateway => gateway.HandlePhoneDatagram(fixture.World.Now, GatewayWorld.PhoneAddress with { Port = 5071 }, octets));
                messages++;
            }
        }

        Assert.True(messages > 50);
    }

    /// <summary>MEDIA.DROPS: random packets on both legs of a call.</summary>
    [Fact]
    public void RandomMedia_NeverThrows()
    {
        SeededEntropy entropy = new(77);
        CallFixture fixture = new();
        fixture.Answered();
        GatewayWorld world = fixture.World;
        byte[] packet = new byte[700];
        for (int round = 0; round < 20_000; round++)
        {
            entropy.Fill(packet);
            packet[0] = (byte)(entropy.NextInt32(4) == 0 ? packet[0] : 0x80 | (packet[0] & 0x10));
            packet[1] = (byte)(entropy.NextInt32(3) == 0 ? packet[1] : entropy.NextInt32(2) == 0 ? 8 : 101);
            ReadOnlyMemory<byte> sent = packet.AsMemory(0, entropy.NextInt32(packet.Length));
            bool rtcp = entropy.NextInt32(5) == 0;
            world.Do(gateway => gateway.HandlePhoneMedia(world.Now, world.LocalMediaId, rtcp, GatewayWorld.PhoneMedia, sent.Span));
            world.Do(gateway => gateway.HandleNetworkMedia(world.Now, world.NetworkMedia, rtcp, GatewayWorld.ProviderMediaAddress, sent.Span));
            world.Wait(0.005);
            world.Events.Clear();
            world.ProviderMedia.Clear();
            world.PhoneMediaPackets.Clear();
        }

        Assert.True(world.Gateway.Drops[GatewayDrop.BadMedia] > 1_000);
    }

    private static void Reply(Queue<SipMessage> queue, Action<SipRequest> reply)
    {
        foreach (SipRequest request in queue.OfType<SipRequest>().Where(request => request.Method != "ACK").Take(4).ToArray())
        {
            reply(request);
        }

        queue.Clear();
    }

    // Every copy gets a branch, Call-ID and number of its own often enough to be a new request; then up to three places are damaged.
    private static string Mutate(string message, int round, SeededEntropy entropy)
    {
        string text = message.ReplaceLineEndings("\r\n");
        if (entropy.NextInt32(2) == 0)
        {
            text = text.Replace("branch=z9hG4bK", "branch=z9hG4bKr" + round, StringComparison.Ordinal);
        }

        if (entropy.NextInt32(3) == 0)
        {
            text = text.Replace("Call-ID: ", "Call-ID: r" + round, StringComparison.Ordinal);
        }

        StringBuilder mutated = new(text);
        for (int damage = entropy.NextInt32(4); damage > 0; damage--)
        {
            int at = entropy.NextInt32(mutated.Length);
            switch (entropy.NextInt32(4))
            {
                case 0:
                    mutated[at] = (char)entropy.NextInt32(256);
                    break;
                case 1:
                    mutated.Insert(at, s_splices[entropy.NextInt32(s_splices.Length)]);
                    break;
                case 2:
                    mutated.Remove(at, Math.Min(entropy.NextInt32(20), mutated.Length - at));
                    break;
                default:
                    mutated.Insert(at, mutated.ToString(at, Math.Min(entropy.NextInt32(200), mutated.Length - at)));
                    break;
            }

            mutated.Append(mutated.Length == 0 ? " " : string.Empty);
        }

        return mutated.ToString();
    }
}
