using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.CREATE, CIRCUIT.FRAGMENT, CIRCUIT.ID</summary>
public sealed class CreateTests
{
    private static readonly Instant s_later = Instant.FromMilliseconds(60_000);

    public static TheoryData<int> EveryFragment()
    {
        TheoryData<int> data = [];
        for (int index = 0; index <= CreatePieces.CountOf(CreateLayout.CreateBytes); index++)
        {
            data.Add(index);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EveryFragment))]
    public void OneFragment_Lost_CostsNoRoundTrip(int lost)
    {
        CircuitNetwork network = new(1, 61) { Loses = message => message == lost };
        network.Pump();
        Assert.Equal(ClientCircuitState.Open, network.Client.State);
        network.AssertForward(0);
    }

    [Fact]
    public void WholeCreate_LostThreeTimes_IsSentAgainAfter400And800And1600Milliseconds()
    {
        int cells = CreatePieces.CountOf(CreateLayout.CreateBytes) + 1;
        CircuitNetwork network = new(1, 62) { Loses = message => message < 3 * cells };
        Instant start = network.Now;
        network.Pump();
        List<double> sent = [];
        while (network.Client.State == ClientCircuitState.Creating && network.RunNextTimeout(s_later))
        {
            sent.Add((network.Now - start).TotalMilliseconds);
        }

        Assert.Equal([400, 1200, 2800], sent);
        Assert.Equal(ClientCircuitState.Open, network.Client.State);
    }

    [Fact]
    public void Create_NeverAnswered_FailsAfterFourTries()
    {
        CircuitNetwork network = new(1, 63) { Loses = static _ => true };
        Instant start = network.Now;
        network.Pump();
        while (network.RunNextTimeout(s_later))
        {
        }

        Assert.Equal(6000, (network.Now - start).TotalMilliseconds);
        Assert.Equal(ClientCircuitState.Closed, network.Client.State);
        Assert.Equal([ClientCircuitEventKind.Failed], network.ClientEvents.Select(circuitEvent => circuitEvent.Kind));
        Assert.Equal(1, network.Client.Drops[CircuitDrop.CreateTimeout]);
        Assert.Equal(4 * (CreatePieces.CountOf(CreateLayout.CreateBytes) + 1) + 1, network.MessagesSent);
    }

    /// <summary>
    /// CREATED is lost; the same CREATE comes again and gets the same CREATED, with no second circuit and no second
    /// handshake.
    /// </summary>
    [Fact]
    public void SameCreate_Again_IsAnsweredWithTheStoredCreated()
    {
        int createCells = CreatePieces.CountOf(CreateLayout.CreateBytes) + 1;
        int createdCells = CreatePieces.CountOf(CreateLayout.CreatedBytes) + 1;
        CircuitNetwork network = new(1, 64) { Loses = message =>
            message >= createCells && message < createCells + createdCells };
        network.Pump();
        Assert.Equal(ClientCircuitState.Creating, network.Client.State);
        network.RunNextTimeout(s_later);
        Assert.Equal(ClientCircuitState.Open, network.Client.State);
        Assert.Equal(1, network.Relays[0].Count);
        Assert.Single(network.EventsOf(0));
        network.AssertForward(0);
    }

    [Fact]
    public void AnotherCreate_UnderALiveId_IsDropped()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 65);
        foreach (byte[] message in CreatePieces.Of(network.Client.Id, network.Random(CreateLayout.CreateBytes)))
        {
            Assert.Equal(CircuitDrop.CircuitInUse, network.Relays[0].HandleMessage(
                network.Now, CircuitNetwork.ClientSide, false, message));
        }

        Assert.False(network.Relays[0].PollMessage(out _, new byte[WireLayout.CellBytes]));
        network.AssertForward(0);
    }

    [Fact]
    public void CreatedMessage_IsForgotten_WhenTheFirstCellComesOrTimeHasPassed()
    {
        CircuitNetwork used = CircuitNetwork.Built(1, 66);
        RelayCircuit circuit = used.Relays[0].Store.Find(used.Handles[0])!;
        Assert.Equal(CreateLayout.CreatedBytes, circuit.CreatedMessage.Length);
        used.AssertForward(0);
        Assert.Empty(circuit.CreatedMessage);
        CircuitNetwork unused = CircuitNetwork.Built(1, 67);
        unused.Relays[0].HandleTimeout(unused.Now + TimeSpan.FromMilliseconds(CircuitLimits.CreatedKeptMilliseconds));
        Assert.Empty(unused.Relays[0].Store.Find(unused.Handles[0])!.CreatedMessage);
    }

    /// <summary>
    /// A CREATE made for one relay is taken to another: it fails there, for the key, for the identity and for the
    /// network.
    /// </summary>
    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public void Create_SplicedToAnotherRelay_Fails(bool otherKey, bool otherIdentity, bool otherNetwork)
    {
        CircuitNetwork network = new(2, 68);
        X25519KeyPair key = otherKey ? network.Options[1].OnionKey : network.Options[0].OnionKey;
        RelayId identity = otherIdentity ? network.Options[1].Identity : network.Options[0].Identity;
        RelayCircuitOptions options = new(identity, key, otherNetwork ? network.Random(32) : network.NetworkId);
        RelayCircuitTable thief = new(network.Now, options, network.Entropy);
        byte[] message = new byte[WireLayout.CellBytes];
        while (network.Client.PollMessage(message))
        {
            thief.HandleMessage(network.Now, CircuitNetwork.ClientSide, false, message);
        }

        Assert.Equal(1, thief.Drops[CircuitDrop.HandshakeFailed]);
        Assert.Equal(0, thief.Count);
        Assert.True(thief.PollMessage(out _, message));
        Assert.Equal(CircuitDrop.None, network.Client.HandleMessage(network.Now, message));
        Assert.Equal(ClientCircuitState.Closed, network.Client.State);
    }

    /// <summary>The control of the test above: the same steps at the right relay.</summary>
    [Fact]
    public void Create_AtTheRelayItWasMadeFor_Works()
    {
        CircuitNetwork network = new(1, 68);
        RelayCircuitOptions options = new(network.Options[0].Identity, network.Options[0].OnionKey, network.NetworkId);
        RelayCircuitTable same = new(network.Now, options, network.Entropy);
        byte[] message = new byte[WireLayout.CellBytes];
        while (network.Client.PollMessage(message))
        {
            same.HandleMessage(network.Now, CircuitNetwork.ClientSide, false, message);
        }

        Assert.Equal(1, same.Count);
    }

    [Fact]
    public void EveryBit_OfCreated_Flipped_FailsTheCircuit()
    {
        for (int bit = 0; bit < CreateLayout.CreatedBytes * 8; bit += 149)
        {
            CircuitNetwork network = new(2, 69);
            network.Pump();
            network.Extend(1);
            byte[] created = CreatePieces.CreatedFor(network);
            created[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(CircuitDrop.HandshakeFailed, network.Client.CompleteExtend(network.Now, created));
            Assert.Equal(ClientCircuitState.Closed, network.Client.State);
        }
    }

    [Theory]
    [InlineData(false, 0x0000_0001u, true)]
    [InlineData(false, 0x8000_0001u, false)]
    [InlineData(true, 0x0000_0001u, false)]
    [InlineData(true, 0x8000_0001u, true)]
    [InlineData(true, 0x8000_0000u, false)]
    [InlineData(false, 0x0000_0000u, false)]
    public void CircuitIds_OfEachSide_HaveTheirHalf(bool weInitiatedLink, uint id, bool isPeers) =>
        Assert.Equal(isPeers, CircuitIdChoice.IsPeers(new CircuitId(id), weInitiatedLink));

    [Fact]
    public void DrawnIds_AreOfTheDrawersHalf()
    {
        SeededEntropy entropy = new(70);
        for (int draw = 0; draw < 1000; draw++)
        {
            Assert.True(
                CircuitIdChoice.IsPeers(CircuitIdChoice.Draw(weInitiatedLink: true, entropy), weInitiatedLink: false));
            Assert.True(
                CircuitIdChoice.IsPeers(CircuitIdChoice.Draw(weInitiatedLink: false, entropy), weInitiatedLink: true));
        }
    }

    /// <summary>No answer is larger than the question: not for a new CREATE, not for a repeated one.</summary>
    [Fact]
    public void Answer_IsNeverLarger()
    {
        CircuitNetwork network = new(1, 71);
        byte[] message = new byte[WireLayout.CellBytes];
        int asked = 0;
        for (int round = 0; round < 3; round++)
        {
            foreach (byte[] fragment in CreatePieces.Sent(network, round))
            {
                asked++;
                network.Relays[0].HandleMessage(network.Now, CircuitNetwork.ClientSide, false, fragment);
            }
        }

        int answered = 0;
        while (network.Relays[0].PollMessage(out _, message))
        {
            answered++;
        }

        Assert.Equal(3 * (CreatePieces.CountOf(CreateLayout.CreatedBytes) + 1), answered);
        Assert.True(answered <= asked, $"{answered} for {asked}");
    }
}
