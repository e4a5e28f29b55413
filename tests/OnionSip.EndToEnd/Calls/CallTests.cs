using System.Net;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Runs;
using OnionSip.Demo.Scores;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.EndToEnd.Calls;

/// <summary>Whole calls through relay and gateway processes. (SIP.GATEWAY, SIP.RULE-13, SIP.RULE-14)</summary>
[Collection(CallCollection.Name)]
public sealed class CallTests(CallWorld world) : IAsyncLifetime
{
    private const int SpeechSeconds = 5;

    public async ValueTask InitializeAsync() => await world.RepairAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(false, "PCMU", "PCMU")]
    [InlineData(true, "PCMA", "PCMU")]
    public async Task Call_IsHeardBothWays(bool useTcp, string callerCodec, string calleeCodec)
    {
        using BuiltinPhone callee = await world.MakeCalleeAsync(options => options with { Codec = calleeCodec, Record = new() });
        using BuiltinPhone caller = world.MakeCaller(options => options with { UseTcp = useTcp, Codec = callerCodec });
        Assert.True((await caller.RegisterAsync())?.IsSuccess);
        PhoneCall call = caller.Dial(callee.Account.User);
        Assert.True(await Answered(call));
        PhoneCall incoming = await callee.Incoming.ReadAsync(Cancel);
        await Task.Delay((SpeechSeconds * 1000) + 600, Cancel);
        call.HangUp();
        Assert.Equal("the far side hung up", await incoming.Ended.WaitAsync(System.TimeSpan.FromSeconds(5), Cancel));

        AssertHeard(world.Speech.Caller, incoming.Line.Heard);
        AssertHeard(world.Speech.Callee, call.Line.Heard);
        IPEndPoint source = Assert.Single(incoming.Line.Sources);
        Assert.StartsWith("relay", world.Plan.NameOf(source.Address), System.StringComparison.Ordinal);
    }

    [Fact]
    public async Task IncomingCall_RingsThePhoneBehindTheGateway_AndIsHeardBothWays()
    {
        using BuiltinPhone far = await world.MakeCalleeAsync();
        using BuiltinPhone near = world.MakeCaller();
        Assert.True((await near.RegisterAsync())?.IsSuccess);
        PhoneCall call = far.Dial(near.Account.User);
        Assert.True(await Answered(call));
        PhoneCall incoming = await near.Incoming.ReadAsync(Cancel);
        await Task.Delay((SpeechSeconds * 1000) + 600, Cancel);
        call.HangUp();
        await incoming.Ended.WaitAsync(System.TimeSpan.FromSeconds(5), Cancel);

        AssertHeard(world.Speech.Callee, incoming.Line.Heard);
        AssertHeard(world.Speech.Caller, call.Line.Heard);
    }

    [Fact]
    public async Task WrongPassword_IsRefusedByTheProvider()
    {
        using BuiltinPhone caller = world.MakeCaller(options => options with { Account = options.Account with { Password = "wrong" } });
        SipResponse? response = await caller.RegisterAsync();
        Assert.Equal(401, response?.Status);
    }

    [Fact]
    public async Task CalledNumber_ThatNobodyHas_IsRefusedWithTheProvidersAnswer()
    {
        using BuiltinPhone caller = world.MakeCaller();
        PhoneCall call = caller.Dial("nobody");
        Assert.False(await Answered(call));
        Assert.Equal(404, call.Refusal?.Status);
    }

    [Fact]
    public async Task Cancel_WhileItRings_EndsTheCallOnBothSides()
    {
        using BuiltinPhone callee = await world.MakeCalleeAsync(options => options with { AnswerAfter = System.TimeSpan.FromSeconds(30) });
        using BuiltinPhone caller = world.MakeCaller();
        PhoneCall call = caller.Dial(callee.Account.User);
        await call.Ringing.WaitAsync(System.TimeSpan.FromSeconds(10), Cancel);
        call.HangUp();
        await call.Ended.WaitAsync(System.TimeSpan.FromSeconds(5), Cancel);
        Assert.Equal(487, call.Refusal?.Status);
    }

    internal static async Task<bool> Answered(PhoneCall call) => await call.Answered.WaitAsync(System.TimeSpan.FromSeconds(20), Cancel);

    private static System.Threading.CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static void AssertHeard(WaveSound sent, WaveSound heard)
    {
        AudioScore score = AudioComparison.Compare(sent, heard, SpeechSeconds);
        Assert.True(score.IsGood, score.ToString());
    }
}
