using System;
using System.Diagnostics;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Runs;
using Xunit;

namespace OnionSip.EndToEnd.Calls;

/// <summary>What a phone hears when a party of the call dies, and that the next call works without a restart. (SIP.RULE-6)</summary>
[Collection(CallCollection.Name)]
public sealed class FailureTests(CallWorld world) : IAsyncLifetime
{
    private static readonly TimeSpan s_cleanEnd = TimeSpan.FromSeconds(12);

    public async ValueTask InitializeAsync() => await world.RepairAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task RelayKilled_MidCall_PhoneHearsTheEnd_AndTheNextCallWorks(int hop)
    {
        using BuiltinPhone callee = await world.MakeCalleeAsync();
        using BuiltinPhone caller = world.MakeCaller();
        PhoneCall call = await EstablishAsync(caller, callee);
        string victim = world.Gateway.LastPath[hop];
        world.Fleet.Kill(victim);
        await AssertEndsAsync(call);
        PhoneCall next = await EstablishAsync(caller, callee);
        Assert.DoesNotContain(victim, world.Gateway.LastPath);
        next.HangUp();
    }

    [Fact]
    public async Task ProviderKilled_MidCall_PhoneHearsTheEnd_AndTheNextCallWorks()
    {
        using BuiltinPhone callee = await world.MakeCalleeAsync();
        using BuiltinPhone caller = world.MakeCaller();
        PhoneCall call = await EstablishAsync(caller, callee);
        world.Provider.Kill();
        callee.Dispose();
        await AssertEndsAsync(call);

        world.StartProvider();
        using BuiltinPhone calleeAgain = await world.MakeCalleeAsync();
        PhoneCall next = await EstablishAsync(caller, calleeAgain);
        next.HangUp();
    }

    [Fact]
    public async Task GatewayStoppedMidCall_LeavesNothingHalfOpen_AndWorksAfterItsStart()
    {
        using BuiltinPhone callee = await world.MakeCalleeAsync();
        using BuiltinPhone caller = world.MakeCaller();
        PhoneCall call = await EstablishAsync(caller, callee);
        PhoneCall atCallee = await callee.Incoming.ReadAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await world.CountExitSocketsAsync());
        await world.Gateway.StopAsync();
        await AssertEndsAsync(call);
        Assert.Equal("the far side hung up", await atCallee.Ended.WaitAsync(s_cleanEnd, TestContext.Current.CancellationToken));
        bool released = await CallWorld.EventuallyAsync(async () => await world.CountExitSocketsAsync() == 0, 5);
        Assert.True(released, "exits keep sockets of a gateway that has gone");

        await world.StartGatewayAsync();
        PhoneCall next = await EstablishAsync(caller, callee);
        next.HangUp();
    }

    [Fact]
    public async Task GatewayKilledMidCall_ExitsLetGo_AndItWorksAfterItsStart()
    {
        using BuiltinPhone callee = await world.MakeCalleeAsync();
        using BuiltinPhone caller = world.MakeCaller();
        PhoneCall call = await EstablishAsync(caller, callee);
        PhoneCall atCallee = await callee.Incoming.ReadAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await world.CountExitSocketsAsync());
        world.Gateway.Kill();
        bool released = await CallWorld.EventuallyAsync(async () => await world.CountExitSocketsAsync() == 0, 30);
        Assert.True(released, "exits keep sockets of a gateway that has died");
        long silentSince = atCallee.Line.LastReceivedTimestamp;
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.Equal(silentSince, atCallee.Line.LastReceivedTimestamp);
        atCallee.HangUp();
        Assert.False(call.Ended.IsCompleted);

        await world.StartGatewayAsync();
        using BuiltinPhone again = world.MakeCaller();
        PhoneCall next = await EstablishAsync(again, callee);
        next.HangUp();
    }

    [Fact]
    public async Task NoRelayAnswers_PhoneHears503WithRetryAfter()
    {
        string folder = System.IO.Directory.CreateDirectory(System.IO.Path.Combine(world.Folder, "dead")).FullName;
        DemoPlan plan = new(folder, world.Plan.Block);
        using RelayFleet dead = await RelayFleet.PrepareAsync(plan, world.Dns.Local);
        using GatewayProcess gateway = await GatewayProcess.StartAsync(
            plan, dead.NetworkFile, dead.AuthorityKey, world.Certificates.AuthorityFile);
        using BuiltinPhone caller = world.MakeCaller(options => options with { Proxy = plan.GatewayEndPoint });
        long start = Stopwatch.GetTimestamp();
        PhoneCall call = caller.Dial(DemoPlan.Callee.User);
        Assert.False(await call.Answered.WaitAsync(TimeSpan.FromSeconds(25), TestContext.Current.CancellationToken));
        Assert.Equal(503, call.Refusal?.Status);
        Assert.True(uint.TryParse(call.Refusal!.Headers.Find("Retry-After"), out _), "Retry-After is there");
        Assert.Contains(' ', call.Refusal.ReasonPhrase);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
    }

    private static async Task<PhoneCall> EstablishAsync(BuiltinPhone caller, BuiltinPhone callee)
    {
        PhoneCall call = caller.Dial(callee.Account.User);
        bool answered = await CallTests.Answered(call);
        Assert.True(answered, "the call was not answered: " + (call.Ended.IsCompleted ? await call.Ended : "no answer"));
        bool heard = await CallWorld.EventuallyAsync(() => Task.FromResult(call.Line.FirstSoundTimestamp != 0), 8);
        Assert.True(heard, "the callee is not heard");
        return call;
    }

    private static async Task AssertEndsAsync(PhoneCall call)
    {
        long start = Stopwatch.GetTimestamp();
        Task first = await Task.WhenAny(call.Ended, Task.Delay(s_cleanEnd));
        Assert.True(first == call.Ended, $"the phone heard nothing for {s_cleanEnd.TotalSeconds} s");
        TestContext.Current.TestOutputHelper?.WriteLine($"ended after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms: {await call.Ended}");
        Assert.Equal("the far side hung up", await call.Ended);
    }
}
