using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>A name server of a few records for one test; everything else does not exist.</summary>
internal sealed class TestDnsServer : IDisposable
{
    private const int HeaderBytes = 12;
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Dictionary<(string Name, int Type), List<byte[]>> _records = [];

    public string Forwarder => "127.0.0.1@" + ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    public void Start() => _ = Task.Run(ServeAsync);

    public TestDnsServer Add(string name, int type, params byte[] data)
    {
        if (!_records.TryGetValue((name, type), out List<byte[]>? list))
        {
            _records[(name, type)] = list = [];
        }

        list.Add(data);
        return this;
    }

    public static byte[] Name(string name)
    {
        List<byte> bytes = [];
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        return [.. bytes, 0];
    }

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                UdpReceiveResult query = await _socket.ReceiveAsync(CancellationToken.None);
                await _socket.SendAsync(Answer(query.Buffer), query.RemoteEndPoint);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(byte[] query)
    {
        StringBuilder name = new();
        int position = HeaderBytes;
        while (query[position] != 0)
        {
            name.Append(name.Length == 0 ? "" : ".").Append(Encoding.ASCII.GetString(query, position + 1, query[position]).ToLowerInvariant());
            position += 1 + query[position];
        }

        int end = position + 5;
        int type = (query[position + 1] << 8) | query[position + 2];
        bool exists = _records.TryGetValue((name.ToString(), type), out List<byte[]>? records);
        List<byte> answer = [query[0], query[1], 0x85, (byte)(exists ? 0x80 : 0x83), 0, 1, 0, (byte)(records?.Count ?? 0), 0, 0, 0, 0];
        answer.AddRange(query[HeaderBytes..end]);
        foreach (byte[] data in records ?? [])
        {
            answer.AddRange([0xc0, HeaderBytes, (byte)(type >> 8), (byte)type, 0, 1, 0, 0, 0, 60, (byte)(data.Length >> 8), (byte)data.Length, .. data]);
        }

        return [.. answer];
    }
}
