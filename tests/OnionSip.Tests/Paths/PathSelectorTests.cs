using System;
using System.Collections.Generic;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Paths;
using OnionSip.Tests.Directory;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Paths;

/// <summary>PATH.SHAPE, PATH.DISTINCT, PATH.GUARDS, PATH.SELECT</summary>
public sealed class PathSelectorTests
{
    private static readonly NetworkDocument s_document = TestRelays.Document(
        (1, TestRelays.Descriptor(1, "192.0.2.1:9000", RelayRoles.Guard)),
        (2, TestRelays.Descriptor(2, "198.51.100.1:9000", RelayRoles.Guard)),
        (3, TestRelays.Descriptor(3, "203.0.113.1:9000", RelayRoles.Middle, capacity: 10)),
        (4, TestRelays.Descriptor(4, "203.1.113.1:9000", RelayRoles.Middle, capacity: 990)),
        (5, TestRelays.Descriptor(5, "203.2.113.1:9000", RelayRoles.Exit | RelayRoles.Middle)));

    private static bool Any(RelayId relay) => true;

    [Fact]
    public void Paths_HaveRolesAndKeepOneGuard()
    {
        PathSelector selector = new(new SeededEntropy(1));
        RelayId guard = selector.Select(s_document, Any)!.Guard.Identity;
        for (int draw = 0; draw < 200; draw++)
        {
            RelayPath path = selector.Select(s_document, Any)!;
            Assert.Equal(guard, path.Guard.Identity);
            Assert.Equal("relay5", path.Exit.Name);
            Assert.Contains(path.Middle.Name, new[] { "relay3", "relay4" });
        }
    }

    [Fact]
    public void Middles_AreWeightedByCapacity()
    {
        PathSelector selector = new(new SeededEntropy(2));
        int small = 0;
        for (int draw = 0; draw < 2000; draw++)
        {
            small += selector.Select(s_document, Any)!.Middle.Name == "relay3" ? 1 : 0;
        }

        Assert.InRange(small, 5, 45);
    }

    [Fact]
    public void FailedGuard_GivesWayAndComesBack()
    {
        PathSelector selector = new(new SeededEntropy(3));
        RelayId guard = selector.Select(s_document, Any)!.Guard.Identity;
        Assert.NotEqual(guard, selector.Select(s_document, relay => relay != guard)!.Guard.Identity);
        Assert.Equal(guard, selector.Select(s_document, Any)!.Guard.Identity);
    }

    [Fact]
    public void RestoredGuards_AreUsed()
    {
        PathSelector selector = new(new SeededEntropy(4));
        selector.RestoreGuards([s_document.Find(TestRelays.Descriptor(2, "198.51.100.1:9000").Identity)!.Identity]);
        Assert.Equal("relay2", selector.Select(s_document, Any)!.Guard.Name);
        Assert.Equal(PathSelector.GuardsMax, selector.Guards.Count);
    }

    [Theory]
    [InlineData("192.0.2.1:9000", "192.0.200.9:1", "", "", false)]
    [InlineData("192.0.2.1:9000", "192.1.2.1:9000", "", "", true)]
    [InlineData("192.0.2.1:9000", "192.1.2.1:9000", "acme", "acme", false)]
    [InlineData("[2001:db8::1]:9", "[2001:db8:ffff::1]:9", "", "", false)]
    [InlineData("[2001:db8::1]:9", "[2001:db9::1]:9", "", "", true)]
    public void FamilyAndNetwork_KeepRelaysApart(string left, string right, string leftFamily, string rightFamily, bool allowed)
    {
        RelayDescriptor a = TestRelays.Descriptor(1, left, family: leftFamily);
        RelayDescriptor b = TestRelays.Descriptor(2, right, family: rightFamily);
        Assert.Equal(allowed, PathConstraints.Allows(a, [b], isTestNetwork: false));
        Assert.False(PathConstraints.Allows(a, [a], isTestNetwork: true));
    }

    [Fact]
    public void TooFewRelays_IsNoPath()
    {
        NetworkDocument small = TestRelays.Document((1, TestRelays.Descriptor(1, "192.0.2.1:9000")), (2, TestRelays.Descriptor(2, "198.51.100.1:9000")));
        Assert.Null(new PathSelector(new SeededEntropy(5)).Select(small, Any));
    }
}
