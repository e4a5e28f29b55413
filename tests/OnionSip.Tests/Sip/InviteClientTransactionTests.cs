using System.Linq;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.TX.INVITE-CLIENT, SIP.TX.CANCEL)</summary>
public sealed class InviteClientTransactionTests
{
    [Fact]
    public void TimerA_Expires_InviteIsRepeatedAtDoublingIntervals()
    {
        TransactionHarness harness = new();
        harness.Start(TransactionHarness.NewRequest("INVITE"));
        harness.Advance(31.9);
        Assert.Equal([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500], harness.SentAt.Select(sent => sent.Milliseconds));
    }

    [Fact]
    public void TimerA_OnReliableTransport_IsNotSet()
    {
        TransactionHarness harness = new(SipTransport.Tls);
        harness.Start(TransactionHarness.NewRequest("INVITE"));
        harness.Advance(31.9);
        Assert.Single(harness.Sent);
    }

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tls)]
    public void TimerB_Expires_TransactionTerminates(SipTransport transport)
    {
        TransactionHarness harness = new(transport);
        harness.Start(TransactionHarness.NewRequest("INVITE"));
        harness.Advance(31.999);
        Assert.Empty(harness.Events);
        harness.Advance(0.002);
        Assert.Equal([SipEventKind.Timeout, SipEventKind.Terminated], harness.Events.Select(item => item.Kind));
        Assert.Equal(0, harness.Table.Count);
    }

    [Fact]
    public void ProvisionalResponse_StopsTimersAAndB()
    {
        TransactionHarness harness = new();
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        harness.Start(invite);
        harness.Answer(invite, 180);
        harness.Advance(100);
        Assert.Single(harness.Sent);
        Assert.Equal(1, harness.Table.Count);
    }

    [Fact]
    public void TimerC_Expires_TransactionTerminates()
    {
        TransactionHarness harness = new();
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        harness.Start(invite);
        harness.Answer(invite, 180);
        harness.Advance(100);
        harness.Answer(invite, 180);
        harness.Advance(179);
        Assert.Equal(0, harness.CountEvents(SipEventKind.Timeout));
        harness.Advance(2);
        Assert.Equal(1, harness.CountEvents(SipEventKind.Timeout));
    }

    [Theory]
    [InlineData(SipTransport.Udp, 32)]
    [InlineData(SipTransport.Tcp, 0)]
    public void FailureResponse_IsAcknowledgedAndTimerDAbsorbs(SipTransport transport, int seconds)
    {
        TransactionHarness harness = new(transport);
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        harness.Start(invite);
        Assert.Equal(SipDrop.None, harness.Answer(invite, 486));
        SipRequest ack = Assert.IsType<SipRequest>(harness.Sent[^1]);
        Assert.Equal("ACK", ack.Method);
        Assert.Equal(invite.TopVia.Branch, ack.TopVia.Branch);
        Assert.Equal("b1", ack.To.Tag);
        Assert.Equal(new CSeqValue(7, "ACK"), ack.CSeq);
        harness.Advance(seconds - 0.5);
        Assert.Equal(1, harness.CountEvents(SipEventKind.Response));
        harness.Advance(1);
        Assert.Equal(0, harness.Table.Count);
    }

    [Fact]
    public void RepeatedFailure_IsAcknowledgedAgainAndNotTold()
    {
        TransactionHarness harness = new();
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        harness.Start(invite);
        harness.Answer(invite, 486);
        Assert.Equal(SipDrop.Retransmission, harness.Answer(invite, 486));
        Assert.Equal(2, harness.Sent.Count(message => message is SipRequest { Method: "ACK" }));
        Assert.Equal(1, harness.CountEvents(SipEventKind.Response));
    }

    [Fact]
    public void SecondSuccess_FromAnotherFork_IsTold()
    {
        TransactionHarness harness = new();
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        harness.Start(invite);
        harness.Answer(invite, 200);
        harness.Answer(invite, 200, "other");
        harness.Advance(31.9);
        Assert.Equal(2, harness.CountEvents(SipEventKind.Response));
        Assert.Equal(1, harness.Table.Count);
        harness.Advance(0.2);
        Assert.Equal(0, harness.Table.Count);
        Assert.Equal(SipDrop.NoTransaction, harness.Answer(invite, 200, "late"));
    }

    [Fact]
    public void Cancel_BeforeAnyResponse_WaitsForAProvisional()
    {
        TransactionHarness harness = new();
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        TransactionId id = harness.Start(invite);
        Assert.Equal(SipDrop.None, harness.Table.Cancel(harness.Now, id));
        harness.Drain();
        Assert.Single(harness.Sent);
        harness.Answer(invite, 100);
        SipRequest cancel = Assert.IsType<SipRequest>(harness.Sent[^1]);
        Assert.Equal("CANCEL", cancel.Method);
        Assert.Equal(invite.TopVia.Branch, cancel.TopVia.Branch);
        Assert.Equal(invite.Uri.Reveal(), cancel.Uri.Reveal());
        harness.Answer(cancel, 200);
        harness.Answer(invite, 487);
        Assert.Equal(2, harness.CountEvents(SipEventKind.Response));
        Assert.Equal(487, harness.Events[^1].Response.Status);
    }

    [Fact]
    public void Cancel_AskedTwice_GoesOutOnce()
    {
        TransactionHarness harness = new(SipTransport.Tls);
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        TransactionId id = harness.Start(invite);
        harness.Answer(invite, 180);
        harness.Table.Cancel(harness.Now, id);
        harness.Table.Cancel(harness.Now, id);
        harness.Drain();
        Assert.Single(harness.Sent, message => message is SipRequest { Method: "CANCEL" });
    }

    [Fact]
    public void Cancel_WithoutFinalResponse_EndsAfter64T1()
    {
        TransactionHarness harness = new(SipTransport.Tls);
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        TransactionId id = harness.Start(invite);
        harness.Answer(invite, 180);
        harness.Table.Cancel(harness.Now, id);
        harness.Answer(invite, 183);
        harness.Advance(33);
        Assert.Equal(1, harness.CountEvents(SipEventKind.Timeout));
        Assert.Equal(0, harness.Table.Count);
    }

    [Fact]
    public void Cancel_AfterTheFinalResponse_IsRefused()
    {
        TransactionHarness harness = new();
        SipRequest invite = TransactionHarness.NewRequest("INVITE");
        TransactionId id = harness.Start(invite);
        harness.Answer(invite, 200);
        Assert.Equal(SipDrop.UnexpectedInState, harness.Table.Cancel(harness.Now, id));
        Assert.Equal(SipDrop.NoTransaction, harness.Table.Cancel(harness.Now, new TransactionId(99)));
    }

    [Fact]
    public void TransportFailure_IsToldOnce()
    {
        TransactionHarness harness = new(SipTransport.Tls);
        harness.Start(TransactionHarness.NewRequest("INVITE"));
        harness.Table.HandleTransportFailure(harness.Peer);
        harness.Table.HandleTransportFailure(harness.Peer);
        harness.Drain();
        Assert.Equal([SipEventKind.TransportFailed, SipEventKind.Terminated], harness.Events.Select(item => item.Kind));
    }
}
