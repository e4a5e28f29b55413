namespace OnionSip.Hosting.Loops;

/// <summary>What one UDP socket did. (HOST.UDP)</summary>
public sealed class UdpCounters
{
    public long Received { get; internal set; }

    public long Sent { get; internal set; }

    /// <summary>Datagrams the system would not take: its buffer was full, or it knew no way to the address.</summary>
    public long SendFailed { get; internal set; }

    public long ReceiveFailed { get; internal set; }

    /// <summary>Datagrams longer than <see cref="DatagramBatch.SlotBytes"/>, dropped.</summary>
    public long TooLong { get; internal set; }
}
