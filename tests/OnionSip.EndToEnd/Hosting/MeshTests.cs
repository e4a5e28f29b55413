using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>The host's loops, exit services and resolver under the real nodes over real sockets. (HOST.LOOP, HOST.UDP, HOST.EXIT-TCP, HOST.EXIT-UDP, HOST.RESOLVER)</summary>
public sealed class MeshTests : IDisposable
{
    private readonly TestDnsServer _dns = new();
    private readonly TestMesh _mesh;
    private readonly TestClient _client;

    public MeshTests()
    {
        _dns.Add("provider.test", 1, 127, 0, 0, 1)
            .Add("_sips._tcp.provider.test", 33, [0, 10, 0, 20, 0x13, 0xc5, .. TestDnsServer.Name("sip.provider.test")])
            .Start();
        _mesh = new(_dns.Forwarder);
        _client = new(_mesh.Document);
    }

    [Fact]
    public async Task Stream_EchoesThroughThreeRelays_AndThePeerSeesTheExitOnly()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        PathId path = await _client.OpenPathAsync();
        StreamKey stream = await OpenStreamAsync(path, null, listener);
        using Socket peer = await listener.AcceptSocketAsync(Cancel);
        ClientEvent connected = await _client.ExpectAsync(ClientEventKind.StreamConnected, ClientEventKind.StreamFailed);
        Assert.Equal(_mesh.ExitAddress.Reveal(), ((IPEndPoint)peer.RemoteEndPoint!).Address.ToString());
        Assert.Equal(connected.Local.Reveal(), peer.RemoteEndPoint.ToString());
        Assert.Equal(connected.Remote.Reveal(), peer.LocalEndPoint!.ToString());
        Task<int> echoing = EchoAsync(peer);
        byte[] sent = new byte[200_000];
        new Random(1).NextBytes(sent);
        byte[] received = await ExchangeAsync(stream, sent);
        Assert.Equal(sent, received);
        await _client.DoAsync((node, now) =>
        {
            node.FinishStream(now, stream);
            return 0;
        });
        Assert.Equal(sent.Length, await echoing);
        await _client.ExpectAsync(ClientEventKind.StreamFinished);
    }

    [Fact]
    public async Task ConnectByName_IsResolvedAtTheExit()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        PathId path = await _client.OpenPathAsync();
        await OpenStreamAsync(path, "provider.test", listener);
        using Socket peer = await listener.AcceptSocketAsync(Cancel);
        ClientEvent connected = await _client.ExpectAsync(ClientEventKind.StreamConnected, ClientEventKind.StreamFailed);
        Assert.Equal(ClientEventKind.StreamConnected, connected.Kind);
        await OpenStreamAsync(path, "missing.test", listener);
        ClientEvent failed = await _client.ExpectAsync(ClientEventKind.StreamConnected, ClientEventKind.StreamFailed);
        Assert.Equal(ControlStatus.NotFound, failed.Status);
    }

    [Fact]
    public async Task NobodyListens_IsUnreachable()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        PathId path = await _client.OpenPathAsync();
        await _client.DoAsync((node, now) => node.OpenStream(now, path, WireHost.FromAddress(Loopback), (ushort)port));
        ClientEvent failed = await _client.ExpectAsync(ClientEventKind.StreamConnected, ClientEventKind.StreamFailed);
        Assert.Equal((ClientEventKind.StreamFailed, ControlStatus.Unreachable), (failed.Kind, failed.Status));
    }

    [Fact]
    public async Task PeerResets_StreamIsReset()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        PathId path = await _client.OpenPathAsync();
        await OpenStreamAsync(path, null, listener);
        Socket peer = await listener.AcceptSocketAsync(Cancel);
        await _client.ExpectAsync(ClientEventKind.StreamConnected);
        peer.LingerState = new(true, 0);
        peer.Dispose();
        await _client.ExpectAsync(ClientEventKind.StreamReset);
    }

    [Fact]
    public async Task Association_HasAnEvenPortAndItsNeighbour_AndCarriesDatagramsBothWays()
    {
        using UdpClient peer = new(new IPEndPoint(IPAddress.Loopback, 0));
        PeerAddress to = new(Loopback, (ushort)((IPEndPoint)peer.Client.LocalEndPoint!).Port);
        PathId path = await _client.OpenPathAsync();
        FlowKey flow = (await _client.DoAsync((node, now) => node.Associate(now, path, isIPv6: false)))!.Value;
        ClientEvent associated = await _client.ExpectAsync(ClientEventKind.Associated, ClientEventKind.AssociateFailed);
        Assert.Equal(0, associated.Local.Port % 2);
        await _client.DoAsync((node, now) =>
        {
            node.Consent(now, flow, [to]);
            node.SendDatagram(now, flow, false, to, "rtp"u8);
            return node.SendDatagram(now, flow, true, to, new byte[1200]);
        });
        Dictionary<int, int> lengthByPort = [];
        for (int count = 0; count < 2; count++)
        {
            UdpReceiveResult received = await peer.ReceiveAsync(Cancel);
            Assert.Equal(_mesh.ExitAddress.Reveal(), received.RemoteEndPoint.Address.ToString());
            lengthByPort[received.RemoteEndPoint.Port - associated.Local.Port] = received.Buffer.Length;
        }

        Assert.Equal(new Dictionary<int, int> { [0] = 3, [1] = 1200 }, lengthByPort);
        await peer.SendAsync("back"u8.ToArray(), new IPEndPoint(IPAddress.Parse(associated.Local.Address.Reveal()), associated.Local.Port), Cancel);
        (string Text, PeerAddress Source, bool IsRtcp)? taken = null;
        while (taken is null)
        {
            // The event says that a cell came on a path with flows; it may have been another one than the datagram's.
            await _client.ExpectAsync(ClientEventKind.DatagramReceived);
            taken = await _client.DoAsync((node, _) =>
            {
                byte[] buffer = new byte[1500];
                return node.TryReceiveDatagram(path, out FlowKey _, out bool rtcp, out PeerAddress from, buffer, out int bytes)
                    ? (Encoding.ASCII.GetString(buffer, 0, bytes), from, rtcp)
                    : ((string, PeerAddress, bool)?)null;
            });
        }

        Assert.Equal(("back", to, false), taken);
    }

    [Fact]
    public async Task Service_IsResolvedAtTheExit()
    {
        PathId path = await _client.OpenPathAsync();
        QueryKey query = (await _client.DoAsync((node, now) => node.Resolve(now, path, ResolveKind.Srv, "_sips._tcp.provider.test"u8)))!.Value;
        ClientEvent resolved = await _client.ExpectAsync(ClientEventKind.Resolved, ClientEventKind.ResolveFailed);
        Assert.Equal(ClientEventKind.Resolved, resolved.Kind);
        DnsAnswer answer = await _client.DoAsync((node, _) =>
        {
            Assert.True(node.TryTakeAnswers(query, out IReadOnlyList<DnsAnswer> answers));
            return Assert.Single(answers);
        });
        Assert.Equal((10, 20, 5061, "sip.provider.test"), (answer.Priority, answer.Weight, answer.Port, answer.Target));
        await _client.DoAsync((node, now) => node.Resolve(now, path, ResolveKind.Aaaa, "provider.test"u8));
        ClientEvent failed = await _client.ExpectAsync(ClientEventKind.Resolved, ClientEventKind.ResolveFailed);
        Assert.Equal((ClientEventKind.ResolveFailed, ControlStatus.NotFound), (failed.Kind, failed.Status));
    }

    public void Dispose()
    {
        _client.Dispose();
        _mesh.Dispose();
        _dns.Dispose();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IpAddress Loopback => IpAddress.FromIPv4(0x7f000001);

    private static async Task<int> EchoAsync(Socket peer)
    {
        byte[] buffer = new byte[16_384];
        int total = 0;
        int read;
        while ((read = await peer.ReceiveAsync(buffer)) > 0)
        {
            await peer.SendAsync(buffer.AsMemory(0, read));
            total += read;
        }

        peer.Shutdown(SocketShutdown.Send);
        return total;
    }

    private async Task<StreamKey> OpenStreamAsync(PathId path, string? name, TcpListener listener)
    {
        ushort port = (ushort)((IPEndPoint)listener.LocalEndpoint).Port;
        return (await _client.DoAsync((node, now) =>
        {
            WireHost host = name is null ? WireHost.FromAddress(Loopback) : WireHost.FromName(Encoding.ASCII.GetBytes(name));
            return node.OpenStream(now, path, host, port);
        }))!.Value;
    }

    private async Task<byte[]> ExchangeAsync(StreamKey stream, byte[] sent)
    {
        byte[] received = new byte[sent.Length];
        int sentBytes = 0;
        int receivedBytes = 0;
        while (receivedBytes < received.Length)
        {
            int progress = await _client.DoAsync((node, now) =>
            {
                int written = node.WriteStream(now, stream, sent.AsSpan(sentBytes));
                int read = node.ReadStream(now, stream, received.AsSpan(receivedBytes));
                sentBytes += written;
                receivedBytes += read;
                return written + read;
            });
            if (progress == 0)
            {
                await _client.ExpectAsync(ClientEventKind.StreamReadable, ClientEventKind.StreamWritable);
            }
        }

        return received;
    }
}
