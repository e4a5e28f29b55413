using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using OnionSip.Demo.Scores;
using OnionSip.Media;

namespace OnionSip.Demo.Runs;

/// <summary>One line of a record of media (see HOST.TEST-NETWORK).</summary>
public sealed record MediaPacket(long Microseconds, bool IsOut, IPEndPoint Peer, int PayloadType, byte[] Payload)
{
    public static List<MediaPacket> ReadAll(string file)
    {
        List<MediaPacket> packets = [];
        if (!File.Exists(file))
        {
            return packets;
        }

        foreach (string line in File.ReadLines(file))
        {
            string[] parts = line.Split(' ');
            if (parts.Length == 5)
            {
                packets.Add(new(
                    long.Parse(parts[0], CultureInfo.InvariantCulture),
                    parts[1] == "out",
                    IPEndPoint.Parse(parts[2]),
                    int.Parse(parts[3], CultureInfo.InvariantCulture),
                    Convert.FromHexString(parts[4])));
            }
        }

        return packets;
    }
}

/// <summary>What became of the caller's frames between the gateway's local socket and the exit's.</summary>
/// <param name="Sent">Audio packets that the caller's phone gave to the gateway.</param>
/// <param name="Late">Frames that took 60 ms or more longer than the fastest one.</param>
/// <param name="Median">Milliseconds from the gateway's receipt of a frame to the exit's sending of it.</param>
/// <param name="Percentile99">The same.</param>
/// <param name="Matched">Frames that were timed: their payload occurs once.</param>
/// <param name="FirstAudioMicroseconds">When the exit sent the first frame of speech; 0 for never.</param>
public sealed record MediaTimes(int Sent, int Late, double Median, double Percentile99, int Matched, long FirstAudioMicroseconds)
{
    public const double LateMilliseconds = 60;

    /// <param name="gateway">The gateway's record.</param>
    /// <param name="exit">The exit's record.</param>
    public static MediaTimes Measure(List<MediaPacket> gateway, List<MediaPacket> exit)
    {
        List<MediaPacket> entered = gateway.FindAll(packet => !packet.IsOut && packet.PayloadType is 0 or 8);
        List<MediaPacket> left = exit.FindAll(packet => packet.IsOut && packet.PayloadType is 0 or 8);
        Dictionary<string, long> leftAt = Unique(left, left.Count > 0 ? left[0].PayloadType : 0);
        List<double> delays = [];
        long first = long.MaxValue;
        foreach ((string payload, long at) in Unique(entered, left.Count > 0 ? left[0].PayloadType : 0))
        {
            if (leftAt.TryGetValue(payload, out long sentAt))
            {
                delays.Add((sentAt - at) / 1000.0);
                first = Math.Min(first, sentAt);
            }
        }

        delays.Sort();
        int late = delays.FindAll(delay => delay >= delays[0] + LateMilliseconds).Count;
        return new(entered.Count, late, At(delays, 0.5), At(delays, 0.99), delays.Count, first == long.MaxValue ? 0 : first);
    }

    /// <summary>How many of the caller's frames stand in the callee's recording, frame by frame.</summary>
    public static int CountReceived(List<MediaPacket> gateway, WaveSound recording, int payloadType)
    {
        Dictionary<string, int> heard = [];
        G711Law law = (G711Law)payloadType;
        for (int start = 0; start + 160 <= recording.Samples.Length; start += 160)
        {
            byte[] codes = Array.ConvertAll(recording.Samples[start..(start + 160)], sample => G711.Encode(sample, law));
            string key = Signature(codes, law);
            heard[key] = heard.GetValueOrDefault(key) + 1;
        }

        int received = 0;
        foreach (MediaPacket packet in gateway)
        {
            if (packet.IsOut || packet.PayloadType is not (0 or 8))
            {
                continue;
            }

            string key = Signature(Converted(packet, payloadType), law);
            int count = heard.GetValueOrDefault(key);
            if (count > 0)
            {
                heard[key] = count - 1;
                received++;
            }
        }

        return received;
    }

    private static Dictionary<string, long> Unique(List<MediaPacket> packets, int payloadType)
    {
        Dictionary<string, long> times = [];
        HashSet<string> repeated = [];
        foreach (MediaPacket packet in packets)
        {
            string key = Convert.ToHexString(Converted(packet, payloadType));
            if (!times.TryAdd(key, packet.Microseconds))
            {
                repeated.Add(key);
            }
        }

        foreach (string key in repeated)
        {
            times.Remove(key);
        }

        return times;
    }

    /// <summary>The payload as it leaves the exit, should the gateway have changed one law to the other.</summary>
    private static byte[] Converted(MediaPacket packet, int payloadType)
    {
        byte[] payload = [.. packet.Payload];
        G711.Convert(payload, (G711Law)packet.PayloadType, (G711Law)payloadType);
        return payload;
    }

    // Both laws have two codes for zero; what is decoded cannot tell them apart.
    private static string Signature(byte[] codes, G711Law law) =>
        Convert.ToHexString(Array.ConvertAll(codes, code => G711.Encode(G711.Decode(code, law), law)));

    private static double At(List<double> sorted, double part) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(part * sorted.Count))];
}
