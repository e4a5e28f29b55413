using System.Collections.Generic;
using System.Linq;
using System.Text;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>What is read out of single messages. (SIP.MESSAGE, SIP.REFUSAL, SIP.LIMITS)</summary>
public sealed class SipMessageTests
{
    [Fact]
    public void Rfc3261_Section_24_2_Invite_HasItsValues()
    {
        SipRequest invite = TransactionHarness.Parse(SipCorpus.Invite);
        Assert.Equal("INVITE", invite.Method);
        Assert.Equal("sip:bob@biloxi.com", invite.Uri.Reveal());
        Assert.Equal("pc33.atlanta.com", invite.TopVia.Host);
        Assert.Equal("z9hG4bKnashds8", invite.TopVia.Branch);
        Assert.Equal("Bob", invite.To.Display);
        Assert.Equal("1928301774", invite.From.Tag);
        Assert.Equal("a84b4c76e66710", invite.CallId);
        Assert.Equal(new CSeqValue(314159, "INVITE"), invite.CSeq);
        Assert.True(invite.TryGetMaxForwards(out int hops) && hops == 70);
        Assert.True(invite.HasContentType("application/SDP"));
        Assert.Equal("v=0\n", Encoding.Latin1.GetString(invite.Body.Span));
    }

    [Fact]
    public void Rfc3261_Section_24_2_Ok_HasItsValues()
    {
        Assert.Equal(SipParse.Accepted, SipMessage.TryParse(SipCorpus.Octets(SipCorpus.Ok), out SipMessage? message));
        SipResponse ok = Assert.IsType<SipResponse>(message);
        Assert.Equal((200, "OK"), (ok.Status, ok.ReasonPhrase));
        Assert.True(ok.TryGetVias(out List<ViaValue> vias));
        Assert.Equal(["192.0.2.2", "192.0.2.1"], vias.Select(via => via.Received));
        Assert.True(ok.TryGetContacts(out List<ContactValue> contacts));
        Assert.Equal("sip:bob@192.0.2.4", Assert.Single(contacts).Address!.Uri.Reveal());
    }

    [Fact]
    public void Rfc4475_wsinv_IsReadThroughItsFolds()
    {
        SipRequest invite = TransactionHarness.Parse(Encoding.Latin1.GetString(SipCorpus.Torture("wsinv")));
        Assert.Equal("sip:vivekg@chair-dnrc.example.com;unknownparam", invite.Uri.Reveal());
        Assert.True(invite.Uri.Parameters.Has("unknownparam"));
        Assert.Equal("1918181833n", invite.To.Tag);
        Assert.Equal("J Rosenberg \\\"", invite.From.Display);
        Assert.Equal("98asjd8", invite.From.Tag);
        Assert.True(invite.TryGetMaxForwards(out int hops) && hops == 68);
        Assert.Equal(new CSeqValue(9, "INVITE"), invite.CSeq);
        Assert.True(invite.TryGetVias(out List<ViaValue> vias));
        Assert.Equal(
            ["UDP 192.0.2.2 390skdjuw", "TCP spindle.example.com z9hG4bK9ikj8", "UDP 192.168.255.111 z9hG4bK30239"],
            vias.Select(via => $"{via.Transport} {via.Host} {via.Branch}"));
        Assert.False(vias[0].HasUniqueBranch);
        Assert.Equal("newfangled value continued newfangled value", invite.Headers.Find("newfangledheader"));
        Assert.Equal(string.Empty, invite.Headers.Find("Subject"));
        Assert.True(invite.TryGetAddresses("Route", out List<NameAddress> routes));
        Assert.Equal("value", Assert.Single(routes).Uri.Parameters.Find("unknownwith"));
        Assert.True(invite.TryGetContacts(out List<ContactValue> contacts));
        Assert.Equal("Quoted string \"\"", Assert.Single(contacts).Address!.Display);
        Assert.Equal("0.33", contacts[0].Address!.Parameters.Find("q"));
        Assert.Equal(150, invite.Body.Length);
    }

    [Fact]
    public void Rfc4475_intmeth_HasTheWidestCharacters()
    {
        SipRequest request = TransactionHarness.Parse(Encoding.Latin1.GetString(SipCorpus.Torture("intmeth")));
        Assert.Equal("!interesting-Method0123456789_*+`.%indeed'~", request.Method);
        Assert.Equal("BEL: NUL: DEL:", request.To.Display);
        Assert.Equal("token1~` token2'+_ token3*%!.-", request.From.Display);
        Assert.Equal("_token~1'+`*%!-.", request.From.Tag);
        Assert.Equal("example.com", request.Uri.Host);
        Assert.Equal("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", request.Uri.Password);
        Assert.Equal("работающий", SipText.ToText(request.From.Parameters.Find("fromParam''~+*_!.-%")!));
        Assert.False(SipWriter.TryWrite(request, new System.Buffers.ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void Rfc4475_esc01_IsNotUnescapedTooEarly()
    {
        SipRequest request = TransactionHarness.Parse(Encoding.Latin1.GetString(SipCorpus.Torture("esc01")));
        Assert.Equal("sips%3Auser%40example.com", request.Uri.User);
        Assert.Equal("example.net", request.Uri.Host);
        Assert.True(request.To.Uri.Matches(SipUri.Create("user", "example.com")));
        Assert.True(request.TryGetContacts(out List<ContactValue> contacts));
        Assert.Equal("v%61lue%25%34%31", contacts[0].Address!.Uri.Parameters.Find("n%61me"));
    }

    [Fact]
    public void Rfc4475_escnull_HasTwoDifferentContacts()
    {
        SipRequest request = TransactionHarness.Parse(Encoding.Latin1.GetString(SipCorpus.Torture("escnull")));
        Assert.True(request.TryGetContacts(out List<ContactValue> contacts));
        Assert.Equal(2, contacts.Count);
        Assert.False(contacts[0].Address!.Uri.Matches(contacts[1].Address!.Uri));
    }

    [Fact]
    public void Rfc4475_esc02_HasAMethodOfItsOwnAndTwoContacts()
    {
        SipRequest request = TransactionHarness.Parse(Encoding.Latin1.GetString(SipCorpus.Torture("esc02")));
        Assert.Equal("RE%47IST%45R", request.Method);
        Assert.True(request.TryGetContacts(out List<ContactValue> contacts));
        Assert.Equal(["alias1", "alias3"], contacts.Select(contact => contact.Address!.Uri.User));
        Assert.NotNull(request.Headers.Find("C%6Fntact"));
    }

    [Theory]
    [InlineData("semiuri", "user;par=u%40example.net", "example.com")]
    [InlineData("lwsdisp", "user", "example.com")]
    public void Rfc4475_RequestUri_IsTakenApart(string name, string user, string host)
    {
        SipRequest request = TransactionHarness.Parse(Encoding.Latin1.GetString(SipCorpus.Torture(name)));
        Assert.Equal((user, host), (request.Uri.User, request.Uri.Host));
    }

    [Fact]
    public void Rfc4475_dblreq_SecondRequestIsIgnoredInADatagram()
    {
        SipRequest request = TransactionHarness.Parse(Encoding.Latin1.GetString(SipCorpus.Torture("dblreq")));
        Assert.Equal("REGISTER", request.Method);
        Assert.Equal(0, request.Body.Length);
    }

    [Fact]
    public void Rfc4475_Responses_KeepTheirPhrases()
    {
        Assert.Equal(SipParse.Accepted, SipMessage.TryParse(SipCorpus.Torture("unreason"), out SipMessage? message));
        Assert.StartsWith("= 2**3 * 5**2 но сто", SipText.ToText(((SipResponse)message!).ReasonPhrase));
        Assert.Equal(SipParse.Accepted, SipMessage.TryParse(SipCorpus.Torture("noreason"), out message));
        Assert.Equal((100, string.Empty), (((SipResponse)message!).Status, ((SipResponse)message).ReasonPhrase));
    }

    [Fact]
    public void Rfc4475_ApplicationGroup_LeavesItsMeaningReadable()
    {
        SipRequest Read(string name) => TransactionHarness.Parse(Encoding.Latin1.GetString(SipCorpus.Torture(name)));
        Assert.False(Read("unkscm").Uri.IsSip);
        Assert.Equal("soap.beep", Read("novelsc").Uri.Scheme);
        Assert.Equal("isbn", Read("unksm2").To.Uri.Scheme);
        Assert.Equal(["nothingSupportsThis", "nothingSupportsThisEither"], Read("bext01").GetWords("Require"));
        Assert.False(Read("invut").HasContentType("application/sdp"));
        Assert.True(Read("zeromf").TryGetMaxForwards(out int hops) && hops == 0);
        Assert.False(Read("inv2543").TopVia.HasUniqueBranch);
        Assert.False(Read("badbranch").TopVia.HasUniqueBranch);
        Assert.Null(Read("inv2543").From.Tag);
    }

    [Fact]
    public void Rfc4475_ContactParameters_BelongWhereTheyStand()
    {
        Assert.True(TransactionHarness.Parse(
            Encoding.Latin1.GetString(SipCorpus.Torture("cparam01"))).TryGetContacts(out List<ContactValue> header));
        Assert.True(header[0].Address!.Parameters.Has("unknownparam"));
        Assert.True(TransactionHarness.Parse(
            Encoding.Latin1.GetString(SipCorpus.Torture("cparam02"))).TryGetContacts(out List<ContactValue> uri));
        Assert.True(uri[0].Address!.Uri.Parameters.Has("unknownparam"));
        Assert.True(TransactionHarness.Parse(
            Encoding.Latin1.GetString(SipCorpus.Torture("regescrt"))).TryGetContacts(out List<ContactValue> escaped));
        Assert.Equal("Route=%3Csip:sip.example.com%3E", escaped[0].Address!.Uri.Headers);
    }

    [Theory]
    [InlineData("badvers", 505)]
    [InlineData("insuf", 400)]
    [InlineData("multi01", 400)]
    [InlineData("mcl01", 400)]
    [InlineData("ltgtruri", 400)]
    [InlineData("quotbal", 400)]
    [InlineData("baddn", 400)]
    public void RefusedRequest_CanBeAnswered(string name, int status)
    {
        SipMessage.TryParse(SipCorpus.Torture(name), out _, out SipRefusal? refusal);
        SipResponse response = refusal!.BuildResponse(TransactionHarness.Remote, "t1");
        Assert.Equal(status, response.Status);
        Assert.True(SipWriter.TryWrite(response, new System.Buffers.ArrayBufferWriter<byte>()));
    }

    [Theory]
    [InlineData("bigcode")]
    [InlineData("scalarlg")]
    [InlineData("badinv01")]
    public void RefusedResponseOrUnreadableVia_CannotBeAnswered(string name)
    {
        SipMessage.TryParse(SipCorpus.Torture(name), out _, out SipRefusal? refusal);
        Assert.Null(refusal);
    }

    [Fact]
    public void RefusedAck_IsNeverAnswered()
    {
        SipMessage.TryParse(
            SipCorpus.Octets(SipCorpus.Invite.Replace("INVITE sip", "ACK sip")), out _, out SipRefusal? refusal);
        Assert.Null(refusal);
    }

    [Theory]
    [InlineData("\r\n\r\n", SipParse.KeepAlive)]
    [InlineData("", SipParse.KeepAlive)]
    [InlineData("x", SipParse.Truncated)]
    [InlineData("INVITE\r\n\r\n", SipParse.BadStartLine)]
    [InlineData("SIP/2.0\r\n\r\n", SipParse.BadStartLine)]
    [InlineData("SIP/3.0 200 OK\r\n\r\n", SipParse.BadVersion)]
    [InlineData("SIP/2.0 099 Low\r\n\r\n", SipParse.BadStartLine)]
    [InlineData("SIP/2.0 700 High\r\n\r\n", SipParse.BadStartLine)]
    public void OddStartLine_HasItsResult(string text, SipParse expected) =>
        Assert.Equal(expected, SipMessage.TryParse(SipCorpus.Octets(text), out _));

    [Theory]
    [InlineData("Max-Forwards: 70", "Max-Forwards: 256", SipParse.BadMaxForwards)]
    [InlineData("Max-Forwards: 70", "Max-Forwards: 0x1", SipParse.BadMaxForwards)]
    [InlineData("Max-Forwards: 70", "Max Forwards: 70", SipParse.BadHeader)]
    [InlineData("Max-Forwards: 70", "X: a\nY: b", SipParse.BadHeader)]
    [InlineData("Max-Forwards: 70", "X: a\rY: b", SipParse.BadHeader)]
    [InlineData("Max-Forwards: 70", ": a", SipParse.BadHeader)]
    [InlineData("Max-Forwards: 70", "Route: sip:a b", SipParse.BadHeader)]
    [InlineData("Call-ID: a84b4c76e66710", "Call-ID: a b", SipParse.BadHeader)]
    [InlineData("Via: SIP/2.0/UDP", "Via: SIP/2.1/UDP", SipParse.BadVia)]
    [InlineData("CSeq: 314159", "CSeq: 2147483648", SipParse.BadCSeq)]
    [InlineData("CSeq: 314159 INVITE", "CSeq: 314159", SipParse.BadCSeq)]
    [InlineData("Content-Length: 4", "Content-Length: 5", SipParse.BadContentLength)]
    [InlineData("Content-Length: 4", "Content-Length: +4", SipParse.BadContentLength)]
    [InlineData("Content-Length: 4", "Content-Length: 4\r\nl: 3", SipParse.BadContentLength)]
    [InlineData("Call-ID: a84b4c76e66710\r\n", "", SipParse.MissingMandatory)]
    [InlineData("Call-ID: a84b4c76e66710", "Call-ID: a\r\ni: a", SipParse.DuplicateHeader)]
    [InlineData("Contact: <sip:alice@pc33.atlanta.com>", "Contact: *, <sip:a@b>", SipParse.BadAddress)]
    public void OneChangedLine_HasItsResult(string line, string changed, SipParse expected) =>
        Assert.Equal(expected, SipMessage.TryParse(SipCorpus.Octets(SipCorpus.Invite.Replace(line, changed)), out _));

    [Theory]
    [InlineData("Content-Length: 4", "Content-Length: 4\r\nl: 4")]
    [InlineData("Content-Length: 4\r\n", "")]
    [InlineData("Max-Forwards: 70\r\n", "")]
    public void ToleratedChange_IsAccepted(string line, string changed) =>
        Assert.Equal(
            SipParse.Accepted, SipMessage.TryParse(SipCorpus.Octets(SipCorpus.Invite.Replace(line, changed)), out _));

    [Fact]
    public void Limits_AreKept()
    {
        string With(string lines) => SipCorpus.Invite.Replace("Max-Forwards: 70\r\n", lines);
        string many = string.Concat(Enumerable.Repeat("X: y\r\n", SipLimits.MaxHeaders));
        string longLine = "X: " + new string('y', SipLimits.MaxHeaderLineBytes) + "\r\n";
        string folded = "X: y\r\n" + string.Concat(Enumerable.Repeat(" " + new string('y', 100) + "\r\n", 100));
        Assert.Equal(SipParse.TooManyHeaders, SipMessage.TryParse(SipCorpus.Octets(With(many)), out _));
        Assert.Equal(SipParse.HeaderTooLong, SipMessage.TryParse(SipCorpus.Octets(With(longLine)), out _));
        Assert.Equal(SipParse.HeaderTooLong, SipMessage.TryParse(SipCorpus.Octets(With(folded)), out _));
        Assert.Equal(SipParse.TooLong, SipMessage.TryParse(new byte[SipLimits.MaxMessageBytes + 1], out _));
        string parameters = string.Concat(Enumerable.Repeat(";p", SipLimits.MaxParameters + 1));
        Assert.Equal(SipParse.BadAddress, SipMessage.TryParse(
            SipCorpus.Octets(SipCorpus.Invite.Replace(";tag=1928301774", parameters)), out _));
    }

    [Fact]
    public void SmallerHeaders_AreRead()
    {
        SipRequest request = TransactionHarness.Parse(SipCorpus.Invite.Replace(
            "Max-Forwards: 70\r\n",
            "RAck: 776656 1 INVITE\r\nRSeq: 12\r\nRetry-After: 18000 (come back);duration=3600\r\no: presence;id=4\r\n" +
            "Reason: SIP;cause=200;text=\"done, elsewhere\", Q.850;cause=16\r\nWarning: 307 isi.edu \"no \\\"such\\\" thing\"\r\n" +
            "k: 100rel, timer\r\nSupported: path\r\nContact : <sip:x@y>;expires=60;+sip.instance=\"<urn:uuid:1>\"\r\n"));
        Assert.True(request.TryGetRAck(out RAckValue rack));
        Assert.Equal(new RAckValue(776656, new CSeqValue(1, "INVITE")), rack);
        Assert.True(request.TryGetNumber("RSeq", out uint rseq) && rseq == 12);
        Assert.True(request.TryGetToken("Retry-After", out TokenValue retry));
        Assert.Equal(("18000", "3600"), (retry.Word, retry.Parameters.Find("duration")));
        Assert.True(request.TryGetToken("Event", out TokenValue package));
        Assert.Equal("presence;id=4", package.Reveal());
        Assert.Equal(["SIP", "Q.850"], request.GetTokens("Reason").Select(reason => reason.Word));
        Assert.Equal(new WarningValue(307, "isi.edu", "no \"such\" thing"), Assert.Single(request.GetWarnings()));
        Assert.Equal(["100rel", "timer", "path"], request.GetWords("Supported"));
        Assert.True(request.HasWord("Supported", "PATH"));
        Assert.True(request.TryGetContacts(out List<ContactValue> contacts));
        Assert.Equal((60u, "<urn:uuid:1>"), (contacts[0].ExpiresSeconds, contacts[0].Instance));
    }

    [Fact]
    public void Nothing_PrintsAnAddress()
    {
        SipRequest invite = TransactionHarness.Parse(SipCorpus.Invite);
        string printed = string.Join(' ', invite, invite.Uri, invite.From, invite.To, invite.TopVia, invite.Headers[0],
            ContactValue.Of(invite.From));
        Assert.DoesNotContain("alice", printed);
        Assert.DoesNotContain("bob", printed);
        Assert.DoesNotContain("atlanta", printed);
        Assert.DoesNotContain("biloxi", printed);
    }
}
