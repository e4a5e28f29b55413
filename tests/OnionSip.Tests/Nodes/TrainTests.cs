using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>Trains are the plain polls in other portions. (MACHINE.TRAIN)</summary>
public sealed class TrainTests
{
    [Fact]
    public void SameInputsByTrain_GiveTheSameDatagramsInTheSameOrder()
    {
        List<string> plain = Record(usesTrains: false);
        List<string> trains = Record(usesTrains: true);
        Assert.True(plain.Count > 50);
        Assert.Equal(plain, trains);
    }

    private static List<string> Record(bool usesTrains)
    {
        List<string> wire = [];
        using NodeMesh mesh = new(relays: 6) { UsesTrains = usesTrains };
        mesh.Tap = (from, to, datagram) =>
        {
            wire.Add(from.Port + ":" + from.Address.Reveal() + ">" + to.Address.Reveal() + " " + Convert.ToHexString(datagram));
            return true;
        };
        PathId path = mesh.ReadyPath();
        mesh.Client.Resolve(mesh.Now, path, ResolveKind.A, "example.org"u8);
        mesh.Run(TimeSpan.FromSeconds(8));
        mesh.Client.ClosePath(mesh.Now, path);
        mesh.Run(TimeSpan.FromSeconds(1));
        return wire;
    }
}
