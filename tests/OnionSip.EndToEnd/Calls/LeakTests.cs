using System;
using System.Linq;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Runs;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.EndToEnd.Calls;

/// <summary>What a talkative phone says never reaches the provider's side. (SIP.GATEWAY.LEAKS)</summary>
[Collection(CallCollection.Name)]
public sealed class LeakTests(CallWorld world) : IAsyncLifetime
{
    private const string Canary = "zqcanary7f3";

    public async ValueTask InitializeAsync() => await world.RepairAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Canaries_InEveryFieldOfThePhone_ReachNobody()
    {
        world.StartProvider();
        ReceivedBytes atCallee = new();
        using BuiltinPhone callee = await world.MakeCalleeAsync(options => options with { Record = atCallee });
        using BuiltinPhone caller = world.MakeCaller(options => options with { Canary = Canary });
        Assert.True((await caller.RegisterAsync())?.IsSuccess);
        PhoneCall call = caller.Dial(callee.Account.User);
        Assert.True(await CallTests.Answered(call));
        // The gateway's first report comes after half to one and a half intervals of five seconds (MEDIA.RTCP).
        for (int wait = 0; wait < 100 && atCallee.Without("rtp").Without("sip").Bytes == 0; wait++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        call.HangUp();
        await Task.Delay(500, TestContext.Current.CancellationToken);

        ReceivedBytes atProvider = world.Provider.Record;
        Assert.True(atProvider.Contains("sip:" + DemoPlan.Caller.User + "@"), "the account is there");
        Assert.True(atProvider.Contains("sip:" + DemoPlan.Callee.User + "@"), "the number dialled is there");
        AssertHoldsNone(atProvider, caller);
        AssertHoldsNone(atCallee.Without("rtp"), caller);
        Assert.True(atCallee.Without("rtp").Without("sip").Bytes > 0, "RTCP was seen");
        Assert.DoesNotContain(world.Dns.Questions, question => question.Name.Contains(Canary, StringComparison.OrdinalIgnoreCase));
        GatewayReport? ended = await world.Gateway.WaitForAsync("call_ended", TimeSpan.FromSeconds(5), world.Gateway.CountOf("call_ended") - 1);
        Assert.True(ended!.Body.GetProperty("kept_back").EnumerateObject().Count() >= 6, "the gateway counted what it kept back");
    }

    /// <summary>The control: without the gateway the same phone tells all of it, so the search can find it.</summary>
    [Fact]
    public async Task Canaries_WithoutTheGateway_ReachTheProvider()
    {
        world.StartProvider();
        using BuiltinPhone callee = await world.MakeCalleeAsync();
        using BuiltinPhone caller = world.MakeCaller(options => options with { Canary = Canary, Proxy = world.Provider.PlainEndPoint });
        PhoneCall call = caller.Dial(callee.Account.User);
        Assert.True(await CallTests.Answered(call));
        call.HangUp();
        await Task.Delay(300, TestContext.Current.CancellationToken);
        ReceivedBytes atProvider = world.Provider.Record;
        string[] fields = [" display", "-callid", "-contact", "-origin", " session", " tool", "-sdp", "-x-header", "-identity", " phone 1.0"];
        Assert.All(fields, field => Assert.True(atProvider.Contains(Canary + field), field));
        Assert.True(Evidence.Holds(atProvider, [world.Plan.CallerPhone]));
        Assert.True(Evidence.Holds(atProvider.Sources.Keys, [world.Plan.CallerPhone]));
    }

    private void AssertHoldsNone(ReceivedBytes bytes, BuiltinPhone caller)
    {
        Assert.False(bytes.IsCut);
        Assert.False(bytes.Contains(Canary));
        Assert.False(bytes.Contains(caller.LocalText));
        Assert.False(Evidence.Holds(bytes, [world.Plan.CallerPhone, world.Plan.GatewayLocal, world.Plan.GatewayUpstream]));
        Assert.False(Evidence.Holds(bytes.Sources.Keys, [world.Plan.CallerPhone, world.Plan.GatewayLocal, world.Plan.GatewayUpstream]));
    }
}
