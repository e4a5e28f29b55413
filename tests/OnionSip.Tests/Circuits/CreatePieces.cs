using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CREATE and CREATED messages for tests that bend them.</summary>
internal static class CreatePieces
{
    internal static int CountOf(int messageBytes) =>
        (messageBytes + WireLayout.FragmentBytes - 1) / WireLayout.FragmentBytes;

    /// <summary>All link messages of one CREATE.</summary>
    internal static List<byte[]> Of(CircuitId circuit, byte[] create, LinkCommand command = LinkCommand.Create)
    {
        List<byte[]> messages = [];
        FragmentSplitter splitter = new(command, circuit, create);
        for (int index = 0; index < splitter.CellCount; index++)
        {
            byte[] message = new byte[WireLayout.CellBytes];
            splitter.WriteCell(index, message);
            messages.Add(message);
        }

        return messages;
    }

    /// <summary>What the client sends in one round of CREATE.</summary>
    internal static List<byte[]> Sent(CircuitNetwork network, int round)
    {
        if (round > 0)
        {
            network.Client.HandleTimeout(network.Client.PollTimeout());
        }

        List<byte[]> messages = [];
        byte[] message = new byte[WireLayout.CellBytes];
        while (network.Client.PollMessage(message))
        {
            messages.Add((byte[])message.Clone());
        }

        return messages;
    }

    /// <summary>Runs the extension under way as far as the CREATED message in the hands of the hop before.</summary>
    internal static byte[] CreatedFor(CircuitNetwork network)
    {
        byte[] message = new byte[WireLayout.CellBytes];
        while (network.Relays[0].PollMessage(out _, message))
        {
            network.Relays[1].HandleMessage(network.Now, CircuitNetwork.ClientSide, false, message);
        }

        while (network.Relays[1].PollMessage(out _, message))
        {
            network.Relays[0].HandleMessage(network.Now, CircuitNetwork.NextSide, true, message);
        }

        Assert.True(network.Relays[0].PollEvent(out RelayCircuitEvent extended));
        Assert.Equal(RelayCircuitEventKind.Extended, extended.Kind);
        return extended.CreatedMessage.ToArray();
    }
}
