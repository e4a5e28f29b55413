using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using OnionSip.Directory;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>A client node on its own thread; tests give it commands and wait for its events.</summary>
internal sealed class TestClient : INodeHandler<ClientEvent>, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly EventLoop _loop = new(new HostClock(TimeProvider.System));
    private readonly ClientNode _node;
    private readonly NodeLoop<ClientNode, ClientEvent> _links;
    private readonly Thread _thread;
    private readonly Channel<ClientEvent> _events = Channel.CreateUnbounded<ClientEvent>();

    public TestClient(NetworkDocument document)
    {
        _node = new(_loop.Clock.Now, _loop.Clock.WallNow, new(), document, new OsEntropy());
        _links = new(_loop, _node, this, [new(IpAddress.FromIPv4(0x7f003301), 0)]);
        _thread = new(() => _loop.Run(_links)) { Name = "client", IsBackground = true };
        _thread.Start();
    }

    public Instant NextDeadline => Instant.Never;

    public void HandleDeadline(Instant now)
    {
    }

    public bool HandleDrained(Instant now) => false;

    public void HandleDatagram(Instant now, in PeerAddress from, Span<byte> datagram) => _node.HandleDatagram(now, from, datagram);

    public void HandleEvent(Instant now, in ClientEvent nodeEvent) => _events.Writer.TryWrite(nodeEvent);

    /// <summary>Runs on the loop's thread.</summary>
    public Task<T> DoAsync<T>(Func<ClientNode, Instant, T> command)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(() =>
        {
            try
            {
                done.SetResult(command(_node, _loop.Clock.Now));
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    /// <summary>The next event of one of these kinds; others are passed over.</summary>
    public async Task<ClientEvent> ExpectAsync(params ClientEventKind[] kinds)
    {
        using CancellationTokenSource limit = new(s_patience);
        List<ClientEventKind> passed = [];
        try
        {
            while (true)
            {
                ClientEvent next = await _events.Reader.ReadAsync(limit.Token);
                if (Array.IndexOf(kinds, next.Kind) >= 0)
                {
                    return next;
                }

                passed.Add(next.Kind);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"waited for {string.Join(", ", kinds)}, saw {string.Join(", ", passed)}");
        }
    }

    public async Task<PathId> OpenPathAsync()
    {
        await DoAsync(static (node, now) => node.OpenPath(now));
        ClientEvent ready = await ExpectAsync(ClientEventKind.PathReady, ClientEventKind.PathFailed);
        return ready.Kind == ClientEventKind.PathReady ? ready.Path : throw new InvalidOperationException("path failed: " + ready.Reason);
    }

    public void Dispose()
    {
        _loop.Stop();
        _thread.Join();
        _links.Dispose();
        _node.Dispose();
        _loop.Dispose();
    }
}
