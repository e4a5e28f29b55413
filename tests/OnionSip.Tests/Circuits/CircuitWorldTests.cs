using System;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Random operations and every fault: nothing arrives twice, altered, or at the wrong end, and no table outgrows
/// its limit. CIRCUIT.SLOT, CIRCUIT.DESTROY, CIRCUIT.LIMITS
/// </summary>
public sealed class CircuitWorldTests
{
    [Fact]
    public void RandomOperations_WithEveryFault_KeepThePromises()
    {
        int arrived = 0;
        int hops = 0;
        for (ulong seed = 1; seed <= 60; seed++)
        {
            CircuitWorld world = new(seed);
            try
            {
                world.Run(3000);
                world.Finish();
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed}", failure);
            }

            arrived += world.Arrived;
            hops += world.Hops;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{arrived} bodies arrived over {hops} hops");
        Assert.True(arrived > 10_000, $"only {arrived} bodies arrived");
        Assert.True(hops > 500, $"only {hops} hops were made");
    }
}
