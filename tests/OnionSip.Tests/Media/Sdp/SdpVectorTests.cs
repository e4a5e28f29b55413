using System.Linq;
using System.Text;
using System.Text.Json;
using OnionSip.Machines;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media.Sdp;

/// <summary>The sixteen exchanges of RFC 4317. (MEDIA.SDP, MEDIA.ANSWER)</summary>
public sealed class SdpVectorTests
{
    private static readonly IpAddress s_address = IpAddress.FromIPv4(0xC0000201);

    [Fact]
    public void EveryDescription_IsReadAndWrittenStably()
    {
        int count = 0;
        using JsonDocument vectors = SharedData.RequireJson("sip/rfc4317_offer_answer.json");
        foreach (JsonElement exchange in vectors.RootElement.EnumerateArray())
        {
            foreach (JsonProperty property in exchange.EnumerateObject().Where(p => p.Name.Contains("offer")
                || p.Name.Contains("answer")))
            {
                byte[] octets = Encoding.Latin1.GetBytes(property.Value.GetString()!);
                Assert.Equal(SdpParse.Accepted, SdpSession.TryParse(octets, out SdpSession? session));
                byte[] written = session!.Write();
                Assert.Equal(SdpParse.Accepted, SdpSession.TryParse(written, out SdpSession? again));
                Assert.Equal(written, again!.Write());
                Assert.Equal(session.Media.Count, again.Media.Count);
                count++;
            }
        }

        Assert.True(count >= 32, count.ToString());
    }

    [Fact]
    public void EveryOffer_IsAnsweredLineForLine()
    {
        using JsonDocument vectors = SharedData.RequireJson("sip/rfc4317_offer_answer.json");
        int answered = 0;
        foreach (JsonElement exchange in vectors.RootElement.EnumerateArray())
        {
            byte[] octets = Encoding.Latin1.GetBytes(exchange.GetProperty("offer").GetString()!);
            Assert.Equal(SdpParse.Accepted, SdpSession.TryParse(octets, out SdpSession? offer));
            SdpLocal local = new(SdpOrigin.Create(new SeededEntropy(1), s_address), s_address, 4000);
            bool common = offer!.Media.Any(m => m.IsAudio && !m.IsRejected
                && m.GetCodecs().Any(c => c.Name is "PCMA" or "PCMU"));
            SdpRefusal refusal = SdpAnswer.For(offer, local, out SdpSession? answer, out SdpAudio? audio);
            Assert.Equal(common, refusal == SdpRefusal.None);
            if (answer is null)
            {
                continue;
            }

            answered++;
            Assert.Equal(offer.Media.Select(m => m.Media), answer.Media.Select(m => m.Media));
            Assert.Equal(audio!.MediaIndex, answer.Media.FindIndex(m => !m.IsRejected));
            Assert.Single(answer.Media, m => !m.IsRejected);
        }

        Assert.True(answered >= 10, answered.ToString());
    }
}
