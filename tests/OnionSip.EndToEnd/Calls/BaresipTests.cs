using System.IO;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Providers;
using OnionSip.Demo.Runs;
using Xunit;

namespace OnionSip.EndToEnd.Calls;

/// <summary>The demo itself, with phones and a provider of others. (SIP.RULE-13, SIP.RULE-14)</summary>
[Collection(CallCollection.Name)]
public sealed class BaresipTests(CallWorld world)
{
    [Fact]
    public async Task Demo_WithBaresipAndKamailio_IsGood()
    {
        if (BaresipPhone.Program is null || KamailioProvider.Program is null)
        {
            Assert.Skip("baresip and Kamailio are not installed (Debian packages baresip-core, kamailio, kamailio-tls-modules)");
        }

        byte block = (byte)(world.Plan.Block - 8);
        (DemoReport report, string output) = await RunAsync(block);
        if (!report.ToCallee.IsGood || !report.ToCaller.IsGood)
        {
            // Sound is a matter of time, and the machine may be busy with something else: once more, and what was heard is told.
            TestContext.Current.TestOutputHelper?.WriteLine("first run: " + report.ToCallee + " " + report.ToCaller);
            (report, output) = await RunAsync(block);
        }

        Assert.True(report.IsGood, report.ToJson() + "\n" + output);
        Assert.Equal("baresip", report.Phones);
        Assert.Equal(3, report.Path.Count);
        Assert.Contains($"127.{block}.4.1", report.GuardSaw);
        Assert.DoesNotContain($"127.{block}.4.1", report.ProviderSaw);
    }

    private static async Task<(DemoReport Report, string Output)> RunAsync(byte block)
    {
        StringWriter output = new();
        using DemoRun run = new(new(8, "baresip", Keep: false), output, block);
        return (await run.RunAsync(TestContext.Current.CancellationToken), output.ToString());
    }
}
