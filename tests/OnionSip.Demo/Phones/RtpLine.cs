using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using OnionSip.Demo.Scores;
using OnionSip.Machines;
using OnionSip.Media;

namespace OnionSip.Demo.Phones;

/// <summary>One phone's audio: speech as G.711 in RTP every 20 ms, and a recording of what comes.</summary>
/// <remarks>The recording is what was decoded, in the order in which it came: a packet that is lost is missing, as a slip.</remarks>
public sealed class RtpLine : IDisposable
{
    private const int FrameSamples = 160;
    private const int FrameMilliseconds = 20;
    private const int ReportFrames = 100;

    private readonly Socket _rtp;
    private readonly Socket _rtcp;
    private readonly short[] _speech;
    private readonly string _canonicalName;
    private readonly List<short> _heard = [];
    private readonly HashSet<IPEndPoint> _sources = [];
    private readonly Lock _gate = new();
    private readonly Thread _receiver;
    private Thread? _sender;
    private volatile bool _isClosed;
    private volatile bool _isPaused;

    internal RtpLine(Socket even, Socket odd, WaveSound speech, string canonicalName)
    {
        _rtp = even;
        _rtcp = odd;
        _speech = speech.Samples;
        _canonicalName = canonicalName;
        Local = Sockets.ToPeer(even.LocalEndPoint);
        _receiver = new(Receive) { IsBackground = true, Name = "rtp in" };
        _receiver.Start();
    }

    /// <summary>Packets given to the socket.</summary>
    public int Sent { get; private set; }

    /// <summary>Audio packets that came.</summary>
    public int Received { get; private set; }

    /// <summary>When the first audio packet came that was not silence; 0 before.</summary>
    public long FirstSoundTimestamp { get; private set; }

    /// <summary>When the last audio packet came; 0 before the first.</summary>
    public long LastReceivedTimestamp { get; private set; }

    internal PeerAddress Local { get; }

    public WaveSound Heard
    {
        get
        {
            lock (_gate)
            {
                return new([.. _heard], Speech.Rate);
            }
        }
    }

    /// <summary>Where packets came from.</summary>
    public IReadOnlyList<IPEndPoint> Sources
    {
        get
        {
            lock (_gate)
            {
                return [.. _sources];
            }
        }
    }

    /// <summary>Every byte that came in, for searching; kept only when asked for.</summary>
    public ReceivedBytes? Record { get; init; }

    /// <summary>Begins to speak; a second call changes where to.</summary>
    internal void Speak(PeerAddress remote, PeerAddress remoteRtcp, byte payloadType, G711Law law)
    {
        _target = new(Sockets.ToEndPoint(remote), Sockets.ToEndPoint(remoteRtcp), payloadType, law);
        if (_sender is null)
        {
            _sender = new(Send) { IsBackground = true, Name = "rtp out", Priority = ThreadPriority.AboveNormal };
            _sender.Start();
        }
    }

    private Target? _target;

    internal void SetPaused(bool isPaused) => _isPaused = isPaused;

    public void Dispose()
    {
        _isClosed = true;
        _rtp.Dispose();
        _rtcp.Dispose();
        _receiver.Join();
        _sender?.Join();
    }

    private void Send()
    {
        uint ssrc = (uint)Random.Shared.NextInt64(1L << 32);
        ushort sequence = (ushort)Random.Shared.Next(1 << 15);
        uint timestamp = (uint)Random.Shared.Next();
        byte[] payload = new byte[FrameSamples];
        byte[] packet = new byte[FrameSamples + RtpPacket.HeaderBytes];
        long start = Stopwatch.GetTimestamp();
        for (int frame = 0; !_isClosed; frame++)
        {
            Target target = _target!;
            WaitUntil(start + (frame * Stopwatch.Frequency * FrameMilliseconds / 1000));
            if (!_isPaused)
            {
                Encode(payload, frame, target.Law);
                int bytes = RtpPacket.Write(packet, target.PayloadType, frame == 0, sequence, timestamp, ssrc, payload);
                Sent += TrySend(_rtp, packet.AsSpan(0, bytes), target.Rtp) ? 1 : 0;
                sequence = unchecked((ushort)(sequence + 1));
            }

            timestamp = unchecked(timestamp + FrameSamples);
            if (frame % ReportFrames == 1)
            {
                TrySend(_rtcp, MakeReport(ssrc, timestamp), target.Rtcp);
            }
        }
    }

    private static void WaitUntil(long timestamp)
    {
        long left;
        while ((left = timestamp - Stopwatch.GetTimestamp()) > 0)
        {
            Thread.Sleep((int)Math.Min(FrameMilliseconds, (left * 1000 / Stopwatch.Frequency) + 1));
        }
    }

    private static bool TrySend(Socket socket, ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        try
        {
            return socket.SendTo(packet, SocketFlags.None, to) == packet.Length;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void Encode(byte[] payload, int frame, G711Law law)
    {
        for (int index = 0; index < FrameSamples; index++)
        {
            int place = (frame * FrameSamples) + index;
            payload[index] = place < _speech.Length ? G711.Encode(_speech[place], law) : G711.Silence(law);
        }
    }

    /// <summary>A sender report and a source description with this phone's canonical name, as real phones send them.</summary>
    private byte[] MakeReport(uint ssrc, uint timestamp)
    {
        byte[] name = Encoding.ASCII.GetBytes(_canonicalName);
        int items = (2 + name.Length + 1 + 3) & ~3;
        byte[] report = new byte[28 + 8 + items];
        report[0] = 0x80;
        report[1] = 200;
        report[3] = 6;
        BinaryPrimitives.WriteUInt32BigEndian(report.AsSpan(4), ssrc);
        BinaryPrimitives.WriteUInt32BigEndian(report.AsSpan(16), timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(report.AsSpan(20), (uint)Sent);
        report[28] = 0x81;
        report[29] = 202;
        report[31] = (byte)(1 + (items / 4));
        BinaryPrimitives.WriteUInt32BigEndian(report.AsSpan(32), ssrc);
        report[36] = 1;
        report[37] = (byte)name.Length;
        name.CopyTo(report, 38);
        return report;
    }

    private void Receive()
    {
        byte[] buffer = new byte[2048];
        while (!_isClosed)
        {
            try
            {
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                int read = _rtp.ReceiveFrom(buffer, ref from);
                Take(buffer.AsSpan(0, read), (IPEndPoint)from);
                TakeReports(buffer);
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
            {
                // The far port is closed: a call that ends.
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void TakeReports(byte[] buffer)
    {
        while (_rtcp.Available > 0)
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            int read = _rtcp.ReceiveFrom(buffer, ref from);
            Record?.Add("rtcp", (IPEndPoint)from, buffer.AsSpan(0, read));
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, IPEndPoint from)
    {
        Record?.Add("rtp", from, bytes);
        if (RtpPacket.TryParse(bytes, out RtpPacket packet) != RtpParse.Accepted || packet.PayloadType is not (0 or 8))
        {
            return;
        }

        G711Law law = (G711Law)packet.PayloadType;
        bool isSilence = packet.Payload.IndexOfAnyExcept(G711.Silence(law)) < 0;
        lock (_gate)
        {
            Received++;
            _sources.Add(from);
            LastReceivedTimestamp = Stopwatch.GetTimestamp();
            FirstSoundTimestamp = FirstSoundTimestamp == 0 && !isSilence ? LastReceivedTimestamp : FirstSoundTimestamp;
            foreach (byte code in packet.Payload)
            {
                _heard.Add(G711.Decode(code, law));
            }
        }
    }

    private sealed record Target(IPEndPoint Rtp, IPEndPoint Rtcp, byte PayloadType, G711Law Law);
}
