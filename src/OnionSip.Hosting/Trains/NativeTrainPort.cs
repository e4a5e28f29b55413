using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;

namespace OnionSip.Hosting.Trains;

/// <summary>The form for 64-bit Linux: one call for many bundles in, one for many trains out. (HOST.TRAINS)</summary>
/// <remarks>
/// Nothing is allocated for a datagram. When the system refuses to cut a train and takes its datagrams one by one, it is not asked
/// again for this socket. A train whose datagrams are refused one by one as well (an address without a way, port 0) proves nothing, or
/// a peer's choice of address could switch trains off.
/// </remarks>
internal sealed unsafe class NativeTrainPort : TrainPort
{
    private readonly UnixCalls.MultiMessage[] _single =
        GC.AllocateArray<UnixCalls.MultiMessage>(Train.SegmentsMax, pinned: true);
    private readonly UnixCalls.BytesEntry[] _singleEntries =
        GC.AllocateArray<UnixCalls.BytesEntry>(Train.SegmentsMax, pinned: true);
    private bool _cuts;

    internal NativeTrainPort(Socket socket)
        : base(socket)
    {
        fixed (UnixCalls.BytesEntry* entries = _singleEntries)
        {
            for (int index = 0; index < Train.SegmentsMax; index++)
            {
                _single[index].Header.Entries = entries + index;
                _single[index].Header.EntryCount = 1;
            }
        }

        int one = 1;
        if (UnixCalls.SetOption(Descriptor, SegmentCalls.UdpLevel, SegmentCalls.ReceiveOption, &one, sizeof(int)) == 0)
        {
            JoinsBundles = true;
        }

        // A system that does not know the option would send a train as one long datagram, so it is asked first.
        int segment = 0;
        uint length = sizeof(int);
        _cuts = UnixCalls.GetOption(Descriptor, SegmentCalls.UdpLevel, SegmentCalls.SendOption, &segment, &length) == 0;
        SegmentsRefused = _cuts ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Whether the system joins datagrams of one sender.</summary>
    internal bool JoinsBundles { get; }

    internal override int Receive(TrainInbox inbox)
    {
        inbox.Prepare();
        int count;
        fixed (UnixCalls.MultiMessage* messages = inbox.Messages)
        {
            count = UnixCalls.ReceiveMany(Descriptor, messages, TrainInbox.Capacity, UnixCalls.DoNotWait, null);
        }

        if (count >= 0)
        {
            inbox.Commit(count);
            return count;
        }

        inbox.Commit(0);
        if (Marshal.GetLastPInvokeError() is not (UnixCalls.TryAgainError or UnixCalls.InterruptedError))
        {
            Counters.ReceiveFailed++;
        }

        return 0;
    }

    internal override void Send(TrainOutbox outbox)
    {
        fixed (UnixCalls.MultiMessage* messages = outbox.Messages)
        {
            int done = 0;
            while (done < outbox.Count)
            {
                done += _cuts ? SendTrains(outbox, messages, done) : SendSingly(outbox, done, out _);
            }
        }

        outbox.Clear();
    }

    /// <summary>Sends what it can from <paramref name="first"/> on; returns how many trains are done with.</summary>
    private int SendTrains(TrainOutbox outbox, UnixCalls.MultiMessage* messages, int first)
    {
        int sent = UnixCalls.SendMany(Descriptor, messages + first, (uint)(outbox.Count - first), UnixCalls.DoNotWait);
        if (sent <= 0)
        {
            // The first was refused; the others go on.
            HandleRefused(outbox, first, Marshal.GetLastPInvokeError());
            return 1;
        }

        Counters.SentTrains += sent;
        for (int index = first; index < first + sent; index++)
        {
            Counters.Sent += outbox.Segments(index);
        }

        return sent;
    }

    private void HandleRefused(TrainOutbox outbox, int index, int error)
    {
        int segments = outbox.Segments(index);
        if (segments == 1 || !SegmentCalls.MayRefuseSegments(error))
        {
            Counters.SendFailed += segments;
            return;
        }

        _ = SendSingly(outbox, index, out int left);
        if (left > 0)
        {
            _cuts = false;
            SegmentsRefused = error;
        }
    }

    /// <summary>Sends the datagrams of one train each by itself, <paramref name="left"/> of them left; returns 1.</summary>
    private int SendSingly(TrainOutbox outbox, int index, out int left)
    {
        int segments = outbox.Segments(index);
        PrepareSingly(outbox, index, segments);
        left = 0;
        fixed (UnixCalls.MultiMessage* messages = _single)
        {
            int done = 0;
            while (done < segments)
            {
                int sent = UnixCalls.SendMany(Descriptor, messages + done, (uint)(segments - done), UnixCalls.DoNotWait);
                left += Math.Max(0, sent);
                done += Math.Max(1, sent);
            }
        }

        Counters.Sent += left;
        Counters.SentTrains += left;
        Counters.SendFailed += segments - left;
        return 1;
    }

    private void PrepareSingly(TrainOutbox outbox, int index, int segments)
    {
        ref UnixCalls.MessageHeader train = ref outbox.Messages[index].Header;
        byte* start = (byte*)train.Entries->Start;
        nuint bytes = train.Entries->Count;
        nuint segmentBytes = (nuint)outbox.SegmentBytes(index);
        for (int segment = 0; segment < segments; segment++)
        {
            nuint offset = (nuint)segment * segmentBytes;
            _singleEntries[segment] = new() { Start = start + offset, Count = nuint.Min(segmentBytes, bytes - offset) };
            _single[segment].Header.Name = train.Name;
            _single[segment].Header.NameBytes = train.NameBytes;
        }
    }
}
