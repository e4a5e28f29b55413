using System.Linq;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.TX.SERVER, SIP.TX.CLIENT)</summary>
public sealed class ServerTransactionTests
{
    [Fact]
    public void RepeatedRequest_BeforeAnAnswer_IsAbsorbed()
    {
        TransactionHarness harness = new();
        SipRequest options = TransactionHarness.Incoming("OPTIONS");
        Assert.Equal(SipDrop.None, harness.Receive(options));
        Assert.Equal(SipDrop.Retransmission, harness.Receive(options));
        Assert.Empty(harness.Sent);
        Assert.Equal(1, harness.CountEvents(SipEventKind.Request));
    }

    [Fact]
    public void RepeatedRequest_AfterTheAnswer_GetsItAgainUntilTimerJ()
    {
        TransactionHarness harness = new();
        SipRequest options = TransactionHarness.Incoming("OPTIONS");
        harness.Receive(options);
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 200);
        harness.Receive(options);
        Assert.Equal(2, harness.Sent.Count);
        harness.Advance(31.9);
        Assert.Equal(1, harness.Table.Count);
        harness.Advance(0.2);
        Assert.Equal(0, harness.Table.Count);
        Assert.Equal(SipEventKind.Terminated, harness.Events[^1].Kind);
    }

    [Fact]
    public void TimerJ_OnReliableTransport_EndsAtOnce()
    {
        TransactionHarness harness = new(SipTransport.Tcp);
        harness.Receive(TransactionHarness.Incoming("OPTIONS"));
        harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 200);
        harness.Advance(0);
        Assert.Equal(0, harness.Table.Count);
    }

    [Fact]
    public void ProvisionalThenFinal_SecondFinalIsRefused()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("OPTIONS"));
        TransactionId id = harness.Events[0].Transaction;
        Assert.Equal(SipDrop.None, harness.Respond(id, harness.Events[0].Request, 180));
        Assert.Equal(SipDrop.None, harness.Respond(id, harness.Events[0].Request, 200));
        Assert.Equal(SipDrop.UnexpectedInState, harness.Respond(id, harness.Events[0].Request, 500));
    }

    [Fact]
    public void UnansweredRequest_IsForgottenAfter64T1()
    {
        TransactionHarness harness = new(SipTransport.Tls);
        harness.Receive(TransactionHarness.Incoming("OPTIONS"));
        harness.Advance(33);
        Assert.Equal(0, harness.Table.Count);
        Assert.Equal(
            SipDrop.NoTransaction, harness.Respond(harness.Events[0].Transaction, harness.Events[0].Request, 200));
    }

    [Fact]
    public void ResponseThatCannotBeWritten_IsRefused()
    {
        TransactionHarness harness = new();
        harness.Receive(TransactionHarness.Incoming("OPTIONS"));
        SipResponse response = SipResponse.For(harness.Events[0].Request, 200, null, "t");
        response.Body = new byte[SipLimits.MaxMessageBytes];
        Assert.Equal(SipDrop.Unwritable, harness.Table.Respond(harness.Now, harness.Events[0].Transaction, response));
    }

    [Fact]
    public void TimerE_Expires_RequestIsRepeatedUpToT2()
    {
        TransactionHarness harness = new();
        harness.Start(TransactionHarness.NewRequest("BYE"));
        harness.Advance(31.9);
        Assert.Equal(
            [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
            harness.SentAt.Select(sent => sent.Milliseconds));
    }

    [Fact]
    public void TimerE_InProceeding_IsT2()
    {
        TransactionHarness harness = new();
        SipRequest bye = TransactionHarness.NewRequest("BYE");
        harness.Start(bye);
        harness.Answer(bye, 100);
        harness.Advance(9);
        Assert.Equal([0, 500, 4_500, 8_500], harness.SentAt.Select(sent => sent.Milliseconds));
    }

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tls)]
    public void TimerF_Expires_TransactionTerminates(SipTransport transport)
    {
        TransactionHarness harness = new(transport);
        SipRequest bye = TransactionHarness.NewRequest("BYE");
        harness.Start(bye);
        harness.Answer(bye, 100);
        harness.Advance(32.1);
        Assert.Equal([SipEventKind.Response, SipEventKind.Timeout, SipEventKind.Terminated],
            harness.Events.Select(item => item.Kind));
    }

    [Theory]
    [InlineData(SipTransport.Udp, 5.0)]
    [InlineData(SipTransport.Tls, 0.0)]
    public void TimerK_AbsorbsRepeatedResponses(SipTransport transport, double seconds)
    {
        TransactionHarness harness = new(transport);
        SipRequest bye = TransactionHarness.NewRequest("BYE");
        harness.Start(bye);
        harness.Answer(bye, 200);
        Assert.Equal(SipDrop.Retransmission, harness.Answer(bye, 200));
        Assert.Equal(SipDrop.UnexpectedInState, harness.Answer(bye, 100));
        harness.Advance(seconds);
        Assert.Equal(0, harness.Table.Count);
        Assert.Equal(1, harness.CountEvents(SipEventKind.Response));
    }
}
