using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Simulation;

/// <summary>What one path of a client was given and must get back. (SIM.CHECKERS)</summary>
/// <remarks>Stream bytes and datagrams are functions of the session's own number, so bytes of another circuit cannot pass.</remarks>
internal sealed class SimSession(ulong number, PathId path)
{
    private const int StreamBytes = 6000;
    private const int DatagramBytes = 188;

    private readonly byte[] _stream = Content(number, StreamBytes);
    private readonly HashSet<ulong> _received = [];
    private ulong _sent;

    public PathId Path => path;

    public StreamKey? Stream { get; set; }

    public FlowKey? Flow { get; set; }

    public bool IsAssociated { get; set; }

    public bool IsConnected { get; set; }

    public int Written { get; set; }

    private int Read { get; set; }

    public ReadOnlySpan<byte> BytesToWrite() => _stream.AsSpan(Written, Math.Min(900, StreamBytes - Written));

    public void CheckStream(ReadOnlySpan<byte> bytes)
    {
        SimFailureException.Require(Read + bytes.Length <= Written, "a stream gave back more than was written");
        SimFailureException.Require(bytes.SequenceEqual(_stream.AsSpan(Read, bytes.Length)), "a stream was altered or out of order");
        Read += bytes.Length;
    }

    public byte[] NextDatagram()
    {
        byte[] datagram = Content(number ^ (++_sent << 40), DatagramBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(datagram, number);
        BinaryPrimitives.WriteUInt64LittleEndian(datagram.AsSpan(8), _sent);
        return datagram;
    }

    public void CheckDatagram(ReadOnlySpan<byte> datagram)
    {
        SimFailureException.Require(datagram.Length == DatagramBytes, "a datagram changed its length");
        SimFailureException.Require(BinaryPrimitives.ReadUInt64LittleEndian(datagram) == number, "a datagram reached the wrong circuit");
        ulong sent = BinaryPrimitives.ReadUInt64LittleEndian(datagram[8..]);
        SimFailureException.Require(sent >= 1 && sent <= _sent, "a datagram that was never sent");
        SimFailureException.Require(datagram[16..].SequenceEqual(Content(number ^ (sent << 40), DatagramBytes).AsSpan(16)),
            "a datagram was altered");
        SimFailureException.Require(_received.Add(sent), "a datagram was delivered twice");
    }

    private static byte[] Content(ulong seed, int length)
    {
        byte[] bytes = new byte[length];
        new SeededEntropy(seed).Fill(bytes);
        return bytes;
    }
}
