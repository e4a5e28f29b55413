using System;

namespace OnionSip.Machines;

/// <summary>A machine that takes and gives datagrams by the train: many of one peer, back to back. (MACHINE.TRAIN)</summary>
/// <remarks>The same bytes come out as through the plain polls, datagram by datagram, given the same inputs, times and entropy.</remarks>
public interface ITrainMachine<TEvent> : IMachine<TEvent>
{
    /// <summary>True while anything leaves by a clock: the host then wakes by time and not for each arrival.</summary>
    bool IsPaced { get; }

    /// <summary>Takes one or many datagrams of one sender, back to back.</summary>
    /// <param name="datagrams">Each is <paramref name="segmentBytes"/> long but the last, which may be shorter. Overwritten: opened in place.</param>
    /// <param name="segmentBytes">At least 1.</param>
    void HandleTrain(Instant now, in PeerAddress from, Span<byte> datagrams, int segmentBytes);

    /// <summary>Writes the datagrams that go to one peer now, at most <see cref="Train.SegmentsMax"/>; false when there is none.</summary>
    /// <param name="destination">Room for as many as fit; at least one.</param>
    bool PollTrain(Instant now, Span<byte> destination, out Train train);
}
