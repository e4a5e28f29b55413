using System;
using System.IO;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Shards;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Gateways;

/// <summary>What the client's gateway command does, away from its command line. (HOST.GATEWAY)</summary>
public static class GatewayProgram
{
    /// <summary>shutdown_seconds: how long calls and registrations have to end in good order.</summary>
    private static readonly TimeSpan s_shutdownTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_shutdownStep = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs a gateway until a signal ends it.</summary>
    public static int Run(ClientConfig config, TextWriter output, TextWriter errors, bool isJson)
    {
        HostClock clock = new(TimeProvider.System);
        Log log = new(errors, config.Log, TimeProvider.System);
        EventWriter events = new(output, isJson, clock);
        NetworkDocument document = NetworkFile.Read(config.Network, clock.WallNow);
        if (config.RecordMediaFile is not null && !document.IsTestNetwork)
        {
            throw new ProgramException(
                ExitCodes.BadConfiguration, "record_media writes down what passes, which is allowed only on a test network; remove it");
        }

        using EventLoop loop = new(clock);
        using GatewayHost host = new(loop, config, document, new OsEntropy(), TimeProvider.System, events, log);
        using StopSignals signals =
            new(loop, loop.Stop, () => ProgramRunner.WriteStats(log, host.WriteStats), () => Reload(config, clock, host, log));
        foreach (AccountOptions account in config.Gateway.Accounts)
        {
            if (account.Warning is { } warning)
            {
                log.Warn(warning);
            }
        }

        log.Info("gateway starts");
        ThreadGrant grant = ShardThread.Prepare(config.WantsRealtime);
        log.Info(grant switch
        {
            ThreadGrant.Realtime => "calls run with real-time priority",
            ThreadGrant.Nice => "real-time priority was not granted; calls run with a nice value of -10",
            _ => "calls run with the priority of any program: on a busy machine they lose ticks",
        });
        events.Ready("gateway", ("udp", host.ListenUdp.Reveal()), ("tcp", host.ListenTcp.Reveal()));
        loop.Run(host.Links);
        ShutDown(loop, host);
        ProgramRunner.WriteStats(log, host.WriteStats);
        events.Write("stopped");
        log.Info("gateway stopped");
        return ExitCodes.Success;
    }

    private static void ShutDown(EventLoop loop, GatewayHost host)
    {
        Instant deadline = loop.Clock.Now + s_shutdownTime;
        host.Shutdown(loop.Clock.Now);
        while (host.HasPaths && loop.Clock.Now < deadline)
        {
            loop.Turn(host.Links, s_shutdownStep);
        }

        host.Stop(loop.Clock.Now);
        _ = host.Links.Drain(loop.Clock.Now);
    }

    private static void Reload(ClientConfig config, HostClock clock, GatewayHost host, Log log)
    {
        try
        {
            host.SetDocument(clock.Now, clock.WallNow, NetworkFile.Read(config.Network, clock.WallNow));
            log.Info("the network file was read again");
        }
        catch (ProgramException error)
        {
            log.Error("the network file was not taken and the old one stays: " + error.Message);
        }
    }
}
