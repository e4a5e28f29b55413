using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.DIALOG, SIP.DIALOG.ORDER)</summary>
public sealed class DialogTests
{
    private const string OddContact = "<sip:Bob%20x@192.0.2.4:5099;ob;transport=tls>";

    [Fact]
    public void ClientDialog_ReversesRoutesAndCopiesTheTargetByteForByte()
    {
        (Dialog dialog, _) = Client(200);
        SipRequest bye = dialog.CreateRequest("BYE");
        Assert.Equal(DialogState.Confirmed, dialog.State);
        Assert.Equal("sip:Bob%20x@192.0.2.4:5099;ob;transport=tls", bye.Uri.Reveal());
        Assert.Equal(["<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>"], bye.Headers.FindAll("Route"));
        Assert.Equal(new CSeqValue(8, "BYE"), bye.CSeq);
        Assert.Equal("a1", bye.From.Tag);
        Assert.Equal("b1", bye.To.Tag);
    }

    [Fact]
    public void Ack_BearsTheNumberOfItsInvite()
    {
        (Dialog dialog, _) = Client(200);
        dialog.CreateRequest("INFO");
        Assert.Equal(new CSeqValue(7, "ACK"), dialog.CreateAck(7).CSeq);
        Assert.Equal(new CSeqValue(9, "BYE"), dialog.CreateRequest("BYE").CSeq);
    }

    [Fact]
    public void EarlyDialog_IsConfirmedWithTheRoutesOfThe2xx()
    {
        (Dialog dialog, SipRequest invite) = Client(180);
        Assert.Equal(DialogState.Early, dialog.State);
        SipResponse success = Response(invite, 200);
        success.Headers.Remove("Record-Route");
        dialog.HandleSuccess(success);
        Assert.Equal(DialogState.Confirmed, dialog.State);
        Assert.Empty(dialog.Routes);
    }

    [Fact]
    public void SuccessOfAnotherFork_IsNotTaken()
    {
        (Dialog dialog, SipRequest invite) = Client(180);
        SipResponse other = Response(invite, 200);
        other.Headers.Set("To", "<sip:bob@biloxi.com>;tag=zz");
        dialog.HandleSuccess(other);
        Assert.Equal(DialogState.Early, dialog.State);
        Assert.False(dialog.Owns(other));
    }

    [Fact]
    public void StrictRouter_BecomesTheRequestUri()
    {
        SipRequest invite = TransactionHarness.Incoming("INVITE");
        SipResponse response = Response(invite, 200);
        response.Headers.Set("Record-Route", "<sip:old.example.com>");
        SipRequest bye = Dialog.AsClient(invite, response)!.CreateRequest("BYE");
        Assert.Equal("sip:old.example.com", bye.Uri.Reveal());
        Assert.Equal([OddContact], bye.Headers.FindAll("Route"));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(404)]
    public void ResponseThatBeginsNoDialog_GivesNone(int status)
    {
        SipRequest invite = TransactionHarness.Incoming("INVITE");
        Assert.Null(Dialog.AsClient(invite, Response(invite, status)));
    }

    [Fact]
    public void SuccessWithoutContact_GivesNone()
    {
        SipRequest invite = TransactionHarness.Incoming("INVITE");
        SipResponse response = Response(invite, 200);
        response.Headers.Remove("Contact");
        Assert.Null(Dialog.AsClient(invite, response));
    }

    [Fact]
    public void ServerDialog_KeepsRouteOrder()
    {
        SipRequest invite = TransactionHarness.Incoming("INVITE");
        invite.Headers.Add("Record-Route", "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>");
        Dialog dialog = Dialog.AsServer(invite, "mine", 100)!;
        dialog.Confirm();
        SipRequest bye = dialog.CreateRequest("BYE");
        Assert.Equal(["<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>"], bye.Headers.FindAll("Route"));
        Assert.Equal("sip:alice@192.0.2.1:5070", bye.Uri.Reveal());
        Assert.Equal(new CSeqValue(101, "BYE"), bye.CSeq);
        Assert.Equal("mine", bye.From.Tag);
        Assert.Equal("a1", bye.To.Tag);
        Assert.Equal(new DialogId("c1", "mine", "a1"), dialog.Id);
    }

    [Fact]
    public void RequestsOutOfOrder_AreRefused()
    {
        Dialog dialog = Dialog.AsServer(TransactionHarness.Incoming("INVITE"), "mine", 1)!;
        Assert.Equal(DialogDrop.OutOfOrder, dialog.HandleRequest(
            TransactionHarness.Incoming("INFO", toTag: ";tag=mine", number: 7)));
        Assert.Equal(DialogDrop.OutOfOrder, dialog.HandleRequest(
            TransactionHarness.Incoming("INFO", toTag: ";tag=mine", number: 6)));
        Assert.Equal(
            DialogDrop.None, dialog.HandleRequest(TransactionHarness.Incoming("ACK", toTag: ";tag=mine", number: 7)));
        Assert.Equal(
            DialogDrop.None, dialog.HandleRequest(TransactionHarness.Incoming("INFO", toTag: ";tag=mine", number: 8)));
        Assert.Equal(8u, dialog.RemoteNumber);
    }

    [Fact]
    public void ReInvite_MovesTheTarget_InfoDoesNot()
    {
        Dialog dialog = Dialog.AsServer(TransactionHarness.Incoming("INVITE"), "mine", 1)!;
        SipRequest info = TransactionHarness.Incoming("INFO", toTag: ";tag=mine", number: 8);
        info.Headers.Set("Contact", "<sip:new@192.0.2.9>");
        dialog.HandleRequest(info);
        Assert.Equal("sip:alice@192.0.2.1:5070", dialog.RemoteTarget.Reveal());
        SipRequest invite = TransactionHarness.Incoming("INVITE", toTag: ";tag=mine", number: 9);
        invite.Headers.Set("Contact", "<sip:new@192.0.2.9>");
        dialog.HandleRequest(invite);
        Assert.Equal("sip:new@192.0.2.9", dialog.RemoteTarget.Reveal());
    }

    [Fact]
    public void OtherTagsOrAnEndedDialog_AreRefused()
    {
        Dialog dialog = Dialog.AsServer(TransactionHarness.Incoming("INVITE"), "mine", 1)!;
        Assert.Equal(DialogDrop.WrongDialog, dialog.HandleRequest(
            TransactionHarness.Incoming("BYE", toTag: ";tag=other", number: 8)));
        dialog.Terminate();
        Assert.Equal(DialogDrop.Terminated, dialog.HandleRequest(
            TransactionHarness.Incoming("BYE", toTag: ";tag=mine", number: 8)));
    }

    private static (Dialog Dialog, SipRequest Invite) Client(int status)
    {
        SipRequest invite = TransactionHarness.Incoming("INVITE");
        return (Dialog.AsClient(invite, Response(invite, status))!, invite);
    }

    private static SipResponse Response(SipRequest invite, int status)
    {
        SipResponse response = SipResponse.For(invite, status, null, "b1");
        response.Headers.Add("Record-Route", "<sip:p1.example.com;lr>").Add("Record-Route", "<sip:p2.example.com;lr>");
        response.Headers.Add("Contact", OddContact);
        return response;
    }
}
