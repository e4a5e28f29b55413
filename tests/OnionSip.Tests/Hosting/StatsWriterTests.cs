using System.Text;
using OnionSip.Hosting.Diagnostics;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>Counters that do not show a single call. (HOST.STATS, HOST.COLLECTOR)</summary>
public sealed class StatsWriterTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 16)]
    [InlineData(16, 16)]
    [InlineData(17, 32)]
    [InlineData(1000, 1024)]
    public void Count_IsRounded(long value, long shown) => Assert.Equal(shown, StatsWriter.Round(value));

    [Fact]
    public void TestNetwork_IsExact()
    {
        StatsWriter stats = new(isExact: true);
        stats.Add("cells", 17);
        Assert.Contains("\"cells\": 17", Encoding.UTF8.GetString(stats.ToJson()));
    }

    [Fact]
    public void Collections_AreTold()
    {
        System.GC.Collect(0);
        StatsWriter stats = new(isExact: true);
        stats.AddCollections();
        string text = Encoding.UTF8.GetString(stats.ToJson());
        Assert.Contains("\"gc.collections_0\": ", text);
        Assert.DoesNotContain("\"gc.collections_0\": 0", text);
        Assert.Contains("\"gc.longest_pause_us\": ", text);
    }
}
