using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading;
using OnionSip.Demo.Phones;
using OnionSip.Sip;

namespace OnionSip.Demo.Providers;

/// <summary>Where a message came from or goes to.</summary>
internal readonly record struct Hop(string Transport, IPEndPoint EndPoint);

/// <summary>The sockets of the built-in provider.</summary>
internal sealed class ProviderTransport : IDisposable
{
    private readonly ProviderOptions _options;
    private readonly ReceivedBytes _record;
    private readonly Action<Hop, SipMessage> _handle;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly Socket _tls;
    private readonly Dictionary<IPEndPoint, Connection> _connections = [];
    private readonly Lock _gate = new();
    private volatile bool _isClosed;

    internal ProviderTransport(ProviderOptions options, ReceivedBytes record, Action<Hop, SipMessage> handle)
    {
        _options = options;
        _record = record;
        _handle = handle;
        _udp = Sockets.BindUdp(new(options.Address, options.Port));
        _tcp = Listen(options.Port);
        _tls = Listen(options.TlsPort);
    }

    internal void Start()
    {
        Run(ReadUdp);
        Run(() => Accept(_tcp, isTls: false));
        Run(() => Accept(_tls, isTls: true));
    }

    internal ViaValue MakeVia(Hop next, string branch)
    {
        int port = next.Transport == "TLS" ? _options.TlsPort : _options.Port;
        SipParameters parameters = SipParameters.None.With("branch", branch).With("rport");
        return new(next.Transport, _options.Address.ToString(), (ushort)port, parameters);
    }

    /// <summary>Where a URI points: an open connection from there, else UDP; null for a name.</summary>
    internal Hop? FindHop(SipUri uri)
    {
        if (!IPAddress.TryParse(uri.Host, out IPAddress? address))
        {
            return null;
        }

        IPEndPoint endPoint = new(address, uri.Port == 0 ? 5060 : uri.Port);
        lock (_gate)
        {
            return _connections.TryGetValue(endPoint, out Connection? connection) ? new(connection.Transport, endPoint) : new("UDP", endPoint);
        }
    }

    /// <summary>Where a response goes.</summary>
    internal Hop? FindHop(ViaValue via)
    {
        if (!IPAddress.TryParse(via.Received ?? via.Host, out IPAddress? address))
        {
            return null;
        }

        int port = via.RPort != 0 ? via.RPort : via.Port;
        return new(via.Transport, new(address, port));
    }

    internal void Send(Hop to, SipMessage message)
    {
        byte[] bytes = SipWriter.Write(message);
        try
        {
            if (to.Transport == "UDP")
            {
                _udp.SendTo(bytes, to.EndPoint);
                return;
            }

            Connection? connection;
            lock (_gate)
            {
                _connections.TryGetValue(to.EndPoint, out connection);
            }

            connection?.Stream.Write(bytes);
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The other side has gone; whoever waits hears nothing, as on any network.
        }
    }

    public void Dispose()
    {
        _isClosed = true;
        _udp.Dispose();
        _tcp.Dispose();
        _tls.Dispose();
        Connection[] open;
        lock (_gate)
        {
            open = [.. _connections.Values];
        }

        foreach (Connection connection in open)
        {
            connection.Socket.Dispose();
        }
    }

    private static void Run(Action action) => new Thread(() => action()) { IsBackground = true, Name = "provider" }.Start();

    private Socket Listen(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // A provider that was ended may come back on its port at once.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(_options.Address, port));
        socket.Listen(16);
        return socket;
    }

    private void ReadUdp()
    {
        byte[] buffer = new byte[65_536];
        while (!_isClosed)
        {
            try
            {
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                int read = _udp.ReceiveFrom(buffer, ref from);
                _record.Add("udp", (IPEndPoint)from, buffer.AsSpan(0, read));
                if (SipMessage.TryParse(buffer.AsSpan(0, read), out SipMessage? message) == SipParse.Accepted)
                {
                    _handle(new("UDP", (IPEndPoint)from), message!);
                }
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
            {
                // A phone has gone.
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Accept(Socket listener, bool isTls)
    {
        while (!_isClosed)
        {
            try
            {
                Socket socket = listener.Accept();
                socket.NoDelay = true;
                Run(() => Serve(socket, isTls));
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Serve(Socket socket, bool isTls)
    {
        IPEndPoint from = (IPEndPoint)socket.RemoteEndPoint!;
        try
        {
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (isTls)
            {
                SslStream secured = new(stream);
                secured.AuthenticateAsServer(_options.Certificate);
                stream = secured;
            }

            lock (_gate)
            {
                _connections[from] = new(socket, stream, isTls ? "TLS" : "TCP");
            }

            Read(stream, new(isTls ? "TLS" : "TCP", from));
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The connection is over.
        }
        finally
        {
            lock (_gate)
            {
                _connections.Remove(from);
            }

            socket.Dispose();
        }
    }

    private void Read(Stream stream, Hop from)
    {
        byte[] buffer = new byte[16_384];
        SipStreamParser parser = new(SipStreamRole.Server);
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            _record.Add(from.Transport.ToLowerInvariant(), from.EndPoint, buffer.AsSpan(0, read));
            if (!parser.Append(buffer.AsSpan(0, read)))
            {
                return;
            }

            SipStreamItem item;
            while ((item = parser.Next(out SipMessage? message, out _)) != SipStreamItem.NeedMore)
            {
                if (item == SipStreamItem.Broken)
                {
                    return;
                }

                if (item == SipStreamItem.Ping)
                {
                    stream.Write("\r\n"u8);
                }
                else if (item == SipStreamItem.Message)
                {
                    _handle(from, message!);
                }
            }
        }
    }

    private sealed record Connection(Socket Socket, Stream Stream, string Transport);
}
