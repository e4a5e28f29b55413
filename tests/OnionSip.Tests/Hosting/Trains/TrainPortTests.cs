using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Trains;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Hosting.Trains;

/// <summary>Both forms of a link socket give and take the same datagrams. (HOST.TRAINS)</summary>
[Collection(AloneCollection.Name)]
public sealed class TrainPortTests
{
    private const int DatagramBytes = 280;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MixedSendersOfOddShapes_BothFormsReceiveTheSame(bool isIPv4)
    {
        Assert.SkipUnless(isIPv4 || TrainWire.HasIPv6, "no IPv6 here");
        using Socket one = TrainWire.Plain(isIPv4);
        using Socket two = TrainWire.Plain(isIPv4);
        using TrainPort trains = TrainWire.Bind(TrainIo.Native, isIPv4);
        using TrainPort native = TrainWire.Bind(TrainIo.Native, isIPv4);
        using TrainPort portable = TrainWire.Bind(TrainIo.Portable, isIPv4);
        List<(int, string)> sent = SendMix(one, two, trains, native.Local);
        _ = SendMix(one, two, trains, portable.Local);
        List<(int, string)> byNative = TrainWire.TakeAll(native, sent.Count);
        List<(int, string)> byPortable = TrainWire.TakeAll(portable, sent.Count);
        Assert.Equal(sent, byNative);
        Assert.Equal(sent, byPortable);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TrainsOfEveryLength_BothFormsSendTheSame(bool isIPv4)
    {
        Assert.SkipUnless(isIPv4 || TrainWire.HasIPv6, "no IPv6 here");
        using Socket sink = TrainWire.Plain(isIPv4);
        using TrainPort native = TrainWire.Bind(TrainIo.Native, isIPv4);
        using TrainPort portable = TrainWire.Bind(TrainIo.Portable, isIPv4);
        int datagrams = SendTrains(native, TrainWire.AddressOf(sink));
        List<string> byNative = TrainWire.TakePlain(sink, datagrams);
        Assert.Equal(datagrams, SendTrains(portable, TrainWire.AddressOf(sink)));
        List<string> byPortable = TrainWire.TakePlain(sink, datagrams);
        Assert.Equal(byPortable, byNative);
        Assert.Equal(datagrams, native.Counters.Sent);
        Assert.Equal(0, native.Counters.SendFailed);
        Assert.Equal(0, native.SegmentsRefused);
        Assert.True(!TrainPort.IsNativeAvailable || native.Counters.SentTrains < datagrams);
    }

    /// <summary>The system refuses to cut datagrams without a checksum: they leave one by one, and it is not asked again.</summary>
    [Fact]
    public void RefusedCutting_DatagramsLeaveOneByOneFromThenOn()
    {
        Assert.SkipUnless(TrainPort.IsNativeAvailable, "the native form is for 64-bit Linux");
        using Socket sink = TrainWire.Plain(true);
        using TrainPort port = TrainWire.Bind(TrainIo.Native, true);
        const int SocketLevel = 1, NoChecksum = 11;
        port.Socket.SetRawSocketOption(SocketLevel, NoChecksum, [1, 0, 0, 0]);
        int datagrams = SendTrains(port, TrainWire.AddressOf(sink));
        Assert.Equal(datagrams, TrainWire.TakePlain(sink, datagrams).Count);
        Assert.NotEqual(0, port.SegmentsRefused);
        Assert.Equal(datagrams, port.Counters.Sent);
        port.Socket.SetRawSocketOption(SocketLevel, NoChecksum, [0, 0, 0, 0]);
        long before = port.Counters.SentTrains;
        datagrams = SendTrains(port, TrainWire.AddressOf(sink));
        Assert.Equal(datagrams, TrainWire.TakePlain(sink, datagrams).Count);
        Assert.Equal(datagrams, port.Counters.SentTrains - before);
    }

    /// <summary>A peer chooses its address: one that cannot be sent to is lost, the others go on, trains stay.</summary>
    [Theory]
    [InlineData(TrainIo.Native)]
    [InlineData(TrainIo.Portable)]
    public void UnsendableAddress_LosesOnlyItsOwnTrain(TrainIo io)
    {
        using Socket sink = TrainWire.Plain(true);
        using TrainPort port = TrainWire.Bind(io, true);
        TrainOutbox outbox = new();
        PeerAddress good = TrainWire.AddressOf(sink);
        PeerAddress noPort = good with { Port = 0 };
        PeerAddress everybody = good with { Address = IpAddress.FromIPv4(uint.MaxValue) };
        foreach (PeerAddress to in (ReadOnlySpan<PeerAddress>)[noPort, good, everybody, good, noPort])
        {
            Fill(outbox, to, 3, 0);
        }

        port.Send(outbox);
        Assert.Equal(6, TrainWire.TakePlain(sink, 6).Count);
        Assert.Equal(6, port.Counters.Sent);
        Assert.Equal(9, port.Counters.SendFailed);
        Assert.Equal(0, port.SegmentsRefused);
        Assert.Equal(0, outbox.Count);
    }

    [Fact]
    public void EmptyDatagram_IsCountedAndNotForAMachine()
    {
        using Socket source = TrainWire.Plain(true);
        using TrainPort port = TrainWire.Bind(TrainIo.Native, true);
        source.SendTo([], SocketNames.ToEndPoint(port.Local));
        TrainInbox inbox = new();
        Assert.Equal(1, port.Receive(inbox));
        Assert.False(port.TryTake(inbox, 0, out _, out _, out _));
        Assert.Equal(1, port.Counters.Empty);
        Assert.Equal(0, port.Receive(inbox));
    }

    [Theory]
    [InlineData(TrainIo.Native)]
    [InlineData(TrainIo.Portable)]
    public void SendAndReceive_AllocateNothing(TrainIo io)
    {
        using TrainPort from = TrainWire.Bind(io, true);
        using TrainPort to = TrainWire.Bind(io, true);
        TrainOutbox outbox = new();
        TrainInbox inbox = new();
        _ = Exchange(from, to, outbox, inbox, 40);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int datagrams = Exchange(from, to, outbox, inbox, 40);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(40 * 66, datagrams);
    }

    private static int Exchange(TrainPort from, TrainPort to, TrainOutbox outbox, TrainInbox inbox, int turns)
    {
        long before = to.Counters.Received;
        for (int turn = 0; turn < turns; turn++)
        {
            Fill(outbox, to.Local, 64, 0);
            Fill(outbox, to.Local, 1, 0);
            Fill(outbox, to.Local, 1, 24);
            from.Send(outbox);
            int count = to.Receive(inbox);
            for (int index = 0; index < count; index++)
            {
                _ = to.TryTake(inbox, index, out _, out _, out _);
            }
        }

        while (to.Receive(inbox) is > 0 and int rest)
        {
            for (int index = 0; index < rest; index++)
            {
                _ = to.TryTake(inbox, index, out _, out _, out _);
            }
        }

        return (int)(to.Counters.Received - before);
    }

    /// <summary>Every odd shape from two senders by turns, and trains between them; returns the datagrams in order.</summary>
    private static List<(int, string)> SendMix(Socket one, Socket two, TrainPort trains, in PeerAddress to)
    {
        Random random = new(77);
        IPEndPoint target = SocketNames.ToEndPoint(to);
        TrainOutbox outbox = new();
        List<(int, string)> sent = [];
        foreach (byte[] datagram in TrainWire.OddShapes(random))
        {
            Socket socket = sent.Count % 2 == 0 ? one : two;
            _ = socket.SendTo(datagram, target);
            sent.Add((TrainWire.AddressOf(socket).Port, Convert.ToHexString(datagram)));
            int segments = random.Next(1, 65);
            Fill(outbox, to, segments, segments % 3 == 0 ? 17 : 0);
            AddCut(sent, trains.Local.Port, outbox);
            trains.Send(outbox);
        }

        return sent;
    }

    private static void AddCut(List<(int, string)> sent, int port, TrainOutbox outbox)
    {
        ReadOnlySpan<byte> bytes = outbox.Bytes(outbox.Count - 1);
        foreach (byte[] datagram in bytes.ToArray().Chunk(DatagramBytes))
        {
            sent.Add((port, Convert.ToHexString(datagram)));
        }
    }

    private static int SendTrains(TrainPort port, in PeerAddress to)
    {
        TrainOutbox outbox = new();
        int datagrams = 0;
        foreach (int segments in (ReadOnlySpan<int>)[1, 2, 3, 17, 63, 64, 1, 64])
        {
            Assert.True(outbox.HasRoom);
            Fill(outbox, to, segments, segments % 2 == 0 ? 0 : 40);
            datagrams += segments;
        }

        Assert.Equal(datagrams, outbox.DatagramCount);
        port.Send(outbox);
        return datagrams;
    }

    /// <summary>A train of which the last datagram is <paramref name="short"/> bytes shorter.</summary>
    private static void Fill(TrainOutbox outbox, in PeerAddress to, int segments, int @short)
    {
        int bytes = (segments * DatagramBytes) - @short;
        Span<byte> room = outbox.Room[..bytes];
        for (int index = 0; index < room.Length; index++)
        {
            room[index] = unchecked((byte)(index + (index / DatagramBytes) + segments));
        }

        outbox.Add(new(to, segments == 1 ? bytes : DatagramBytes, bytes));
    }
}
