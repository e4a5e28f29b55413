using System.Linq;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.TX.INVITE-SERVER)</summary>
public sealed class InviteServerTransactionTests
{
    [Fact]
    public void Invite_IsAnswered100AtOnce()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        SipResponse trying = Assert.IsType<SipResponse>(Assert.Single(harness.Sent));
        Assert.Equal(100, trying.Status);
        Assert.Null(trying.To.Tag);
    }

    [Fact]
    public void RepeatedInvite_GetsTheLastProvisionalResponse()
    {
        TransactionHarness harness = new();
        SipRequest invite = TransactionHarness.Incoming("INVITE");
        harness.Receive(invite);
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 180);
        Assert.Equal(SipDrop.Retransmission, harness.Receive(invite));
        Assert.Equal([100, 180, 180], harness.Sent.Select(message => ((SipResponse)message).Status));
    }

    [Fact]
    public void TimerG_Expires_FailureIsRepeatedUntilTheAck()
    {
        TransactionHarness harness = new();
        SipRequest invite = TransactionHarness.Incoming("INVITE");
        harness.Receive(invite);
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 486);
        harness.Advance(12);
        Assert.Equal([0, 0, 500, 1_500, 3_500, 7_500, 11_500], harness.SentAt.Select(sent => sent.Milliseconds));
        Assert.Equal(SipDrop.None, harness.Receive(TransactionHarness.Incoming("ACK", toTag: ";tag=b1")));
        harness.Advance(4.9);
        Assert.Equal(7, harness.Sent.Count);
        Assert.Equal(SipDrop.Retransmission, harness.Receive(TransactionHarness.Incoming("ACK", toTag: ";tag=b1")));
        harness.Advance(0.2);
        Assert.Equal(0, harness.Table.Count);
        Assert.Equal(0, harness.CountEvents(SipEventKind.AckMissing));
    }

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tls)]
    public void TimerH_Expires_TransactionTerminates(SipTransport transport)
    {
        TransactionHarness harness = new(transport);
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 486);
        harness.Advance(31.9);
        Assert.Equal(1, harness.Table.Count);
        harness.Advance(0.2);
        Assert.Equal(
            [SipEventKind.AckMissing, SipEventKind.Terminated], harness.Events.Skip(1).Select(item => item.Kind));
    }

    [Fact]
    public void TimerI_OnReliableTransport_EndsAtOnce()
    {
        TransactionHarness harness = new(SipTransport.Tls);
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 486);
        harness.Receive(TransactionHarness.Incoming("ACK", toTag: ";tag=b1"));
        harness.Advance(0);
        Assert.Equal(0, harness.Table.Count);
    }

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tls)]
    public void Success_IsRepeatedOnEveryTransportUntilItsAck(SipTransport transport)
    {
        TransactionHarness harness = new(transport);
        SipRequest invite = TransactionHarness.Incoming("INVITE");
        harness.Receive(invite);
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 200);
        harness.Advance(2);
        Assert.Equal([0, 0, 500, 1_500], harness.SentAt.Select(sent => sent.Milliseconds));
        Assert.Equal(SipDrop.None, harness.Receive(TransactionHarness.Incoming("ACK", "z9hG4bKanother", ";tag=b1")));
        Assert.Equal(
            SipDrop.Retransmission, harness.Receive(TransactionHarness.Incoming("ACK", "z9hG4bKanother", ";tag=b1")));
        Assert.Equal(SipDrop.Retransmission, harness.Receive(invite));
        harness.Advance(31);
        Assert.Equal(4, harness.Sent.Count);
        Assert.Equal(1, harness.CountEvents(SipEventKind.Ack));
        Assert.Equal(0, harness.CountEvents(SipEventKind.AckMissing));
        Assert.Equal(0, harness.Table.Count);
    }

    [Fact]
    public void TimerL_ExpiresWithoutAck_IsTold()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 200);
        harness.Advance(33);
        Assert.Equal(1, harness.CountEvents(SipEventKind.AckMissing));
        Assert.Equal(0, harness.Table.Count);
    }

    [Fact]
    public void SecondFinalResponse_IsRefused()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 200);
        Assert.Equal(
            SipDrop.UnexpectedInState, harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 486));
    }

    [Fact]
    public void AckBeforeAnyFinalResponse_IsUnexpected()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("INVITE"));
        Assert.Equal(SipDrop.UnexpectedInState, harness.Receive(TransactionHarness.Incoming("ACK")));
    }
}
