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

    /// <summary>Voice paths on which voice started.</summary>
    public long Calls { get; set; }

    /// <summary>Forward slots of calls that ended.</summary>
    public long VoiceSlots { get; set; }

    /// <summary>Of these, slots that the exit reported.</summary>
    public long VoiceSlotsReached { get; set; }

    public int CircuitsMax { get; set; }
}
