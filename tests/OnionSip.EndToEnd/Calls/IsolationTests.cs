using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Providers;
using OnionSip.Demo.Runs;
using OnionSip.Demo.Scores;
using Xunit;

namespace OnionSip.EndToEnd.Calls;

/// <summary>The gateway talks to the phone and to its guard and to nobody else: shown in a network namespace of its own. (SIP.GATEWAY)</summary>
[Collection(CallCollection.Name)]
public sealed class IsolationTests(CallWorld world)
{
    private const int FirstPort = 21_000;

    [Fact]
    public async Task GatewayAlone_SendsToThePhoneAndItsGuardOnly()
    {
        using NetworkNamespace? space = NetworkNamespace.TryMake(world.Plan.Block, out string reason);
        if (space is null)
        {
            Assert.Skip(reason);
        }

        List<(string, IPEndPoint)> relays = [];
        for (int index = 0; index < DemoPlan.RelayCount; index++)
        {
            relays.Add((DemoPlan.RelayNames[index], new(space.Outside, FirstPort + (2 * index))));
        }

        if (!space.TryCount(relays, out string said))
        {
            Assert.Skip("nothing counts packets here (nftables): " + said.Trim());
        }

        string folder = System.IO.Directory.CreateDirectory(System.IO.Path.Combine(world.Folder, "isolated")).FullName;
        DemoPlan plan = new(folder, world.Plan.Block);
        using RelayFleet fleet = await RelayFleet.StartAsync(plan, world.Dns.Local, index => relays[index].Item2);
        using GatewayProcess gateway = await GatewayProcess.StartAsync(
            plan, fleet.NetworkFile, fleet.AuthorityKey, world.Certificates.AuthorityFile, new(plan.GatewayEndPoint, space.Inside, space.Prefix));
        await CallThroughAsync(space, plan);

        string guard = gateway.LastPath[0];
        Assert.True(space.Packets("local") > 100, "the phone was spoken to");
        Assert.True(space.Packets(guard) > 100, "the guard was spoken to");
        Assert.Equal(0, space.Packets("other"));
        foreach (string name in DemoPlan.RelayNames)
        {
            Assert.True(name == guard || space.Packets(name) == 0, $"the gateway spoke to {name}, which is not its guard");
        }

        AssertCounterWorks(space);
    }

    private async Task CallThroughAsync(NetworkNamespace space, DemoPlan plan)
    {
        using BuiltinPhone callee = await world.MakeCalleeAsync();
        using BuiltinPhone caller = world.MakeCaller(options => options with
        {
            Proxy = plan.GatewayEndPoint,
            MakeSockets = space.Do,
        });
        Assert.True((await caller.RegisterAsync())?.IsSuccess);
        PhoneCall call = caller.Dial(callee.Account.User);
        Assert.True(await CallTests.Answered(call));
        PhoneCall incoming = await callee.Incoming.ReadAsync(TestContext.Current.CancellationToken);
        await Task.Delay(4500, TestContext.Current.CancellationToken);
        call.HangUp();
        await incoming.Ended.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        AudioScore score = AudioComparison.Compare(world.Speech.Caller, incoming.Line.Heard, 4);
        Assert.True(score.IsGood, score.ToString());
    }

    /// <summary>The control: a packet to anybody else is counted.</summary>
    private static void AssertCounterWorks(NetworkNamespace space)
    {
        space.Do(() =>
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            return socket.SendTo([1], new IPEndPoint(space.Outside, 9));
        });
        Assert.Equal(1, space.Packets("other"));
    }
}
