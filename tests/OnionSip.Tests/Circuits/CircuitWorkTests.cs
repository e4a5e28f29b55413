using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>NODE.WORK, CIRCUIT.SHARES: handshakes of CREATE are handed out, in turns, and taken back if they are still wanted.</summary>
public sealed class CircuitWorkTests
{
    private static readonly LinkId s_link = CircuitNetwork.ClientSide;

    private readonly byte[] _message = new byte[WireLayout.CellBytes];

    [Fact]
    public void Handshake_HandedOut_GivesTheSameCreatedAsOnTheSpot()
    {
        List<byte[]>[] answers = new List<byte[]>[2];
        for (int form = 0; form < 2; form++)
        {
            CircuitNetwork network = new(1, 501);
            RelayCircuitOptions options = form == 0 ? network.Options[0] : HandingOut(network.Options[0]);
            RelayCircuitTable relay = new(network.Now, options, new SeededEntropy(7));
            Ask(network, relay, s_link);
            if (form == 1)
            {
                Assert.Equal((0, 1), (relay.Count, relay.WaitingCount));
                Assert.False(relay.PollMessage(out _, _message));
                RunAll(network.Now, relay);
            }

            Assert.Equal((1, 0), (relay.Count, relay.WaitingCount));
            answers[form] = Messages(relay);
        }

        Assert.Equal(6, answers[0].Count);
        Assert.Equal(answers[0], answers[1]);
    }

    [Fact]
    public void FragmentsMeanwhile_AreRepeated_OrOfAnotherCreate()
    {
        CircuitNetwork network = new(1, 502);
        RelayCircuitTable relay = new(network.Now, HandingOut(network.Options[0]), network.Entropy);
        Ask(network, relay, s_link);
        List<byte[]> again = CreatePieces.Sent(network, 1);
        Assert.Equal(CircuitDrop.RepeatedFragment, relay.HandleMessage(network.Now, s_link, false, again[0]));
        byte[] other = CreatePieces.Of(network.Client.Id, network.Random(CreateLayout.CreateBytes))[0];
        Assert.Equal(CircuitDrop.CircuitInUse, relay.HandleMessage(network.Now, s_link, false, other));
        RunAll(network.Now, relay);
        Assert.Equal(1, relay.Count);
        Assert.Equal(6, Messages(relay).Count);
    }

    public enum Mishap
    {
        LinkClosed,
        Destroyed,
        TableFull,
        GarbledCreate,
    }

    /// <summary>What was true when the handshake left need not be true when it comes back.</summary>
    [Theory]
    [InlineData(Mishap.LinkClosed, CircuitDrop.StaleWork, 0)]
    [InlineData(Mishap.Destroyed, CircuitDrop.StaleWork, 0)]
    [InlineData(Mishap.TableFull, CircuitDrop.TooManyCircuits, 1)]
    [InlineData(Mishap.GarbledCreate, CircuitDrop.HandshakeFailed, 1)]
    public void Handshake_ComingBackTooLate_MakesNoCircuit(Mishap mishap, CircuitDrop reason, int destroys)
    {
        CircuitNetwork network = new(1, 503);
        RelayCircuitTable relay = new(network.Now, HandingOut(network.Options[0], maxCircuits: 1), network.Entropy);
        if (mishap == Mishap.GarbledCreate)
        {
            List<byte[]> garbage = CreatePieces.Of(network.Client.Id, new byte[CreateLayout.CreateBytes]);
            garbage.ForEach(message => relay.HandleMessage(network.Now, s_link, false, message));
        }
        else
        {
            Ask(network, relay, s_link);
        }

        Assert.True(relay.PollWork(network.Now, out NodeWork? work));
        switch (mishap)
        {
            case Mishap.LinkClosed:
                relay.HandleLinkClosed(network.Now, s_link);
                break;
            case Mishap.Destroyed:
                LinkMessage.WriteDestroy(_message, network.Client.Id);
                Assert.Equal(CircuitDrop.None, relay.HandleMessage(network.Now, s_link, false, _message));
                break;
            case Mishap.TableFull:
                network.Client = network.NewClient();
                Ask(network, relay, new LinkId(5));
                RunAll(network.Now, relay);
                Assert.Equal(1, relay.Count);
                Messages(relay);
                break;
            default:
                break;
        }

        int before = relay.Count;
        work.Run();
        Assert.True(relay.HandleWork(network.Now, work));
        Assert.Equal(1, relay.Drops[reason]);
        Assert.Equal((before, 0), (relay.Count, relay.WaitingCount));
        Assert.Equal(destroys, Messages(relay).Count);
        CreateWork create = Assert.IsType<CreateWork>(work);
        Assert.All(create.Keys.Forward.ToArray(), static value => Assert.Equal(0, value));
        Assert.All(create.Keys.Backward.ToArray(), static value => Assert.Equal(0, value));
    }

    [Fact]
    public void WorkOut_IsBounded_AndTheRestWaits()
    {
        CircuitNetwork network = new(1, 504);
        RelayCircuitTable relay = new(network.Now, HandingOut(network.Options[0]), network.Entropy);
        for (int create = 0; create < CircuitLimits.MaxWork + 3; create++)
        {
            Ask(network, relay, s_link);
            network.Client = network.NewClient();
        }

        Queue<NodeWork> held = new();
        while (relay.PollWork(network.Now, out NodeWork? work))
        {
            held.Enqueue(work);
        }

        Assert.Equal(CircuitLimits.MaxWork, held.Count);
        NodeWork first = held.Dequeue();
        first.Run();
        relay.HandleWork(network.Now, first);
        Assert.True(relay.PollWork(network.Now, out _));
        Assert.False(relay.PollWork(network.Now, out _));
    }

    /// <summary>
    /// One link sends fifty CREATEs, then another sends one: the one waits for a turn, not for the fifty. With one queue for all, which
    /// is what a relay with one payer has, it comes last.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OneLinksStorm_DoesNotDelayAnothers(bool isFair)
    {
        CircuitNetwork network = new(1, 505);
        RelayCircuitOptions options = HandingOut(network.Options[0], isFair ? null : new SamePrefix());
        RelayCircuitTable relay = new(network.Now, options, network.Entropy);
        for (int create = 0; create < 50; create++)
        {
            Ask(network, relay, s_link);
            network.Client = network.NewClient();
        }

        Ask(network, relay, new LinkId(2));
        int before = 0;
        while (relay.CircuitsOn(new LinkId(2)) == 0)
        {
            before++;
            Assert.True(relay.PollWork(network.Now, out NodeWork? work));
            work.Run();
            relay.HandleWork(network.Now, work);
        }

        Assert.Equal(isFair ? CircuitLimits.RelayWeight + 1 : 51, before);
    }

    [Fact]
    public void WholeBudget_PacesWhatWaits()
    {
        CircuitNetwork network = new(1, 506);
        RelayCircuitOptions options = new(network.Options[0].Identity, network.Options[0].OnionKey, network.NetworkId)
        {
            HandshakesPerSecond = 10,
            HandshakeBurst = 2,
        };
        RelayCircuitTable relay = new(network.Now, options, network.Entropy);
        for (int create = 0; create < 5; create++)
        {
            Ask(network, relay, s_link);
            network.Client = network.NewClient();
        }

        Assert.Equal((2, 3), (relay.Count, relay.WaitingCount));
        Assert.Equal(100, (relay.PollTimeout() - network.Now).TotalMilliseconds);
        network.Now = relay.PollTimeout();
        relay.HandleTimeout(network.Now);
        Assert.Equal((3, 2), (relay.Count, relay.WaitingCount));
        relay.HandleTimeout(network.Now + TimeSpan.FromSeconds(1));
        Assert.Equal((5, 0), (relay.Count, relay.WaitingCount));
    }

    [Fact]
    public void Disposed_TheTableHasNoKeyLeft()
    {
        CircuitNetwork network = CircuitNetwork.Built(2, 507);
        RelayCircuit circuit = network.Relays[0].Store.Find(network.Handles[0])!;
        Assert.Contains(circuit.Forward.Ratchet.Chain.ToArray(), static value => value != 0);
        network.Relays[0].Dispose();
        Assert.All(circuit.Forward.Ratchet.Chain.ToArray(), static value => Assert.Equal(0, value));
        Assert.All(circuit.Backward.Ratchet.Chain.ToArray(), static value => Assert.Equal(0, value));
    }

    internal static RelayCircuitOptions HandingOut(
        RelayCircuitOptions from, ILinkOrigins? origins = null, int maxCircuits = CircuitLimits.MaxCircuits)
    {
        RelayCircuitOptions options = new(from.Identity, from.OnionKey, from.NetworkId)
        {
            HandsOutWork = true,
            Origins = origins,
            MaxCircuits = maxCircuits,
            ClientShare = LinkShare.Client with { MaxWaiting = 200 },
            PrefixShare = LinkShare.Prefix with { MaxWaiting = 200 },
        };
        options.SetDocumentDigest(from.DocumentDigest);
        return options;
    }

    /// <summary>Hands the client's CREATE to a relay, message by message.</summary>
    internal static void Ask(CircuitNetwork network, RelayCircuitTable relay, LinkId link)
    {
        byte[] message = new byte[WireLayout.CellBytes];
        while (network.Client.PollMessage(message))
        {
            relay.HandleMessage(network.Now, link, weInitiatedLink: false, message);
        }
    }

    private static void RunAll(Instant now, RelayCircuitTable relay)
    {
        while (relay.PollWork(now, out NodeWork? work))
        {
            work.Run();
            Assert.True(relay.HandleWork(now, work));
        }
    }

    private static List<byte[]> Messages(RelayCircuitTable relay)
    {
        List<byte[]> messages = [];
        byte[] message = new byte[WireLayout.CellBytes];
        while (relay.PollMessage(out _, message))
        {
            messages.Add((byte[])message.Clone());
        }

        return messages;
    }

    private sealed class SamePrefix : ILinkOrigins
    {
        public LinkOrigin OriginOf(LinkId link) => new(IsRelay: false, 7);
    }
}
