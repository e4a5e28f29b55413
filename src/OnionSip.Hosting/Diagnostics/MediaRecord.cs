using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using OnionSip.Machines;

namespace OnionSip.Hosting.Diagnostics;

/// <summary>
/// When each RTP packet crossed a socket of a test network's gateway or exit, to measure delay between the two. (HOST.TEST-NETWORK)
/// </summary>
/// <remarks>
/// Shape:  one line a packet: microseconds of the system's monotonic clock, "in" or "out", the peer, payload type, payload in hexadecimal.
/// Bounds: <see cref="MaxPackets"/> packets, later ones are left out.
/// Exists only on a test network that asks for it. Shards share it.
/// </remarks>
public sealed class MediaRecord : IDisposable
{
    public const int MaxPackets = 200_000;
    private const int HeaderBytes = 12;
    private const int MicrosecondsPerSecond = 1_000_000;

    private readonly Lock _lock = new();
    private readonly StreamWriter _writer;
    private int _packets;

    /// <exception cref="IOException">The file cannot be written.</exception>
    public MediaRecord(string file)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        _writer = new(file, Encoding.ASCII, options);
    }

    /// <summary>Notes a packet; what is no plain RTP is left out.</summary>
    public void Add(bool isOut, in PeerAddress peer, ReadOnlySpan<byte> packet)
    {
        if (packet.Length <= HeaderBytes || packet[0] != 0x80)
        {
            return;
        }

        lock (_lock)
        {
            Write(isOut, peer, packet);
        }
    }

    public void Flush()
    {
        lock (_lock)
        {
            _writer.Flush();
        }
    }

    public void Dispose() => _writer.Dispose();

    private void Write(bool isOut, in PeerAddress peer, ReadOnlySpan<byte> packet)
    {
        if (_packets >= MaxPackets)
        {
            return;
        }

        _packets++;
        Int128 now = (Int128)Stopwatch.GetTimestamp() * MicrosecondsPerSecond / Stopwatch.Frequency;
        _writer.Write(((long)now).ToString(CultureInfo.InvariantCulture));
        _writer.Write(isOut ? " out " : " in ");
        _writer.Write(peer.Reveal());
        _writer.Write(' ');
        _writer.Write((packet[1] & 0x7F).ToString(CultureInfo.InvariantCulture));
        _writer.Write(' ');
        _writer.WriteLine(Convert.ToHexStringLower(packet[HeaderBytes..]));
    }
}
