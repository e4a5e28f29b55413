using System;
using System.Runtime.InteropServices;
using System.Threading;
using OnionSip.Directory;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Benchmarks;

/// <summary>One relay on a thread of its own; its exit binds nothing and throws datagrams away.</summary>
internal sealed partial class BenchRelay : INodeHandler<RelayEvent>, IDisposable
{
    private const int ThreadCpuTime = 3;

    private readonly EventLoop _loop = new(new HostClock(TimeProvider.System));
    private readonly NodeLoop<RelayNode, RelayEvent> _links;
    private readonly RelayNode _node;
    private readonly Thread _thread;
    private readonly byte[] _datagram = new byte[2048];

    public BenchRelay(PeerAddress address, RelayNodeOptions options, NetworkDocument document)
    {
        _node = new(_loop.Clock.Now, _loop.Clock.WallNow, options, document, new OsEntropy());
        _links = new(_loop, _node, this, [address]);
        _thread = new(() => _loop.Run(_links)) { IsBackground = true, Name = "relay" };
        _thread.Start();
    }

    public Instant NextDeadline => Instant.Never;

    /// <summary>Processor time of the relay's thread and the cells it sent on, read on that thread.</summary>
    public ForwardCost Cost()
    {
        ForwardCost cost = default;
        using ManualResetEventSlim done = new();
        _loop.Post(() =>
        {
            _ = clock_gettime(ThreadCpuTime, out Timespec time);
            cost = new((time.Seconds * 1_000_000_000) + time.Nanoseconds, _node.ForwardedCells);
            done.Set();
        });
        done.Wait();
        return cost;
    }

    public void HandleDatagram(Instant now, in PeerAddress from, Span<byte> datagram) => _node.HandleDatagram(now, from, datagram);

    public void HandleEvent(Instant now, in RelayEvent nodeEvent)
    {
        if (nodeEvent.Kind == RelayEventKind.ExitAssociate)
        {
            _node.HandleExitAssociated(now, nodeEvent.Key, new(IpAddress.FromIPv4(0x7F000401), 20000));
        }
        else if (nodeEvent.Kind == RelayEventKind.ExitDatagram)
        {
            while (_node.TryTakeExitDatagram(out _, out _, out _, _datagram, out _))
            {
            }
        }
    }

    public void HandleDeadline(Instant now)
    {
    }

    public bool HandleDrained(Instant now) => false;

    public void Dispose()
    {
        _loop.Stop();
        _thread.Join();
        _links.Dispose();
        _node.Dispose();
        _loop.Dispose();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
