using System;
using System.IO;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using OnionSip.Hosting.Providers;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>TLS over queues against the framework's own server. (HOST.TLS)</summary>
public sealed class CircuitTlsConnectionTests : IDisposable
{
    private const string Domain = "provider.example";
    private readonly X509Certificate2 _authority = TestCertificates.MakeAuthority("Test Authority");
    private readonly string _pem;

    public CircuitTlsConnectionTests() => _pem = TestCertificates.WritePem(_authority);

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task GoodCertificate_BytesGoBothWays(SslProtocols protocol)
    {
        using X509Certificate2 certificate = TestCertificates.MakeServer(_authority, "x", ["dns:" + Domain]);
        using TlsServerEnd server = new(certificate, protocol);
        using CircuitTlsConnection client = server.Connect(Domain, new(_pem));
        byte[] sent = Encoding.ASCII.GetBytes("OPTIONS sip:provider.example SIP/2.0\r\n\r\n");
        Assert.Equal(sent.Length, client.Write(sent));
        Assert.Equal(sent, await server.ReadAsync(sent.Length));
        await server.WriteAsync(new byte[100_000]);
        Assert.Equal(100_000, await server.ReadFromClientAsync(client, 100_000));
        Assert.Equal(TlsResult.Verified, client.Result);
        Assert.Equal(Domain, server.ServerName);
    }

    [Fact]
    public async Task WrongName_EndsWithoutAByteOfPlaintext()
    {
        using X509Certificate2 certificate = TestCertificates.MakeServer(_authority, "x", ["dns:other.example"]);
        using TlsServerEnd server = new(certificate, SslProtocols.Tls13);
        using CircuitTlsConnection client = server.Connect(Domain, new(_pem));
        client.Write("secret"u8);
        await client.Completion;
        Assert.Equal(TlsResult.WrongName, client.Result);
        Assert.True(TlsResults.IsCertificateFailure(client.Result));
    }

    [Fact]
    public async Task UnknownAuthority_Ends()
    {
        using X509Certificate2 certificate = TestCertificates.MakeServer(_authority, "x", ["dns:" + Domain]);
        using TlsServerEnd server = new(certificate, SslProtocols.Tls12);
        using CircuitTlsConnection client = server.Connect(Domain, new());
        await client.Completion;
        Assert.Equal(TlsResult.UnknownAuthority, client.Result);
    }

    [Fact]
    public async Task CircuitEndsInTheHandshake_IsTold()
    {
        using CircuitTlsConnection client = new(Domain, new(_pem), new FixedTime(TestCertificates.Now), static () => { });
        client.FinishCiphertext();
        await client.Completion;
        Assert.Equal(TlsResult.HandshakeFailed, client.Result);
    }

    [Fact]
    public async Task Garbage_IsTold()
    {
        using CircuitTlsConnection client = new(Domain, new(_pem), new FixedTime(TestCertificates.Now), static () => { });
        client.WriteCiphertext("SIP/2.0 400 Bad Request\r\n\r\n"u8);
        await client.Completion;
        Assert.Equal(TlsResult.HandshakeFailed, client.Result);
    }

    [Fact]
    public async Task ServerCloses_ConnectionIsClosed()
    {
        using X509Certificate2 certificate = TestCertificates.MakeServer(_authority, "x", ["dns:" + Domain]);
        using TlsServerEnd server = new(certificate, SslProtocols.Tls13);
        using CircuitTlsConnection client = server.Connect(Domain, new(_pem));
        await server.CloseAsync();
        await client.Completion;
        Assert.Equal(TlsResult.Closed, client.Result);
    }

    public void Dispose()
    {
        File.Delete(_pem);
        _authority.Dispose();
    }

    /// <summary>The provider's end and the carrying of ciphertext between the two.</summary>
    private sealed class TlsServerEnd(X509Certificate2 certificate, SslProtocols protocol) : IDisposable
    {
        private readonly ByteQueue _toServer = new(1 << 20);
        private readonly ByteQueue _toClient = new(1 << 20);
        private readonly SemaphoreSlim _changed = new(0);
        private readonly CancellationTokenSource _cancel = new();
        private Task<SslStream>? _handshake;
        private CircuitTlsConnection? _client;

        public string ServerName { get; private set; } = "";

        public CircuitTlsConnection Connect(string domain, TlsTrust trust)
        {
            _client = new(domain, trust, new FixedTime(TestCertificates.Now), () => _changed.Release());
            _handshake = ShakeHandsAsync();
            _ = CarryAsync();
            return _client;
        }

        public async Task<byte[]> ReadAsync(int count)
        {
            byte[] bytes = new byte[count];
            await (await _handshake!).ReadExactlyAsync(bytes);
            return bytes;
        }

        public async Task WriteAsync(byte[] bytes) => await (await _handshake!).WriteAsync(bytes);

        public async Task CloseAsync() => await (await _handshake!).ShutdownAsync();

        public async Task<int> ReadFromClientAsync(CircuitTlsConnection client, int count)
        {
            int total = 0;
            byte[] buffer = new byte[8192];
            while (total < count)
            {
                int read = client.Read(buffer);
                total += read;
                if (read == 0)
                {
                    await Task.Yield();
                }
            }

            return total;
        }

        public void Dispose() => _cancel.Cancel();

        private async Task<SslStream> ShakeHandsAsync()
        {
            SslStream tls = new(new QueueStream(_toServer, _toClient, () => _changed.Release()));
            SslServerAuthenticationOptions options = new()
            {
                EnabledSslProtocols = protocol,
                ServerCertificateSelectionCallback = (_, name) =>
                {
                    ServerName = name ?? "";
                    return certificate;
                },
            };
            await tls.AuthenticateAsServerAsync(options, _cancel.Token);
            return tls;
        }

        private async Task CarryAsync()
        {
            byte[] buffer = new byte[1000];
            while (!_cancel.IsCancellationRequested)
            {
                int moved;
                do
                {
                    moved = _client!.ReadCiphertext(buffer);
                    _toServer.TryWrite(buffer.AsSpan(0, moved));
                    int back = _toClient.TryRead(buffer);
                    _client.WriteCiphertext(buffer.AsSpan(0, back));
                    moved += back;
                }
                while (moved > 0);
                await _changed.WaitAsync(_cancel.Token);
            }
        }
    }
}
