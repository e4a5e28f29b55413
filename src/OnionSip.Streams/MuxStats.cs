using System;

namespace OnionSip.Streams;

/// <summary>Counts of one mux, for tests and rounded metrics. (STREAM.STATS)</summary>
public readonly record struct MuxStats(
    long SegmentsSent,
    long SegmentsRetransmitted,
    long FlowDatagramsSent,
    long FlowDatagramsReceived,
    int OpenStreams,
    int OpenFlows,
    int WindowCells,
    int SegmentsInFlight,
    TimeSpan Rto,
    long HeldBytes);
