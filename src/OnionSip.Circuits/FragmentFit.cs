using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Whether a fragment can be part of a message whose size is known beforehand. (CIRCUIT.FRAGMENT)</summary>
/// <remarks>CREATE and CREATED have one size each, so nothing else is ever joined.</remarks>
internal static class FragmentFit
{
    internal static bool Fits(in LinkFragment fragment, int messageBytes)
    {
        int count = (messageBytes + WireLayout.FragmentBytes - 1) / WireLayout.FragmentBytes;
        int last = messageBytes - ((count - 1) * WireLayout.FragmentBytes);
        int expected = fragment.Index < count - 1 ? WireLayout.FragmentBytes : last;
        return fragment.Count == count && fragment.Length == expected;
    }

    /// <summary>Adds a fragment to a message of known size. Drops: BadMessage, RepeatedFragment.</summary>
    internal static CircuitDrop Join(
        FragmentJoiner joiner, in LinkFragment fragment, int messageBytes, out bool isComplete)
    {
        isComplete = false;
        if (!Fits(in fragment, messageBytes))
        {
            return CircuitDrop.BadMessage;
        }

        FragmentJoin join = joiner.Add(in fragment);
        isComplete = join == FragmentJoin.Complete;
        return join switch
        {
            FragmentJoin.Duplicate => CircuitDrop.RepeatedFragment,
            FragmentJoin.Mismatch => CircuitDrop.BadMessage,
            _ => CircuitDrop.None,
        };
    }

    /// <summary>Reads a CREATE or CREATED fragment. Drops: BadMessage, BadCircuitId.</summary>
    internal static CircuitDrop Parse(System.ReadOnlySpan<byte> message, out LinkFragment fragment) =>
        LinkFragment.Parse(message, out fragment) switch
        {
            WireParse.None => CircuitDrop.None,
            WireParse.BadId => CircuitDrop.BadCircuitId,
            _ => CircuitDrop.BadMessage,
        };
}
