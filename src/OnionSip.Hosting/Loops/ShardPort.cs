using OnionSip.Hosting.Trains;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>One link socket of a shard, watched, with what waits to leave by it. (HOST.TRAINS)</summary>
internal sealed class ShardPort(IShardPortOwner owner, TrainPort port, bool isOwn) : IReadyHandler
{
    internal TrainPort Port { get; } = port;

    internal TrainOutbox Outbox { get; } = new();

    /// <summary>Carries the links that this shard opened; otherwise it is the announced one.</summary>
    internal bool IsOwn { get; } = isOwn;

    internal Registration? Registration { get; set; }

    /// <summary>Whether its refusal of trains was told.</summary>
    internal bool IsRefusalTold { get; set; }

    public void HandleReady(Instant now, Interest ready) => owner.HandlePortReady(now, this);
}

/// <summary>Who hears of a port that has something.</summary>
internal interface IShardPortOwner
{
    void HandlePortReady(Instant now, ShardPort port);
}
