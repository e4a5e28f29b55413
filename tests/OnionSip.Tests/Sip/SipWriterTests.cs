using System;
using System.Buffers;
using System.Text;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.WRITER)</summary>
public sealed class SipWriterTests
{
    [Fact]
    public void Headers_AreWrittenInOneOrderWithTheirUsualNames()
    {
        SipRequest request = TransactionHarness.Parse(
            "OPTIONS sip:b SIP/2.0\r\nX-Odd: 1\r\nl: 0\r\nk: path\r\ncseq: 1 OPTIONS\r\ni: c\r\nT: <sip:b>\r\nf: <sip:a>;tag=1\r\n" +
            "v: SIP/2.0/UDP h;branch=z9hG4bK1\r\nc: text/plain\r\n\r\n");
        Assert.Equal(
            "OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n" +
            "Supported: path\r\nX-Odd: 1\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
            Encoding.Latin1.GetString(SipWriter.Write(request)));
    }

    [Theory]
    [InlineData("a\r\nX: b")]
    [InlineData("a\nX: b")]
    [InlineData("a\rX: b")]
    [InlineData("a\0b")]
    [InlineData("a\u0100b")]
    public void LineEnds_CannotBeBroughtIn(string value)
    {
        SipHeaderList headers = new();
        Assert.Throws<ArgumentException>(() => headers.Add("Subject", value));
        Assert.False(headers.TryAdd("Subject", value));
        Assert.False(headers.TryAdd("Sub" + value, "x"));
        Assert.Throws<ArgumentException>(() => SipParameters.None.With("x", value));
        Assert.Throws<ArgumentException>(() => new NameAddress(SipUri.Create(null, "h"), value));
        Assert.Throws<ArgumentException>(() => new SipResponse(200, value));
        Assert.Throws<ArgumentException>(() => new SipRequest("BYE" + value, SipUri.Create(null, "h")));
        Assert.False(SipUri.TryParse("sip:" + value, out _));
        Assert.Throws<ArgumentException>(() => new ViaValue("UDP", value, 0, SipParameters.None));
        Assert.Equal(0, headers.Count);
    }

    /// <summary>The attack that the writer stops, with the writer and without.</summary>
    [Fact]
    public void InjectedLine_ArrivesWhenGluedTogether_AndNotThroughTheWriter()
    {
        const string Value = "hello\r\nRoute: <sip:evil.example.com;lr>";
        byte[] glued = SipCorpus.Octets(SipCorpus.Register.Replace("Expires: 7200", "Subject: " + Value));
        Assert.Equal(SipParse.Accepted, SipMessage.TryParse(glued, out SipMessage? attacked));
        Assert.True(attacked!.Headers.Has("Route"));

        SipRequest request = TransactionHarness.Parse(SipCorpus.Register);
        Assert.True(request.Headers.TryAddRead("Subject", Value));
        ArrayBufferWriter<byte> written = new();
        Assert.False(SipWriter.TryWrite(request, written));
        Assert.Equal(0, written.WrittenCount);
    }

    [Fact]
    public void NulThatWasRead_IsNotWritten()
    {
        SipRequest request = TransactionHarness.Parse(
            SipCorpus.Register.Replace("Expires: 7200", "Subject: \"a\\\0b\""));
        Assert.False(SipWriter.TryWrite(request, new ArrayBufferWriter<byte>()));
        Assert.Throws<ArgumentException>(() => SipWriter.Write(request));
        request.Headers.Remove("Subject");
        Assert.NotEmpty(SipWriter.Write(request));
    }

    [Fact]
    public void AnswerToARequestWithNulInItsAddress_IsStillWritable()
    {
        SipRequest request = TransactionHarness.Parse(SipCorpus.Register.Replace("To: Bob", "To: \"Bo\\\0b\""));
        SipResponse response = SipResponse.For(request, 200, null, "t1");
        Assert.Equal("\"Bob\" <sip:bob@biloxi.com>;tag=t1", response.Headers.Find("To"));
        Assert.NotEmpty(SipWriter.Write(response));
    }
}
