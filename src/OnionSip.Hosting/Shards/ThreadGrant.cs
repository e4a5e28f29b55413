namespace OnionSip.Hosting.Shards;

/// <summary>How much before others the system runs a thread. (HOST.PRIORITY)</summary>
public enum ThreadGrant : byte
{
    /// <summary>Like any other.</summary>
    Normal = 0,

    /// <summary>Before others that wait, by a nice value of -10.</summary>
    Nice,

    /// <summary>First in, first out: before all that is not real time.</summary>
    Realtime,
}
