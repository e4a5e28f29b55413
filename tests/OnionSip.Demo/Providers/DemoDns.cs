using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace OnionSip.Demo.Providers;

/// <summary>A name server for the provider's domain: its SRV record for SIP over TLS and the address of its host; any other name is unknown.</summary>
public sealed class DemoDns : IDisposable
{
    private const int HeaderBytes = 12;
    private const ushort TypeA = 1;
    private const ushort TypeSrv = 33;
    private const uint LifetimeSeconds = 30;

    private readonly Socket _socket;
    private readonly Thread _thread;
    private readonly string _domain;
    private readonly IPEndPoint _provider;
    private readonly Lock _gate = new();
    private readonly List<(IPEndPoint From, string Name, ushort Type)> _questions = [];

    public DemoDns(IPAddress address, string domain, IPEndPoint provider)
    {
        _domain = domain;
        _provider = provider;
        _socket = Phones.Sockets.BindUdp(new(address, Phones.Sockets.FindFreePort(address)));
        Local = (IPEndPoint)_socket.LocalEndPoint!;
        _thread = new(Run) { IsBackground = true, Name = "dns" };
        _thread.Start();
    }

    public IPEndPoint Local { get; }

    /// <summary>Who asked for what.</summary>
    public IReadOnlyList<(IPEndPoint From, string Name, ushort Type)> Questions
    {
        get
        {
            lock (_gate)
            {
                return [.. _questions];
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _thread.Join();
    }

    private string HostName => "sip." + _domain;

    private void Run()
    {
        byte[] buffer = new byte[1500];
        while (true)
        {
            try
            {
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                int read = _socket.ReceiveFrom(buffer, ref from);
                if (Answer(buffer.AsSpan(0, read), (IPEndPoint)from) is { } answer)
                {
                    _socket.SendTo(answer, from);
                }
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
            {
                // The asker has gone.
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private byte[]? Answer(ReadOnlySpan<byte> question, IPEndPoint from)
    {
        if (question.Length < HeaderBytes || !TryReadName(question, out string name, out int end) || question.Length < end + 4)
        {
            return null;
        }

        ushort type = BinaryPrimitives.ReadUInt16BigEndian(question[end..]);
        lock (_gate)
        {
            _questions.Add((from, name, type));
        }

        byte[]? record = MakeRecord(name, type);
        bool isKnown = IsKnown(name);
        List<byte> answer = [.. question[..2], 0x84, (byte)(isKnown ? 0 : 3), 0, 1, 0, (byte)(record is null ? 0 : 1), 0, 0, 0, 0];
        answer.AddRange(question[HeaderBytes..(end + 4)]);
        answer.AddRange(record ?? []);
        return [.. answer];
    }

    // A name above one that exists exists as well.
    private bool IsKnown(string name)
    {
        string known = "." + name;
        return name.Length == 0 || ("." + HostName).EndsWith(known, StringComparison.OrdinalIgnoreCase)
            || ("._sips._tcp." + _domain).EndsWith(known, StringComparison.OrdinalIgnoreCase);
    }

    private byte[]? MakeRecord(string name, ushort type)
    {
        if (type == TypeSrv && Same(name, "_sips._tcp." + _domain))
        {
            byte[] target = WriteName(HostName);
            byte[] data = [0, 10, 0, 10, (byte)(_provider.Port >> 8), (byte)(_provider.Port & 0xFF), .. target];
            return Record(type, data);
        }

        return type == TypeA && (Same(name, HostName) || Same(name, _domain)) ? Record(type, _provider.Address.GetAddressBytes()) : null;
    }

    private static byte[] Record(ushort type, byte[] data)
    {
        // The name is a pointer to the question.
        byte[] record = [0xC0, HeaderBytes, (byte)(type >> 8), (byte)(type & 0xFF), 0, 1, 0, 0, 0, (byte)LifetimeSeconds, 0, (byte)data.Length, .. data];
        return record;
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static byte[] WriteName(string name)
    {
        List<byte> bytes = [];
        foreach (string label in name.Split('.'))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        bytes.Add(0);
        return [.. bytes];
    }

    private static bool TryReadName(ReadOnlySpan<byte> message, out string name, out int end)
    {
        List<string> labels = [];
        name = string.Empty;
        end = HeaderBytes;
        while (end < message.Length && message[end] != 0)
        {
            int length = message[end];
            if (length > 63 || end + 1 + length >= message.Length)
            {
                return false;
            }

            labels.Add(Encoding.ASCII.GetString(message.Slice(end + 1, length)));
            end += 1 + length;
        }

        end++;
        name = string.Join('.', labels);
        return end <= message.Length;
    }
}
