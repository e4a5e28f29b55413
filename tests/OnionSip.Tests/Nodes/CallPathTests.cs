using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Sip;
using OnionSip.Tests.Gateway;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>NODE.CALL-PATH, NODE.REFUSED, NODE.TAIL, NODE.GATEWAY, MEDIA.GRID</summary>
public sealed class CallPathTests(ITestOutputHelper output)
{
    /// <summary>A call has a path of its own over its account's relays; media leaves the exit tick by tick and every frame of it.</summary>
    [Fact]
    public void Call_GoesOverTheRelaysOfItsAccount()
    {
        using GatewayMesh mesh = new();
        mesh.Register();
        SipResponse answer = mesh.Answered();
        int sent = mesh.Sent.Count;
        int far = mesh.AtFarSide.Count;
        int near = mesh.AtLocalPhone.Count;
        mesh.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(mesh.AccountPath, mesh.CallPath);
        Assert.Single(mesh.Guards);
        Assert.Equal(2, mesh.Node.PathCount);
        Assert.InRange(mesh.AtFarSide.Count - far, 998, 1001);
        Assert.InRange(mesh.AtLocalPhone.Count - near, 990, 1001);

        // Beside the cells of the call there is the account's path, which sends a probe every 5 s.
        Assert.InRange(mesh.Sent.Count - sent, 1000, 1030);
        mesh.FromPhone(mesh.Phone.InDialog("BYE", answer));
        mesh.Run(TimeSpan.FromSeconds(6));
        PathVoiceReport report = mesh.Events.OfType<CallPathClosed>().Single().Voice!;
        output.WriteLine(report.ToString());
        Assert.Equal((0, 0, 0), (report.DatagramsDropped, report.ForwardUndeclared, report.TicksSkipped));
        Assert.InRange(report.ForwardUnreported, 0, 70);
    }

    /// <summary>After hang-up the rate goes on at the guard for 1 to 4 s and the account's path stays.</summary>
    [Fact]
    public void HangUp_IsFollowedByATail()
    {
        using GatewayMesh mesh = new();
        mesh.Register();
        SipResponse answer = mesh.Answered();
        mesh.Run(TimeSpan.FromSeconds(3));
        mesh.FromPhone(mesh.Phone.InDialog("BYE", answer));
        Instant end = mesh.Now;
        int sent = mesh.Sent.Count;
        mesh.Run(TimeSpan.FromSeconds(1));
        mesh.FromProvider(mesh.Provider.Respond(mesh.ProviderGets("BYE"), 200));
        Assert.InRange(mesh.Sent.Count - sent, 49, 60);
        Assert.Equal(2, mesh.Node.PathCount);
        while (!mesh.Events.OfType<CallPathClosed>().Any())
        {
            mesh.Run(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange((mesh.Now - end).TotalSeconds, 1, 4.2);
        Assert.Equal(PathReason.Released, mesh.Events.OfType<CallPathClosed>().Single().Reason);
        Assert.Equal(1, mesh.Node.PathCount);
        mesh.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(3, mesh.Relays.Sum(static relay => relay.CircuitCount));
    }

    /// <summary>A phone that gives up while the path is built, or before voice, leaves nothing behind and no tail.</summary>
    [Fact]
    public void CancelBeforeVoice_ClosesThePath()
    {
        using GatewayMesh mesh = new();
        mesh.Register();
        mesh.FromPhone(mesh.Phone.Invite());
        mesh.FromPhone(mesh.Phone.Cancel());
        mesh.Run(TimeSpan.FromMilliseconds(300));
        Assert.Equal(1, mesh.Node.PathCount);
        Assert.Equal(3, mesh.Relays.Sum(static relay => relay.CircuitCount));
    }

    /// <summary>The middle has no room: another one is taken behind the same guard and before the same exit, and the call is made.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void FullRelay_IsGoneAround(int hop)
    {
        using GatewayMesh mesh = new();
        mesh.Register();
        string[] account = [.. mesh.AccountPath];
        mesh.Relay(account[hop]).SetVoiceCapacity(mesh.Now, 0);
        mesh.Answered();
        mesh.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(1, mesh.Node.VoiceRefusals);
        Assert.Equal(account[0], mesh.CallPath[0]);
        Assert.NotEqual(account[hop], mesh.CallPath[hop]);
        Assert.Equal(hop == 1 ? account[2] : mesh.CallPath[2], mesh.CallPath[2]);
        Assert.Single(mesh.Guards);
        Assert.InRange(mesh.AtFarSide.Count, 95, 300);

        // The account's own path stands on: a full relay is not a failed one.
        Assert.Empty(mesh.Events.OfType<PathGone>());
    }

    /// <summary>No relay behind the guard has room: three paths are tried, the phone hears 503 with a time, and the guard is the same after many calls.</summary>
    [Fact]
    public void FullNetwork_IsBusy_AndTheGuardStays()
    {
        using GatewayMesh mesh = new();
        mesh.Register();
        string guard = mesh.AccountPath[0];
        foreach (RelayNode relay in mesh.Relays.Where(relay => relay != mesh.Relay(guard)))
        {
            relay.SetVoiceCapacity(mesh.Now, 0);
        }

        for (int call = 0; call < 5; call++)
        {
            mesh.Phone.CallId = "busy-" + call;
            mesh.FromPhone(mesh.Phone.Invite());
            mesh.Run(TimeSpan.FromSeconds(3));
            SipResponse refused = mesh.PhoneGets(503);
            Assert.Contains("busy", refused.ReasonPhrase, StringComparison.Ordinal);
            Assert.InRange(int.Parse(refused.Headers.Find("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 5, 10);
            mesh.FromPhone(mesh.Phone.Ack(refused, refusal: true));
            mesh.Run(TimeSpan.FromSeconds(20));
        }

        Assert.InRange(mesh.Node.VoiceRefusals, 11, 15);
        Assert.Single(mesh.Guards);
        Assert.Equal(1, mesh.Node.PathCount);
        Assert.Empty(mesh.Events.OfType<PathGone>());
    }

    /// <summary>The guard itself has no room: it is asked again and not exchanged.</summary>
    [Fact]
    public void FullGuard_IsNotExchanged()
    {
        using GatewayMesh mesh = new();
        mesh.Register();
        mesh.Relay(mesh.AccountPath[0]).SetVoiceCapacity(mesh.Now, 0);
        mesh.FromPhone(mesh.Phone.Invite());
        mesh.Run(TimeSpan.FromSeconds(3));
        mesh.PhoneGets(503);
        Assert.Equal(CallBridges.AttemptsMax, mesh.Node.VoiceRefusals);
        Assert.Single(mesh.Guards);
    }

    /// <summary>A relay of the path goes: the phone hears of it in seconds, and the provider over a new path.</summary>
    [Fact]
    public void PathThatDies_EndsTheCallOnBothSides()
    {
        using GatewayMesh mesh = new();
        mesh.Register();
        mesh.Answered();
        mesh.Run(TimeSpan.FromSeconds(2));
        RelayNode middle = mesh.Relay(mesh.CallPath[1]);
        middle.Shutdown(mesh.Now);
        mesh.Run(TimeSpan.FromSeconds(1));
        SipRequest bye = mesh.PhoneGetsRequest("BYE");
        mesh.FromPhone(mesh.Phone.Respond(bye, 200));
        mesh.Run(TimeSpan.FromSeconds(8));
        mesh.ProviderGets("BYE");
        CallPathClosed closed = mesh.Events.OfType<CallPathClosed>().Single();
        Assert.Equal(PathReason.Destroyed, closed.Reason);
        Assert.InRange(closed.Voice!.ForwardSent, 100, 300);
    }

    /// <summary>A gateway that stalls skips ticks and media alike: nothing is bunched and nothing stands in a queue after.</summary>
    [Fact]
    public void StalledGateway_BunchesNothing()
    {
        using GatewayMesh mesh = new();
        mesh.Register();
        mesh.Answered();
        mesh.Run(TimeSpan.FromSeconds(2));
        mesh.Stall(TimeSpan.FromMilliseconds(130));
        mesh.Run(TimeSpan.FromMilliseconds(200));
        int before = mesh.AtFarSide.Count;
        List<Instant> sent = mesh.Sent;
        int from = sent.Count;
        mesh.Run(TimeSpan.FromSeconds(4));
        Assert.InRange(mesh.AtFarSide.Count - before, 198, 202);
        Assert.InRange(sent.Count - from, 200, 206);
        PathVoiceReport report = mesh.VoiceReport;
        Assert.InRange(report.TicksSkipped, 5, 7);
        Assert.Equal(0, report.DatagramsDropped);
    }
}
