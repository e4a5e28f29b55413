using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.DIGEST)</summary>
public sealed class DigestTests
{
    [Fact]
    public void Rfc2617_Section_3_5()
    {
        DigestInput input = new(
            DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b",
                "00000001", "auth", "GET", "/dir/index.html");
        Assert.Equal("939e7578ed9e3c518a452acee763bce9", input.Ha1("Circle Of Life"));
        Assert.Equal("6629fae49393a05397450978507c4ef1", input.Response(input.Ha1("Circle Of Life"), default));
    }

    [Theory]
    [InlineData("MD5", "8ca523f5e9506fed4657c9700eebdbec")]
    [InlineData("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")]
    public void Rfc7616_Section_3_9_1(string algorithm, string expected)
    {
        DigestInput input = new(
            DigestAlgorithms.Parse(
                algorithm), "Mufasa", "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "00000001", "auth", "GET", "/dir/index.html");
        Assert.Equal(expected, input.Response(input.Ha1("Circle of Life"), default));
    }

    [Theory]
    [InlineData("", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a")]
    [InlineData("abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23")]
    [InlineData(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a")]
    public void Fips180_Sha512Over256(string text, string expected) =>
        Assert.Equal(expected, System.Convert.ToHexStringLower(Sha512Over256.Hash(Encoding.Latin1.GetBytes(text))));

    [Fact]
    public void EveryDigestVector_ComesOut()
    {
        int count = 0;
        using JsonDocument vectors = SharedData.RequireJson("sip/digest_vectors.json");
        foreach (JsonElement vector in vectors.RootElement.EnumerateArray())
        {
            string Text(string name) =>
                vector.TryGetProperty(name, out JsonElement value)
                    ? SipText.FromText(value.GetString() ?? string.Empty)
                    : string.Empty;
            string? qop = vector.GetProperty("qop").GetString();
            DigestInput input = new(
                DigestAlgorithms.Parse(Text("algorithm")), Text("username"), Text("realm"), Text(
                    "nonce"), Text("cnonce"), Text("nc"), qop,
                Text("method"), Text("uri"));
            string ha1 = input.Ha1(Text("password"));
            Assert.Equal(Text("ha1"), ha1);
            Assert.Equal(Text("response"), input.Response(ha1, Encoding.Latin1.GetBytes(Text("body"))));
            count++;
        }

        Assert.True(count >= 10, count.ToString());
    }

    [Fact]
    public void SeveralChallenges_OnOneLineAndOnSeveral_AreAllReadInOrder()
    {
        SipHeaderList headers = new();
        headers.Add(
            "WWW-Authenticate",
            "Digest realm=\"a, b\" , nonce = \"n1\", qop=\"auth,auth-int\",algorithm=SHA-256, Digest realm=\"a, b\",nonce=\"n2\",stale=TRUE, Basic realm=\"x\"");
        headers.Add("WWW-Authenticate", "Digest realm=\"c\", nonce=\"n3\", algorithm=NEW-1");
        Assert.True(DigestChallenge.TryParseAll(headers, "WWW-Authenticate", out List<DigestChallenge> challenges));
        Assert.Equal(["n1", "n2", "n3"], challenges.ConvertAll(item => item.Nonce));
        Assert.Equal("a, b", challenges[0].Realm);
        Assert.Equal(DigestAlgorithm.Sha256, challenges[0].Algorithm);
        Assert.True(challenges[1].Stale);
        Assert.Equal(DigestAlgorithm.Md5, challenges[1].Algorithm);
        Assert.Equal(DigestAlgorithm.Unknown, challenges[2].Algorithm);
    }

    [Fact]
    public void AuthInt_IsTakenOut_AndAloneCannotBeMet()
    {
        DigestChallenge both = new() { Realm = "r", Nonce = "n", Qop = ["auth-int", "auth"] };
        Assert.Equal("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"", both.WithoutAuthInt()!.Reveal());
        Assert.Null((both with { Qop = ["auth-int"] }).WithoutAuthInt());
        Assert.Empty((both with { Qop = [] }).WithoutAuthInt()!.Qop);
    }

    [Theory]
    [InlineData("Digest realm=\"r\"")]
    [InlineData("Digest realm=\"r\", nonce=\"n")]
    [InlineData("realm=\"r\", nonce=\"n\"")]
    [InlineData("Digest realm=\"r\" nonce=\"n\"")]
    public void BrokenChallenge_IsRefused(string value)
    {
        SipHeaderList headers = new();
        headers.Add("WWW-Authenticate", value);
        Assert.False(DigestChallenge.TryParseAll(headers, "WWW-Authenticate", out _));
    }

    [Fact]
    public void TooManyChallenges_AreRefused()
    {
        SipHeaderList headers = new();
        for (int index = 0; index <= SipLimits.MaxChallenges; index++)
        {
            headers.Add("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\"");
        }

        Assert.False(DigestChallenge.TryParseAll(headers, "WWW-Authenticate", out _));
    }

    [Theory]
    [InlineData(null, "auth")]
    [InlineData("MD5-sess", "auth")]
    [InlineData("SHA-256", null)]
    [InlineData("SHA-512-256-sess", "auth")]
    public void Answer_IsVerified_AndOnlyWithTheRightPassword(string? algorithm, string? qop)
    {
        DigestChallenge challenge = new() { Realm = "r", Nonce = "n", Opaque = "o", AlgorithmName = algorithm,
            Qop = qop is null ? [] : [qop] };
        DigestCredentials answer = DigestCredentials.Answer(challenge, "a\"b", "secret", "REGISTER", "sip:r", "cn", 1)!;
        SipHeaderList headers = new();
        headers.Add("Authorization", answer.Reveal());
        Assert.True(DigestCredentials.TryParseAll(headers, "Authorization", out List<DigestCredentials> read));
        Assert.Equal(answer, Assert.Single(read));
        Assert.True(read[0].Verifies("secret", "REGISTER", default));
        Assert.False(read[0].Verifies("Secret", "REGISTER", default));
        Assert.False(read[0].Verifies("secret", "INVITE", default));
        Assert.DoesNotContain("secret", read[0].ToString());
    }

    [Fact]
    public void ChallengeThatCannotBeMet_GetsNoAnswer()
    {
        DigestChallenge challenge = new() { Realm = "r", Nonce = "n", Qop = ["auth-int"] };
        Assert.Null(DigestCredentials.Answer(challenge, "a", "b", "REGISTER", "sip:r", "cn", 1));
        Assert.Null(DigestCredentials.Answer(
            challenge with { Qop = [], AlgorithmName = "NEW-1" }, "a", "b", "REGISTER", "sip:r", "cn", 1));
    }

    [Fact]
    public void UnknownScheme_IsLeftOut()
    {
        SipHeaderList headers = new();
        headers.Add("Authorization", "NoOneKnowsThisScheme opaque-data=here");
        Assert.True(DigestCredentials.TryParseAll(headers, "Authorization", out List<DigestCredentials> read));
        Assert.Empty(read);
    }
}
