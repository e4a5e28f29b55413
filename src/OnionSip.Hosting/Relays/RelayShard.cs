using System.Collections.Generic;
using OnionSip.Hosting.Exits;
using OnionSip.Machines;

namespace OnionSip.Hosting.Relays;

/// <summary>Which of a relay's shards this is. (HOST.SHARDS)</summary>
/// <param name="Index">0 to <paramref name="Count"/> - 1; the low four bits of its links' receiver indexes.</param>
/// <param name="Bind">The addresses all shards bind, ports known.</param>
public sealed record RelayShard(int Index, int Count, IReadOnlyList<PeerAddress> Bind)
{
    /// <summary>One shard's part of a limit of the relay, rounded up.</summary>
    internal int Share(int whole) => (whole + Count - 1) / Count;

    /// <summary>One shard's part of the limits of an exit, rounded up.</summary>
    internal ExitOptions Share(ExitOptions whole) => whole with
    {
        MaxConnections = Share(whole.MaxConnections),
        MaxAssociations = Share(whole.MaxAssociations),
    };
}
