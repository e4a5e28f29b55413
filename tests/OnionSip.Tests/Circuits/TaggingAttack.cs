using System;
using OnionSip.Circuits;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Two networks with one seed: in one of them somebody changes cells between hops. The difference is what an
/// attacker can see.
/// </summary>
internal sealed class TaggingAttack
{
    private readonly CircuitNetwork _honest;
    private readonly CircuitNetwork _attacked;
    private readonly TaggingMeasure _measure = new();

    internal TaggingAttack(ulong seed, LayerCipherFactory ciphers)
    {
        _honest = CircuitNetwork.Built(3, seed, ciphers);
        _attacked = CircuitNetwork.Built(3, seed, ciphers);
    }

    /// <summary>
    /// A guard flips each bit in turn; the middle is honest; the exit knows the bit and looks for the cell behind
    /// it.
    /// </summary>
    internal TaggingMeasure FlipForward()
    {
        for (int bit = 0; bit < TaggingMeasure.CellBits; bit++)
        {
            byte[] body = _honest.Random(WireLayout.BodyBytes);
            byte[] good = AtMiddle(_honest, body, out CellRoute goodRoute);
            byte[] bad = AtMiddle(_attacked, body, out CellRoute badRoute);
            Assert.Equal(good, bad);
            Flip(bad, bit);
            Middle(_honest, CircuitNetwork.ClientSide, good, ref goodRoute);
            Middle(_attacked, CircuitNetwork.ClientSide, bad, ref badRoute);
            AssertSameRoute(goodRoute, badRoute);
            _measure.Add(good, bad);
            LookAtExit(bad, badRoute, bit, body);
        }

        return _measure;
    }

    /// <summary>
    /// An exit flips each bit in turn; the middle is honest; the guard knows the bit and looks for the cell behind
    /// it.
    /// </summary>
    internal TaggingMeasure FlipBackward()
    {
        for (int bit = 0; bit < TaggingMeasure.CellBits; bit++)
        {
            byte[] body = _honest.Random(WireLayout.BodyBytes);
            byte[] good = _honest.SealBackward(2, 2, body, out CellRoute goodRoute);
            byte[] bad = _attacked.SealBackward(2, 2, body, out CellRoute badRoute);
            Assert.Equal(good, bad);
            Flip(bad, bit);
            Middle(_honest, CircuitNetwork.NextSide, good, ref goodRoute);
            Middle(_attacked, CircuitNetwork.NextSide, bad, ref badRoute);
            AssertSameRoute(goodRoute, badRoute);
            _measure.Add(good, bad);
            LookAtClient(bad, badRoute, bit);
        }

        return _measure;
    }

    /// <summary>As <see cref="FlipForward"/>, but behind the middle: what the honest exit finds.</summary>
    internal TaggingMeasure FlipBeforeExit()
    {
        for (int bit = 0; bit < TaggingMeasure.CellBits; bit++)
        {
            byte[] body = _honest.Random(WireLayout.BodyBytes);
            byte[] good = AtMiddle(_honest, body, out CellRoute goodRoute);
            byte[] bad = AtMiddle(_attacked, body, out CellRoute badRoute);
            Middle(_honest, CircuitNetwork.ClientSide, good, ref goodRoute);
            Middle(_attacked, CircuitNetwork.ClientSide, bad, ref badRoute);
            Flip(bad, bit);
            Assert.Equal(CircuitDrop.None, Exit(_honest, good, goodRoute, out _));
            CircuitDrop drop = Exit(_attacked, bad, badRoute, out _);
            _measure.Delivered += drop == CircuitDrop.None ? 1 : 0;
            _measure.Add(good, bad);
        }

        return _measure;
    }

    private static byte[] AtMiddle(CircuitNetwork network, byte[] body, out CellRoute route)
    {
        byte[] cell = network.SealForward(2, body, out Slot slot);
        Assert.Equal(CircuitDrop.None, network.Relays[0].HandleCell(
            network.Now, CircuitNetwork.ClientSide, network.Client.Id, slot, cell, out route));
        return cell;
    }

    private static void Middle(CircuitNetwork network, LinkId side, byte[] cell, ref CellRoute route) =>
        Assert.Equal(CircuitDrop.None, network.Relays[1].HandleCell(
            network.Now, side, route.Circuit, route.Slot, cell, out route));

    private static CircuitDrop Exit(CircuitNetwork network, byte[] cell, in CellRoute route, out CellRoute exitRoute) =>
        network.Relays[2].HandleCell(
            network.Now, CircuitNetwork.ClientSide, route.Circuit, route.Slot, cell, out exitRoute);

    private static void Flip(byte[] cell, int bit) => cell[bit >> 3] ^= (byte)(1 << (bit & 7));

    private static void AssertSameRoute(in CellRoute good, in CellRoute bad)
    {
        Assert.Equal(CellRouteKind.Forward, bad.Kind);
        Assert.Equal(good, bad);
    }

    /// <summary>The accomplice at the exit undoes the flip, then takes his layer off as any exit would.</summary>
    private void LookAtExit(byte[] bad, in CellRoute route, int bit, byte[] body)
    {
        byte[] undone = (byte[])bad.Clone();
        Flip(undone, bit);
        CircuitDrop drop = Exit(_attacked, undone, route, out _);
        bool found = drop == CircuitDrop.None && undone.AsSpan(WireLayout.OwnerMarkBytes).SequenceEqual(body);
        _measure.Recognised += found ? 1 : 0;
    }

    /// <summary>
    /// The accomplice at the guard has no key of the client's, so he compares: is it the cell with that one bit
    /// changed?
    /// </summary>
    private void LookAtClient(byte[] bad, CellRoute route, int bit)
    {
        CircuitNetwork network = _attacked;
        Flip(bad, bit);
        Assert.Equal(CircuitDrop.None, network.Relays[0].HandleCell(
            network.Now, CircuitNetwork.NextSide, route.Circuit, route.Slot, bad, out route));
        CircuitDrop drop = network.Client.HandleCell(network.Now, route.Slot, bad, out _);
        _measure.Recognised += drop == CircuitDrop.None ? 1 : 0;
    }
}
