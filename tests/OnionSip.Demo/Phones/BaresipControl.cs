using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace OnionSip.Demo.Phones;

/// <summary>A connection to baresip's module ctrl_tcp: commands out, events in; both are JSON in netstrings.</summary>
internal sealed class BaresipControl : IDisposable
{
    private readonly Socket _socket;
    private readonly List<(string Kind, long Timestamp)> _events = [];
    private readonly Lock _gate = new();
    private readonly Thread _reader;

    private BaresipControl(Socket socket)
    {
        _socket = socket;
        _reader = new(Read) { IsBackground = true, Name = "baresip events" };
        _reader.Start();
    }

    /// <summary>Called with each event's type.</summary>
    internal Action<string>? Told { get; set; }

    /// <summary>Connects; null when nobody listens yet.</summary>
    internal static async Task<BaresipControl?> TryConnectAsync(IPEndPoint endPoint)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint).ConfigureAwait(false);
            return new(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    internal void Send(string command, string parameters = "")
    {
        string body = JsonSerializer.Serialize(new Dictionary<string, string> { ["command"] = command, ["params"] = parameters, ["token"] = "demo" });
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        _socket.Send([.. Encoding.ASCII.GetBytes(bytes.Length.ToString(CultureInfo.InvariantCulture)), (byte)':', .. bytes, (byte)',']);
    }

    /// <summary>When an event first came after a time; 0 when it did not.</summary>
    internal long TimeOf(string kind, long after)
    {
        lock (_gate)
        {
            return _events.Find(told => told.Kind == kind && told.Timestamp >= after).Timestamp;
        }
    }

    /// <summary>Waits for the first of several events; its kind, or null.</summary>
    internal async Task<string?> WaitForAsync(TimeSpan patience, long after, params string[] kinds)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < patience)
        {
            lock (_gate)
            {
                (string? kind, _) = _events.Find(told => told.Timestamp >= after && Array.IndexOf(kinds, told.Kind) >= 0);
                if (kind is not null)
                {
                    return kind;
                }
            }

            await Task.Delay(10).ConfigureAwait(false);
        }

        return null;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _reader.Join();
    }

    private void Read()
    {
        byte[] buffer = new byte[16_384];
        List<byte> waiting = [];
        try
        {
            int read;
            while ((read = _socket.Receive(buffer)) > 0)
            {
                waiting.AddRange(buffer.AsSpan(0, read));
                while (TryTake(waiting, out string body))
                {
                    Take(body);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The phone has ended.
        }
    }

    private static bool TryTake(List<byte> waiting, out string body)
    {
        int colon = waiting.IndexOf((byte)':');
        body = string.Empty;
        if (colon <= 0 || !int.TryParse(Encoding.ASCII.GetString([.. waiting[..colon]]), out int length) || waiting.Count < colon + length + 2)
        {
            return false;
        }

        body = Encoding.UTF8.GetString([.. waiting[(colon + 1)..(colon + 1 + length)]]);
        waiting.RemoveRange(0, colon + length + 2);
        return true;
    }

    private void Take(string body)
    {
        long now = Stopwatch.GetTimestamp();
        string? kind = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            kind = document.RootElement.TryGetProperty("type", out JsonElement type) ? type.GetString() : null;
        }
        catch (JsonException)
        {
            // 1.0.0 does not escape everything; such an event is not one we wait for.
        }

        if (kind is not null)
        {
            lock (_gate)
            {
                _events.Add((kind, now));
            }

            Told?.Invoke(kind);
        }
    }
}
