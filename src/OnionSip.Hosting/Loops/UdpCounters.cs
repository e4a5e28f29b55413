namespace OnionSip.Hosting.Loops;

/// <summary>What one UDP socket did. (HOST.UDP)</summary>
public sealed class UdpCounters
{
    public long Received { get; internal set; }

    public long Sent { get; internal set; }

    /// <summary>Bundles of one sender that <see cref="Received"/> came in.</summary>
    public long ReceivedTrains { get; internal set; }

    /// <summary>Trains to one peer that <see cref="Sent"/> left in.</summary>
    public long SentTrains { get; internal set; }

    /// <summary>Datagrams the system would not take: its buffer was full, or it knew no way to the address.</summary>
    public long SendFailed { get; internal set; }

    public long ReceiveFailed { get; internal set; }

    /// <summary>Datagrams longer than the place for one, dropped.</summary>
    public long TooLong { get; internal set; }

    /// <summary>Datagrams without a byte, dropped.</summary>
    public long Empty { get; internal set; }

    /// <summary>Adds what another socket did.</summary>
    public void Add(UdpCounters other)
    {
        Received += other.Received;
        ReceivedTrains += other.ReceivedTrains;
        Sent += other.Sent;
        SentTrains += other.SentTrains;
        SendFailed += other.SendFailed;
        ReceiveFailed += other.ReceiveFailed;
        TooLong += other.TooLong;
        Empty += other.Empty;
    }

    /// <summary>Adds them to a report under <paramref name="prefix"/>.</summary>
    public void AddTo(Diagnostics.StatsWriter stats, string prefix)
    {
        stats.Add(prefix + ".received", Received);
        stats.Add(prefix + ".received_trains", ReceivedTrains);
        stats.Add(prefix + ".sent", Sent);
        stats.Add(prefix + ".sent_trains", SentTrains);
        stats.Add(prefix + ".send_failed", SendFailed);
        stats.Add(prefix + ".receive_failed", ReceiveFailed);
        stats.Add(prefix + ".too_long", TooLong);
        stats.Add(prefix + ".empty", Empty);
    }
}
