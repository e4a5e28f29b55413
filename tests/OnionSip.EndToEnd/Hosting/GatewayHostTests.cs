using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Gateways;
using OnionSip.Hosting.Loops;
using Xunit;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>A phone registers with its provider through gateway, mesh and TLS, over real sockets. (HOST.GATEWAY, HOST.TLS, NODE.GATEWAY)</summary>
public sealed class GatewayHostTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "onionsip-gateway-" + Path.GetRandomFileName());
    private readonly StringWriter _output = new();
    private readonly TestDnsServer _dns = new();
    private readonly UdpClient _phone = new(new IPEndPoint(IPAddress.Loopback, 0));
    private TestMesh? _mesh;
    private EventLoop? _loop;
    private GatewayHost? _host;
    private Thread? _thread;

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public async Task Register_ReachesTheProvider_AndTheChallengeThePhone(string transport)
    {
        using TlsProvider provider = new("provider.test");
        Start(provider);
        string answer = transport == "udp" ? await AskByUdpAsync() : await AskByTcpAsync();
        Assert.StartsWith("SIP/2.0 401", answer);
        Assert.Contains("nonce=\"n0nce\"", answer);
        string request = await provider.Requests.ReadAsync(Cancel);
        Assert.StartsWith("REGISTER sip:provider.test SIP/2.0", request);
        Assert.DoesNotContain("127.0.0.1", request);
        Assert.Contains("Via: SIP/2.0/TLS " + _mesh!.ExitAddress.Reveal(), request);
        Assert.Equal(_mesh.ExitAddress.Reveal(), await provider.Sources.Reader.ReadAsync(Cancel));
        Assert.Contains("\"relays\":[\"guard\",\"middle\",\"exit\"]", _output.ToString());
    }

    [Fact]
    public async Task CertificateOfAnotherName_TheProviderSeesNoByteOfSip()
    {
        using TlsProvider provider = new("other.test");
        Start(provider);
        string answer = await AskByUdpAsync();
        Assert.StartsWith("SIP/2.0 5", answer);
        Assert.False(provider.Requests.TryRead(out _));
    }

    public void Dispose()
    {
        _loop?.Stop();
        _thread?.Join();
        _host?.Dispose();
        _loop?.Dispose();
        _mesh?.Dispose();
        _dns.Dispose();
        _phone.Dispose();
        if (System.IO.Directory.Exists(_folder))
        {
            System.IO.Directory.Delete(_folder, recursive: true);
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Request(string via, int port) => string.Join("\r\n", (string[])[
        "REGISTER sip:provider.test SIP/2.0", $"Via: SIP/2.0/{via} 127.0.0.1:{port};branch=z9hG4bKabc;rport", "Max-Forwards: 70",
        "From: <sip:alice@provider.test>;tag=f1", "To: <sip:alice@provider.test>", "Call-ID: call1@127.0.0.1", "CSeq: 1 REGISTER",
        $"Contact: <sip:alice@127.0.0.1:{port}>", "Expires: 300", "User-Agent: canary", "Content-Length: 0", "", ""]);

    private void Start(TlsProvider provider)
    {
        _dns.Add("provider.test", 1, 127, 0, 0, 1)
            .Add("_sips._tcp.provider.test", 33, [0, 10, 0, 20, (byte)(provider.Port >> 8), (byte)(provider.Port & 0xff), .. TestDnsServer.Name("provider.test")])
            .Start();
        _mesh = new(_dns.Forwarder);
        ConfigSource source = new(Path.Combine(_folder, "client.json"));
        ClientConfig config = ClientConfig.Read(source.Parse($$"""
            { "network": { "file": "n", "authority": "{{new string('0', 64)}}" }, "bind": "127.0.51.1:0",
              "gateway": { "listen_udp": "127.0.0.1:0" }, "accounts": [ { "domain": "provider.test", "ca_file": "{{provider.AuthorityFile}}" } ] }
            """)!);
        Assert.Empty(source.Errors);
        HostClock clock = new(TimeProvider.System);
        _loop = new(clock);
        _host = new(_loop, config, _mesh.Document, new OsEntropy(), TimeProvider.System, new(_output, true, clock), new(TextWriter.Null, LogLevel.Error, TimeProvider.System));
        _thread = new(() => _loop.Run(_host.Links)) { IsBackground = true };
        _thread.Start();
    }

    private async Task<string> AskByUdpAsync()
    {
        int port = ((IPEndPoint)_phone.Client.LocalEndPoint!).Port;
        await _phone.SendAsync(Encoding.ASCII.GetBytes(Request("UDP", port)), new IPEndPoint(IPAddress.Loopback, _host!.ListenUdp.Port), Cancel);
        while (true)
        {
            string answer = Encoding.ASCII.GetString((await _phone.ReceiveAsync(Cancel)).Buffer);
            if (!answer.StartsWith("SIP/2.0 100", StringComparison.Ordinal))
            {
                return answer;
            }
        }
    }

    private async Task<string> AskByTcpAsync()
    {
        using TcpClient connection = new();
        await connection.ConnectAsync(IPAddress.Loopback, _host!.ListenTcp.Port, Cancel);
        NetworkStream stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Request("TCP", ((IPEndPoint)connection.Client.LocalEndPoint!).Port)), Cancel);
        byte[] buffer = new byte[65_536];
        StringBuilder text = new();
        while (true)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, Cancel)));
            int final = text.ToString().IndexOf("SIP/2.0 ", StringComparison.Ordinal);
            while (final >= 0 && text.ToString().AsSpan(final).StartsWith("SIP/2.0 100"))
            {
                final = text.ToString().IndexOf("SIP/2.0 ", final + 1, StringComparison.Ordinal);
                final = final >= 0 && text[final - 1] != '\n' ? -1 : final;
            }

            if (final >= 0 && text.ToString().IndexOf("\r\n\r\n", final, StringComparison.Ordinal) > 0)
            {
                return text.ToString(final, text.Length - final);
            }
        }
    }
}
