using System;
using System.Collections.Generic;
using System.Threading;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Providers;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Gateways;

/// <summary>The TLS connections to providers, between the circuits' bytes and the gateway's. (HOST.TLS)</summary>
/// <remarks>Bounds: as many as the gateway has upstreams; bytes that a connection does not take end it.</remarks>
internal sealed class UpstreamTls(EventLoop loop, GatewayNode node, ClientConfig config, TimeProvider clock, Log log) : IDisposable
{
    private readonly Dictionary<UpstreamId, Connection> _connections = [];
    private readonly byte[] _buffer = new byte[16 * 1024];

    internal int Count => _connections.Count;

    internal void Start(StartTls start)
    {
        TlsTrust trust = config.Trust.GetValueOrDefault(start.Options.Domain) ?? new();
        Connection connection = new(start.Upstream);
        connection.Tls = new(start.CertificateName, trust, clock, () => Wake(connection));
        _connections[start.Upstream] = connection;
    }

    internal void Stop(UpstreamId upstream)
    {
        if (_connections.Remove(upstream, out Connection? connection))
        {
            connection.Tls!.Dispose();
        }
    }

    /// <summary>SIP for the provider.</summary>
    internal void Encrypt(Instant now, UpstreamId upstream, ReadOnlySpan<byte> plaintext)
    {
        if (_connections.TryGetValue(upstream, out Connection? connection) && connection.Tls!.Write(plaintext) < plaintext.Length)
        {
            Fail(now, connection, GatewayFailure.Closed);
        }
    }

    /// <summary>Bytes from the circuit.</summary>
    internal void Decrypt(Instant now, UpstreamId upstream, ReadOnlySpan<byte> ciphertext)
    {
        if (_connections.TryGetValue(upstream, out Connection? connection)
            && connection.Tls!.WriteCiphertext(ciphertext) < ciphertext.Length)
        {
            Fail(now, connection, GatewayFailure.Closed);
        }
    }

    public void Dispose()
    {
        foreach (Connection connection in _connections.Values)
        {
            connection.Tls!.Dispose();
        }

        _connections.Clear();
    }

    /// <summary>From any thread; posts once however often it is called before the loop comes to it.</summary>
    private void Wake(Connection connection)
    {
        if (Interlocked.Exchange(ref connection.WakePending, 1) == 0)
        {
            _ = loop.Post(() => Pump(connection));
        }
    }

    private void Pump(Connection connection)
    {
        Volatile.Write(ref connection.WakePending, 0);
        Instant now = loop.Clock.Now;
        TlsResult result = connection.Tls!.Result;
        MoveCiphertext(now, connection);
        if (result is TlsResult.Verified or TlsResult.Closed && !connection.IsReady && IsCurrent(connection))
        {
            connection.IsReady = true;
            node.HandleTlsReady(now, connection.Upstream);
        }

        MovePlaintext(now, connection);
        if (result is not (TlsResult.None or TlsResult.Verified) && IsCurrent(connection))
        {
            Report(now, connection, result);
        }
    }

    private void MoveCiphertext(Instant now, Connection connection)
    {
        int count;
        while (IsCurrent(connection) && (count = connection.Tls!.ReadCiphertext(_buffer)) > 0)
        {
            node.HandleTlsCiphertext(now, connection.Upstream, _buffer.AsSpan(0, count));
        }
    }

    private void MovePlaintext(Instant now, Connection connection)
    {
        int count;
        while (IsCurrent(connection) && (count = connection.Tls!.Read(_buffer)) > 0)
        {
            node.HandleTlsPlaintext(now, connection.Upstream, _buffer.AsSpan(0, count));
        }
    }

    private void Report(Instant now, Connection connection, TlsResult result)
    {
        bool isCertificate = TlsResults.IsCertificateFailure(result);
        if (isCertificate)
        {
            log.Warn("a provider was refused: " + TlsResults.Describe(result));
        }

        Fail(now, connection, isCertificate ? GatewayFailure.BadCertificate : GatewayFailure.Closed);
    }

    private void Fail(Instant now, Connection connection, GatewayFailure reason)
    {
        Stop(connection.Upstream);
        node.HandleTlsFailed(now, connection.Upstream, reason);
    }

    private bool IsCurrent(Connection connection) =>
        _connections.TryGetValue(connection.Upstream, out Connection? current) && current == connection;

    private sealed class Connection(UpstreamId upstream)
    {
        /// <summary>1 while a post is on its way.</summary>
        public int WakePending;

        public UpstreamId Upstream { get; } = upstream;

        public CircuitTlsConnection? Tls { get; set; }

        public bool IsReady { get; set; }
    }
}
