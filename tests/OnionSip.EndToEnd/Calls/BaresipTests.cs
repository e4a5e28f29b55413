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

        StringWriter output = new();
        byte block = (byte)(world.Plan.Block - 8);
        using DemoRun run = new(new(5, "baresip", Keep: false), output, block);
        DemoReport report = await run.RunAsync(TestContext.Current.CancellationToken);
        Assert.True(report.IsGood, report.ToJson() + "\n" + output);
        Assert.Equal("baresip", report.Phones);
        Assert.Equal(3, report.Path.Count);
        Assert.Contains($"127.{block}.4.1", report.GuardSaw);
        Assert.DoesNotContain($"127.{block}.4.1", report.ProviderSaw);
    }
}
