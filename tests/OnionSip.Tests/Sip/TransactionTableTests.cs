using System.Linq;
using OnionSip.Machines;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.TX, SIP.TX.MATCH, SIP.TX.CANCEL, SIP.TX.TIMERS, SIP.REFUSAL, SIP.TOKENS)</summary>
public sealed class TransactionTableTests
{
    [Fact]
    public void Request_GetsSourceInItsVia()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("OPTIONS"));
        ViaValue via = harness.Events[0].Request.TopVia;
        Assert.Equal(5060, via.RPort);
        Assert.Equal("192.0.2.2", via.Received);
    }

    [Fact]
    public void ResponseWithoutRPort_GoesToThePortOfVia()
    {
        TransactionTable table = new(new SeededEntropy(1));
        SipPeer from = new(SipTransport.Udp, new PeerAddress(IpAddress.FromIPv4(0xC0000202), 40_000));
        table.HandleMessage(Instant.Zero, from, TransactionHarness.Incoming("INVITE", rport: false));
        Assert.True(table.PollTransmit(out SipTransmit transmit));
        Assert.Equal(5060, transmit.To.Address.Port);
        table.HandleMessage(Instant.Zero, from, TransactionHarness.Incoming("INVITE", "z9hG4bKsecond", number: 9));
        Assert.True(table.PollTransmit(out transmit));
        Assert.Equal(40_000, transmit.To.Address.Port);
    }

    [Fact]
    public void SameBranchFromAnotherSentBy_IsAnotherTransaction()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("OPTIONS"));
        SipRequest other = TransactionHarness.Incoming("OPTIONS");
        other.Headers.Set("Via", "SIP/2.0/UDP 192.0.2.2:5062;branch=z9hG4bKpeer1;rport");
        Assert.Equal(SipDrop.None, harness.Receive(other));
        Assert.Equal(2, harness.CountEvents(SipEventKind.Request));
    }

    [Theory]
    [InlineData("z9hG4bK")]
    [InlineData("1")]
    public void BranchOfRfc2543_IsAnswered400AndCounted(string branch)
    {
        TransactionHarness harness = new();
        Assert.Equal(SipDrop.OldBranch, harness.Receive(TransactionHarness.Incoming("OPTIONS", branch)));
        Assert.Equal(400, Assert.IsType<SipResponse>(Assert.Single(harness.Sent)).Status);
        Assert.Equal(SipDrop.OldBranch, harness.Receive(TransactionHarness.Incoming("ACK", branch)));
        Assert.Single(harness.Sent);
        Assert.Equal(2, harness.Table.Drops[SipDrop.OldBranch]);
    }

    [Fact]
    public void StrayAck_IsCountedAndNotAnswered()
    {
        TransactionHarness harness = new();
        Assert.Equal(SipDrop.StrayAck, harness.Receive(TransactionHarness.Incoming("ACK")));
        Assert.Empty(harness.Sent);
        Assert.Empty(harness.Events);
    }

    [Fact]
    public void Cancel_OfARingingInvite_IsAnsweredAndTold()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        Assert.Equal(SipDrop.None, harness.Receive(TransactionHarness.Incoming("CANCEL")));
        Assert.Equal(200, Assert.IsType<SipResponse>(harness.Sent[^1]).Status);
        Assert.Equal(SipEventKind.Cancel, harness.Events[^1].Kind);
        Assert.Equal(harness.Events[0].Transaction, harness.Events[^1].Transaction);
        Assert.Equal(SipDrop.None, harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 487));
    }

    [Fact]
    public void Cancel_Repeated_IsAnsweredAgainAndToldOnce()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        harness.Receive(TransactionHarness.Incoming("CANCEL"));
        Assert.Equal(SipDrop.Retransmission, harness.Receive(TransactionHarness.Incoming("CANCEL")));
        Assert.Equal(3, harness.Sent.Count);
        Assert.Equal(1, harness.CountEvents(SipEventKind.Cancel));
    }

    [Fact]
    public void Cancel_AfterTheFinalResponse_ChangesNothing()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 200);
        Assert.Equal(SipDrop.None, harness.Receive(TransactionHarness.Incoming("CANCEL")));
        Assert.Equal(0, harness.CountEvents(SipEventKind.Cancel));
    }

    [Fact]
    public void Cancel_OfNothing_IsAnswered481()
    {
        TransactionHarness harness = new();
        Assert.Equal(SipDrop.StrayCancel, harness.Receive(TransactionHarness.Incoming("CANCEL")));
        Assert.Equal(481, Assert.IsType<SipResponse>(Assert.Single(harness.Sent)).Status);
        Assert.Empty(harness.Events);
    }

    [Fact]
    public void SameInviteOverTwoPaths_IsAnswered482()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        Assert.Equal(SipDrop.MergedRequest, harness.Receive(TransactionHarness.Incoming("INVITE", "z9hG4bKpath2")));
        Assert.Equal(482, Assert.IsType<SipResponse>(harness.Sent[^1]).Status);
    }

    [Fact]
    public void ResponseWithTwoVias_IsDropped()
    {
        TransactionHarness harness = new();
        SipRequest bye = TransactionHarness.NewRequest("BYE");
        harness.Start(bye);
        SipResponse response = SipResponse.For(bye, 200, null, "b1");
        response.Headers.Add("Via", "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23");
        Assert.Equal(SipDrop.TooManyVias, harness.Receive(response));
    }

    [Fact]
    public void ResponseWithAnotherSentBy_IsDropped()
    {
        TransactionHarness harness = new();
        SipRequest bye = TransactionHarness.NewRequest("BYE");
        harness.Start(bye);
        SipResponse response = SipResponse.For(bye, 200, null, "b1");
        response.Headers.Set("Via", "SIP/2.0/UDP 192.0.2.99:5070;branch=" + bye.TopVia.Branch);
        Assert.Equal(SipDrop.WrongSentBy, harness.Receive(response));
        Assert.Empty(harness.Events);
    }

    [Fact]
    public void ResponseToAnotherMethod_MatchesNothing()
    {
        TransactionHarness harness = new();
        SipRequest bye = TransactionHarness.NewRequest("BYE");
        harness.Start(bye);
        SipResponse response = SipResponse.For(bye, 200, null, "b1");
        response.Headers.Set("CSeq", "7 INFO");
        Assert.Equal(SipDrop.NoTransaction, harness.Receive(response));
    }

    [Fact]
    public void FullTable_Answers503WithoutState()
    {
        TransactionHarness harness = new(options: new TransactionOptions { MaxTransactions = 3 });
        for (uint number = 1; number <= 5; number++)
        {
            harness.Receive(TransactionHarness.Incoming("OPTIONS", "z9hG4bKn" + number, number: number));
        }

        Assert.Equal(3, harness.Table.Count);
        Assert.Equal(2, harness.Table.Drops[SipDrop.TooManyTransactions]);
        Assert.All(harness.Sent, message => Assert.Equal(503, ((SipResponse)message).Status));
        Assert.True(harness.Sent[0].TryGetNumber("Retry-After", out uint seconds) && seconds == 5);
        Assert.Equal(SipDrop.TooManyTransactions, harness.Table.Request(
            harness.Now, harness.Route, TransactionHarness.NewRequest("BYE"), out _));
    }

    [Fact]
    public void FullOutbox_LosesTheMessageAndCounts()
    {
        TransactionTable table = new(new SeededEntropy(1), new TransactionOptions { MaxOutbox = 2 });
        SipRoute route = new(new SipPeer(SipTransport.Udp, TransactionHarness.Remote), "192.0.2.1", 5070);
        for (int index = 0; index < 3; index++)
        {
            table.Request(Instant.Zero, route, TransactionHarness.NewRequest("OPTIONS"), out _);
        }

        Assert.Equal(1, table.Drops[SipDrop.OutboxFull]);
    }

    [Fact]
    public void AckForSuccess_HasItsOwnBranch()
    {
        TransactionHarness harness = new();
        Assert.Equal(SipDrop.None, harness.Table.Send(harness.Route, TransactionHarness.NewRequest("ACK", ";tag=b1")));
        harness.Drain();
        Assert.Equal(0, harness.Table.Count);
        string branch = harness.Sent[0].TopVia.Branch!;
        Assert.StartsWith(ViaValue.MagicCookie, branch);
        Assert.Equal(7 + 32, branch.Length);
    }

    [Fact]
    public void RefusedRequest_IsAnsweredWithoutState()
    {
        TransactionHarness harness = new();
        byte[] octets = SipCorpus.Octets(SipCorpus.Invite.Replace("314159 INVITE", "314159 BYE"));
        Assert.Equal(
            SipParse.MethodMismatch, SipMessage.TryParse(octets, out SipMessage? message, out SipRefusal? refusal));
        Assert.Null(message);
        harness.Table.HandleRefusal(harness.Peer, refusal!);
        Assert.True(harness.Table.PollTransmit(out SipTransmit transmit));
        string text = System.Text.Encoding.Latin1.GetString(transmit.Octets.Span);
        Assert.StartsWith("SIP/2.0 400 CSeq Method Does Not Match\r\n", text);
        Assert.Contains("CSeq: 314159 BYE\r\n", text);
        Assert.Contains("received=192.0.2.2", text);
        Assert.Equal(0, harness.Table.Count);
    }

    [Fact]
    public void DefaultTimers_AreThoseOfRfc3261()
    {
        TransactionOptions options = new();
        Assert.Equal(500, options.T1.TotalMilliseconds);
        Assert.Equal(4, options.T2.TotalSeconds);
        Assert.Equal(5, options.T4.TotalSeconds);
        Assert.Equal(32, options.Patience.TotalSeconds);
        Assert.Equal(180, options.TimerC.TotalSeconds);
    }

    [Fact]
    public void ManyTransactions_LeaveNothingBehind()
    {
        TransactionHarness harness = new();
        for (uint number = 1; number <= 300; number++)
        {
            string method = number % 2 == 0 ? "INVITE" : "OPTIONS";
            harness.Receive(TransactionHarness.Incoming(method, "z9hG4bKm" + number, number: number));
            SipEvent last = harness.Events.Last(item => item.Kind == SipEventKind.Request);
            harness.Respond(last.Transaction, last.Request, number % 3 == 0 ? 200 : 486);
            harness.Advance(0.01);
        }

        Assert.Equal(300, harness.Table.Count);
        harness.Advance(40);
        Assert.Equal(0, harness.Table.Count);
        Assert.Equal(Instant.Never, harness.Table.PollTimeout());
        Assert.Equal(300, harness.CountEvents(SipEventKind.Terminated));
    }
}
