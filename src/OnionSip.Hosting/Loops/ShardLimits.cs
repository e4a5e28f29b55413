namespace OnionSip.Hosting.Loops;

/// <summary>How much a shard's loop does at a time. (HOST.PACE)</summary>
public static class ShardLimits
{
    /// <summary>hosting.inboxes_per_turn: inboxes of one socket in one look.</summary>
    public const int MaxInboxesPerTurn = 32;

    /// <summary>hosting.datagrams_per_drain: after so many datagrams the machine gives out its trains.</summary>
    public const int DatagramsPerDrain = 1024;
}
