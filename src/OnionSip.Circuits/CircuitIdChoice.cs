using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Who may choose which circuit ids of a link. (CIRCUIT.ID)</summary>
public static class CircuitIdChoice
{
    private const uint ResponderBit = 0x8000_0000;
    private const int Draws = 8;

    /// <summary>
    /// A random id of our half, for a circuit that we make on a link; the caller checks that it is free.
    /// </summary>
    public static CircuitId Draw(bool weInitiatedLink, Entropy entropy)
    {
        uint id;
        do
        {
            id = entropy.NextUInt32() & ~ResponderBit;
        }
        while (id == 0);
        return new CircuitId(weInitiatedLink ? id : id | ResponderBit);
    }

    internal static bool IsPeers(CircuitId circuit, bool weInitiatedLink)
    {
        bool madeByResponder = (circuit.Value & ResponderBit) != 0;
        return (circuit.Value & ~ResponderBit) != 0 && madeByResponder == weInitiatedLink;
    }

    internal static bool TryDraw(
        LinkId link, bool weInitiatedLink, RelayCircuitStore store, Entropy entropy, out CircuitId circuit)
    {
        for (int draw = 0; draw < Draws; draw++)
        {
            circuit = Draw(weInitiatedLink, entropy);
            if (!store.IsTaken(link, circuit))
            {
                return true;
            }
        }

        circuit = default;
        return false;
    }
}
