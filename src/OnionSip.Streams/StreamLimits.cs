using System;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>
/// Limits and timers of streams and flows; the names are those of specs/parameters.md. (STREAM.LIMITS, FLOW.LIMITS)
/// </summary>
public static class StreamLimits
{
    /// <summary>stream.buffer_bytes: credit of a stream at its start, and the most either end keeps for it.</summary>
    public const int StreamBufferBytes = 16_384;

    /// <summary>stream.control_buffer_bytes: the same for stream 0.</summary>
    public const int ControlBufferBytes = 8_192;

    /// <summary>stream.max_streams: open at once between a hop and the client, without stream 0.</summary>
    public const int MaxStreams = 8;

    /// <summary>stream.max_closed: ended streams that are still answered for.</summary>
    public const int MaxClosedStreams = 16;

    /// <summary>stream.max_segments: segments of one stream that are not yet acknowledged in order.</summary>
    public const int MaxSegments = 64;

    /// <summary>stream.max_ranges: runs of bytes kept beyond the first gap.</summary>
    public const int MaxRanges = 64;

    /// <summary>
    /// stream.min_slack_bytes: a new segment shorter than this is cut only when it takes all that was written.
    /// </summary>
    public const int MinSlackBytes = 64;

    /// <summary>stream.max_paced_segment_bytes: fits beside any media packet, at first and again.</summary>
    public const int MaxPacedSegmentBytes = 16;

    /// <summary>stream.max_retransmissions: of one segment, then the stream is reset.</summary>
    public const int MaxRetransmissions = 12;

    /// <summary>stream.max_reset_repeats: sendings of a STREAM-RESET that nobody answers.</summary>
    public const int MaxResetRepeats = 6;

    /// <summary>stream.max_closed_replies: answers to frames for one ended stream.</summary>
    public const int MaxClosedReplies = 16;

    /// <summary>
    /// stream.fast_retransmit_threshold: later transmissions acknowledged before a segment counts as lost.
    /// </summary>
    public const int FastRetransmitThreshold = 3;

    /// <summary>stream.ack_every: segments after which an acknowledgement is due at once.</summary>
    public const int AckEverySegments = 2;

    /// <summary>stream.initial_window_cells</summary>
    public const int InitialWindowCells = 16;

    /// <summary>stream.max_window_cells</summary>
    public const int MaxWindowCells = 64;

    /// <summary>stream.min_window_cells</summary>
    public const int MinWindowCells = 2;

    /// <summary>flow.max_flows: open at once between a hop and the client.</summary>
    public const int MaxFlows = 16;

    /// <summary>flow.max_datagram_bytes: a datagram and the longest endpoint before it.</summary>
    public const int MaxFlowBytes = WireLayout.MaxFlowDatagramBytes + 19;

    /// <summary>flow.max_queued: datagrams of one flow that wait to be sent.</summary>
    public const int MaxQueuedDatagrams = 8;

    /// <summary>flow.max_queued_paced: the same at a client whose bodies leave at ticks; it makes its media for them.</summary>
    public const int MaxPacedDatagrams = 2;

    /// <summary>flow.max_queued_paced_hop: the same at the exit, where media comes with the jitter of the world outside.</summary>
    public const int MaxPacedAtHop = 5;

    /// <summary>flow.standing_ticks: bodies after each of which a datagram was left, and then the oldest is dropped.</summary>
    public const int StandingTicks = 64;

    /// <summary>flow.max_queued_bytes</summary>
    public const int MaxQueuedBytes = 8_192;

    /// <summary>flow.max_received: datagrams of all flows that wait to be taken.</summary>
    public const int MaxReceivedDatagrams = 32;

    /// <summary>flow.max_received_bytes</summary>
    public const int MaxReceivedBytes = 16_384;

    /// <summary>flow.max_assemblies_per_flow: datagrams of one flow being put together.</summary>
    public const int MaxAssembliesPerFlow = 4;

    /// <summary>flow.max_assemblies: the same for all flows.</summary>
    public const int MaxAssemblies = 8;

    /// <summary>stream.rto_initial</summary>
    public static readonly TimeSpan InitialRto = TimeSpan.FromMilliseconds(600);

    /// <summary>stream.rto_min</summary>
    public static readonly TimeSpan MinRto = TimeSpan.FromMilliseconds(200);

    /// <summary>stream.rto_max</summary>
    public static readonly TimeSpan MaxRto = TimeSpan.FromSeconds(4);

    /// <summary>stream.ack_delay</summary>
    public static readonly TimeSpan AckDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>flow.assembly_timeout</summary>
    public static readonly TimeSpan AssemblyTimeout = TimeSpan.FromMilliseconds(500);
}
