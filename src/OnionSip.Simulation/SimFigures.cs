namespace OnionSip.Simulation;

/// <summary>What a run did. (SIM.REPORT)</summary>
public sealed class SimFigures
{
    public long Sent { get; set; }

    public long Lost { get; set; }

    public long Duplicated { get; set; }

    public long Corrupted { get; set; }

    public long Crashes { get; set; }

    public long Partitions { get; set; }

    public long PathsReady { get; set; }

    public long PathsLost { get; set; }

    public long StreamBytes { get; set; }

    public long Datagrams { get; set; }

    public int CircuitsMax { get; set; }
}
