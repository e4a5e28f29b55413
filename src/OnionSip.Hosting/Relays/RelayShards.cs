using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Secrets;
using OnionSip.Hosting.Shards;
using OnionSip.Machines;

namespace OnionSip.Hosting.Relays;

/// <summary>One relay on several threads: shards that share the announced addresses and nothing else. (HOST.SHARDS)</summary>
/// <remarks>
/// Shape:  each shard is a <see cref="RelayHost"/> on a loop and a thread of its own. This object belongs to the control thread, which
///         reads the shards' counters and speaks to them by mailbox.
/// Bounds: <see cref="ShardSteering.MaxShards"/> shards.
/// </remarks>
public sealed class RelayShards : IDisposable
{
    private readonly RelayConfig _config;
    private readonly HostClock _clock;
    private readonly Log _log;
    private readonly RelayRecords _records;
    private readonly WorkThread _work;
    private readonly List<WorkDesk> _desks = [];
    private readonly List<EventLoop> _loops = [];
    private readonly List<RelayHost> _hosts = [];
    private readonly List<Thread> _threads = [];
    private readonly Action _failed;
    private ExceptionDispatchInfo? _failure;
    private int _granted;

    /// <param name="failed">Called on a shard's thread when that shard cannot go on.</param>
    /// <exception cref="ProgramException">A library is missing.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be bound.</exception>
    public RelayShards(HostClock clock, RelayConfig config, RelayKeys keys, NetworkDocument document, Log log, Action failed)
    {
        _config = config;
        _clock = clock;
        _log = log;
        _failed = failed;
        _records = new(config);
        _work = new(failed);
        try
        {
            Make(keys, document);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Count => _hosts.Count;

    /// <summary>The first announced address, its port known.</summary>
    public PeerAddress LocalAddress => _hosts[0].Links.LocalAddress(0);

    /// <summary>How many shards a configuration asks for.</summary>
    public static int CountOf(RelayConfig config) => !OperatingSystem.IsLinux()
        ? 1
        : Math.Min(config.Shards == 0 ? Environment.ProcessorCount : config.Shards, ShardSteering.MaxShards);

    public void Start()
    {
        foreach (int index in Enumerable.Range(0, Count))
        {
            Thread thread = new(() => Run(index)) { Name = $"shard {index}", IsBackground = true };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Gives every shard a newer document.</summary>
    public void SetDocument(NetworkDocument document)
    {
        for (int index = 0; index < Count; index++)
        {
            RelayHost host = _hosts[index];
            _ = _loops[index].Post(() => host.SetDocument(_clock.Now, _clock.WallNow, document));
        }
    }

    /// <summary>Ends every shard in good order and waits for its thread.</summary>
    /// <exception cref="InvariantException">A shard ended by a bug of ours.</exception>
    public void Stop()
    {
        for (int index = 0; index < Count; index++)
        {
            (EventLoop loop, RelayHost host) = (_loops[index], _hosts[index]);
            if (!loop.Post(() => host.Shutdown(_clock.Now)))
            {
                _log.Warn("a shard is too busy to say good-bye");
            }

            loop.Stop();
        }

        _threads.ForEach(static thread => thread.Join());
        _work.Dispose();
        _failure?.Throw();
        _work.Stop();
    }

    /// <summary>Writes counters and, on a test network, what else the configuration wants. (HOST.STATS)</summary>
    public void WriteStats()
    {
        RelayStats.Write(_config, _hosts, _loops, _work.Done);
        _records.Write();
    }

    public void Dispose()
    {
        // No node goes while one of its computations runs.
        _work.Dispose();
        _desks.ForEach(static desk => desk.Clear());
        _hosts.ForEach(static host => host.Dispose());
        _loops.ForEach(static loop => loop.Dispose());
        _hosts.Clear();
        _loops.Clear();
        _records.Dispose();
    }

    private void Make(RelayKeys keys, NetworkDocument document)
    {
        int count = CountOf(_config);
        IReadOnlyList<PeerAddress> bind = _config.Bind;
        for (int index = 0; index < count; index++)
        {
            EventLoop loop = new(_clock);
            _loops.Add(loop);
            WorkDesk desk = new(_work, loop);
            _desks.Add(desk);
            RelayHost host = new(loop, _config, keys, document, new OsEntropy(), new(index, count, bind), _records, desk);
            _hosts.Add(host);
            host.Links.TrainsRefused = error =>
                _log.Warn($"the system does not send many datagrams in one call (error {error}); they leave one by one");
            bind = [.. Enumerable.Range(0, _config.Bind.Count).Select(host.Links.LocalAddress)];
        }

        if (count > 1)
        {
            _hosts[0].Links.Steer();
        }
    }

    private void Run(int index)
    {
        try
        {
            Prepare(index);
            _loops[index].Run(_hosts[index].Links);
            _ = _hosts[index].Links.Drain(_clock.Now);
        }
        catch (Exception error)
        {
            _ = Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(error), null);
            _failed();
        }
    }

    private void Prepare(int index)
    {
        ThreadGrant grant = ShardThread.Prepare(_config.WantsRealtime);
        if (grant == ThreadGrant.Normal)
        {
            _work.GiveWay();
        }

        if (_config.Processors.Count > 0)
        {
            int processor = _config.Processors[index % _config.Processors.Count];
            if (!ShardThread.TryPin(processor))
            {
                _log.Warn($"a shard cannot be kept on processor {processor}");
            }
        }

        if (Interlocked.Exchange(ref _granted, 1) == 0)
        {
            _log.Info(grant switch
            {
                ThreadGrant.Realtime => "shards run with real-time priority",
                ThreadGrant.Nice => "real-time priority was not granted; shards run with a nice value of -10",
                _ => _config.WantsRealtime ? "no priority was granted; shards run like any thread" : "shards run like any thread",
            });
        }
    }
}
