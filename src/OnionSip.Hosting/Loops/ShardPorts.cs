using System.Collections.Generic;
using System.Net.Sockets;
using OnionSip.Hosting.Trains;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>Which link sockets a shard binds. (HOST.TRAINS, HOST.SHARDS)</summary>
public sealed record ShardPorts
{
    /// <summary>The announced addresses, one per family at most.</summary>
    public required IReadOnlyList<PeerAddress> Announced { get; init; }

    public TrainIo Io { get; init; }

    /// <summary>Other shards bind the announced addresses too; links this one opens then leave by sockets of its own.</summary>
    public bool IsShared { get; init; }

    /// <exception cref="SocketException">An address cannot be bound.</exception>
    internal ShardPort[] Make(IShardPortOwner owner)
    {
        List<ShardPort> ports = [];
        try
        {
            foreach (PeerAddress address in Announced)
            {
                ports.Add(new(owner, Bind(address, IsShared), isOwn: false));
            }

            for (int index = 0; IsShared && index < Announced.Count; index++)
            {
                ports.Add(new(owner, Bind(Announced[index] with { Port = 0 }, isShared: false), isOwn: true));
            }
        }
        catch (SocketException)
        {
            ports.ForEach(static port => port.Port.Dispose());
            throw;
        }

        return [.. ports];
    }

    private TrainPort Bind(in PeerAddress address, bool isShared) =>
        TrainPort.Bind(address, new() { Io = Io, BufferBytes = UdpPort.LinkBufferBytes, IsShared = isShared });
}
