using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Streams.Exit;

/// <summary>EXIT.LIMITS: one link cannot take an exit's resolver, connections or associations from the others.</summary>
public sealed class ExitShareTests
{
    private static readonly Instant s_start = Instant.FromMilliseconds(1000);

    /// <summary>A link with as many circuits as it likes, then another: the first has half, the second gets its part.</summary>
    [Theory]
    [InlineData(ExitRequest.Resolution, ExitLimits.MaxResolutions)]
    [InlineData(ExitRequest.Association, ExitLimits.MaxAssociations)]
    [InlineData(ExitRequest.Connection, ExitLimits.MaxConnections)]
    public void OneLink_LeavesHalf(ExitRequest request, int all)
    {
        ExitAdmission admission = new();
        List<CircuitExitUse> first = [];
        Assert.Equal(all / 2, Fill(admission, 1, request, first));
        Assert.Equal(all / 2, Fill(admission, 2, request, []));
        first.ForEach(admission.ReleaseAll);
        Assert.Equal(all / 2, admission.Count(request));
        Assert.Equal(all / 2, Fill(admission, 3, request, []));
    }

    /// <summary>The control: circuits that are charged to nobody in particular, each its own payer, take everything.</summary>
    [Fact]
    public void WithoutPayers_OneLinkTakesAll()
    {
        ExitAdmission admission = new();
        int taken = 0;
        for (int circuit = 0; circuit < 1000; circuit++)
        {
            taken += admission.TryTake(s_start, new CircuitExitUse(circuit), ExitRequest.Resolution) == ControlStatus.None ? 1 : 0;
        }

        Assert.Equal(ExitLimits.MaxResolutions, taken);
    }

    [Fact]
    public void TwentyLinks_ShareEvenly()
    {
        ExitAdmission admission = new();
        bool any = true;
        Dictionary<int, int> taken = [];
        while (any)
        {
            any = false;
            for (int link = 1; link <= 20; link++)
            {
                bool got = admission.TryTake(s_start, new CircuitExitUse(link), ExitRequest.Resolution) == ControlStatus.None;
                taken[link] = taken.GetValueOrDefault(link) + (got ? 1 : 0);
                any |= got;
            }
        }

        Assert.All(taken.Values, static places => Assert.InRange(places, ExitLimits.MaxResolutions / 20, (ExitLimits.MaxResolutions / 20) + 1));
    }

    private static int Fill(ExitAdmission admission, long payer, ExitRequest request, List<CircuitExitUse> circuits)
    {
        int taken = 0;
        int refused = 0;
        while (refused < 2)
        {
            CircuitExitUse circuit = new(payer);
            circuits.Add(circuit);
            bool got = admission.TryTake(s_start, circuit, request) == ControlStatus.None;
            taken += got ? 1 : 0;
            refused = got ? 0 : refused + 1;
        }

        return taken;
    }
}
