using System;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.RATCHET</summary>
public sealed class RatchetTests
{
    private const int DayOfSlots = 4_320_000;
    private const uint Base = 0xFFFF_F000;

    [Fact]
    public void OldKey_IsKeptUntilTheWindowLeavesItsEpoch_ThenErased()
    {
        RecordingCipherFactory ciphers = new();
        LayerRatchet ratchet = new(LayerDirection.Forward, ciphers);
        ratchet.Start(new byte[LayerRatchet.ChainBytes]);
        byte[] first = ciphers.KeysSet[0];
        ratchet.MoveTo(CircuitLimits.EpochSlots - 1);
        Assert.Single(ciphers.KeysSet);
        ratchet.MoveTo(CircuitLimits.EpochSlots);
        Assert.Contains(ciphers.Made, cipher => cipher.Key == first);
        ratchet.MoveTo(CircuitLimits.EpochSlots + CircuitLimits.WindowSlots - 2);
        Assert.True(ratchet.HasPrevious);
        ratchet.MoveTo(CircuitLimits.EpochSlots + CircuitLimits.WindowSlots - 1);
        Assert.False(ratchet.HasPrevious);
        Assert.DoesNotContain(ciphers.Made, cipher => cipher.Key == first);
        Assert.Single(ciphers.Made, cipher => cipher.Key is not null);
    }

    [Fact]
    public void Chain_OfAnEpoch_IsOverwrittenByTheNext()
    {
        LayerRatchet ratchet = new(LayerDirection.Backward, Hctr2CipherFactory.Instance);
        byte[] chain = Enumerable.Range(0, 32).Select(value => (byte)value).ToArray();
        ratchet.Start(chain);
        Assert.Equal(chain, ratchet.Chain.ToArray());
        ratchet.MoveTo(CircuitLimits.EpochSlots);
        Assert.NotEqual(chain, ratchet.Chain.ToArray());
        ratchet.Erase();
        Assert.Equal(new byte[32], ratchet.Chain.ToArray());
    }

    [Fact]
    public void ErasedCipher_IsNotUsable()
    {
        LayerCipher cipher = Hctr2CipherFactory.Instance.Create();
        cipher.SetKey(new byte[32]);
        cipher.Erase();
        Assert.Throws<ObjectDisposedException>(() => cipher.Encrypt(new byte[8], new byte[248]));
    }

    [Fact]
    public void Destroyed_Circuit_LeavesNoKeyBehind()
    {
        RecordingCipherFactory ciphers = new();
        CircuitNetwork network = CircuitNetwork.Built(3, 41, ciphers);
        network.AssertForward(2);
        network.AssertBackward(2);
        network.Client.Close(network.Now);
        network.Pump();
        Assert.NotEmpty(ciphers.Made);
        Assert.DoesNotContain(ciphers.Made, cipher => cipher.Key is not null);
    }

    [Fact]
    public void DirectionsHopsAndEpochs_AllHaveDifferentKeys()
    {
        RecordingCipherFactory ciphers = new();
        CircuitNetwork network = CircuitNetwork.Built(3, 42, ciphers);
        for (int index = 0; index < CircuitLimits.EpochSlots + 1; index++)
        {
            network.AssertForward(2);
            network.AssertBackward(2);
        }

        // Three hops, two directions, two epochs; each key at the client and at its hop.
        string[] keys = ciphers.KeysSet.Select(Convert.ToHexString).ToArray();
        Assert.Equal(24, keys.Length);
        Assert.Equal(12, keys.Distinct().Count());
    }

    /// <summary>
    /// A day at 50 cells a second in the widest jumps: each cell opens, and nothing of the past ever does again.
    /// </summary>
    [Fact]
    public void DayOfSlots_InJumps_OpensEveryCellAndNoOldOne()
    {
        byte[] chain = new byte[LayerRatchet.ChainBytes];
        LayerRatchet sender = new(LayerDirection.Forward, Hctr2CipherFactory.Instance);
        HopLayer hop = new(LayerDirection.Forward, Hctr2CipherFactory.Instance);
        sender.Start(chain);
        hop.Start(Base, chain);
        byte[] caught = Seal(sender, 0);
        Assert.Equal(CircuitDrop.None, hop.TryDecrypt(SlotOf(0), (byte[])caught.Clone(), out _));
        for (long index = CircuitLimits.AheadSlots; index < DayOfSlots; index += CircuitLimits.AheadSlots)
        {
            byte[] cell = Seal(sender, index);
            Assert.Equal(CircuitDrop.None, hop.TryDecrypt(SlotOf(index), cell, out _));
            Assert.True(OwnedCell.HasMark(cell));
            Assert.Equal(CircuitDrop.SlotReplayed, hop.TryDecrypt(SlotOf(index), cell, out _));
            Assert.Equal(CircuitDrop.SlotTooOld, hop.TryDecrypt(SlotOf(0), (byte[])caught.Clone(), out _));
        }

        Assert.True(hop.Ratchet.Epoch >= 1054);
    }

    /// <summary>A whole day, cell by cell, through a relay and back into its window.</summary>
    [Fact]
    public void DayOfSlots_CellByCell_PassesOneRelay()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 43, new MarkingCipherFactory());
        byte[] cell = new byte[WireLayout.CellBytes];
        byte[] first = network.SealForward(0, [], out Slot firstSlot);
        for (int index = 1; index < DayOfSlots; index++)
        {
            bool isSealed = network.Client.TrySealBody(network.Now, new HopIndex(0), [], cell, out Slot slot);
            CircuitDrop drop = network.Relays[0].HandleCell(
                network.Now, CircuitNetwork.ClientSide, network.Client.Id, slot, cell, out CellRoute route);
            if (!isSealed || drop != CircuitDrop.None || route.Kind != CellRouteKind.Deliver)
            {
                Assert.Fail($"cell {index}: {drop} {route.Kind}");
            }
        }

        Assert.Equal(CircuitDrop.SlotTooOld, network.PassForward(0, network.Client.Id, firstSlot, first, out _, out _));
        Assert.Equal(DayOfSlots - 1, network.Relays[0].Store.Find(network.Handles[0])!.Forward.Window.Highest);
    }

    private static Slot SlotOf(long index) => new(unchecked(Base + (uint)index));

    private static byte[] Seal(LayerRatchet sender, long index)
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        sender.MoveTo(index);
        sender.Encrypt(index, SlotOf(index), cell);
        return cell;
    }
}
