using System;
using System.Globalization;
using System.IO;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Secrets;
using OnionSip.Machines;

namespace OnionSip.Hosting.Relays;

/// <summary>What the relay's commands do, away from their command line. (HOST.RELAY)</summary>
/// <remarks>Throws: <see cref="ProgramException"/> with a sentence and an exit code.</remarks>
public static class RelayProgram
{
    public static RelayKeys ReadKeys(RelayConfig config) =>
        RelayKeys.Read(config.KeysFolder, out string problem) ?? throw new ProgramException(ExitCodes.BadConfiguration, problem);

    /// <summary>The network file, refused when it and the configuration disagree about being a test network. (HOST.TEST-NETWORK)</summary>
    public static NetworkDocument ReadNetwork(RelayConfig config, WallTime now)
    {
        NetworkDocument document = NetworkFile.Read(config.Network, now);
        if (document.IsTestNetwork && !config.IsTestNetwork)
        {
            throw new ProgramException(
                ExitCodes.BadConfiguration, "the network file is of a test network; a relay joins one only with test_network set to true");
        }

        if (config.IsTestNetwork && !document.IsTestNetwork)
        {
            throw new ProgramException(
                ExitCodes.BadConfiguration, "test_network is true, but the network file is of a public network; set it to false");
        }

        return document;
    }

    /// <summary>The signed descriptor that an authority takes.</summary>
    public static byte[] Describe(RelayConfig config, RelayKeys keys, WallTime now)
    {
        (byte[] link, byte[] onion) = keys.DerivePublicKeys();
        RelayDescriptor descriptor = new()
        {
            Identity = keys.Identity,
            LinkKey = link,
            OnionKey = onion,
            Name = config.Name,
            Addresses = config.Announce,
            Roles = config.Roles,
            CapacityCircuits = config.CapacityCircuits,
            Family = config.Family,
            Contact = config.Contact,
            ExitPolicy = config.Exit.Policy,
            Published = now,
        };
        return descriptor.Sign(keys.IdentitySeed.Span);
    }

    /// <summary>Runs a relay until a signal ends it.</summary>
    public static int Run(RelayConfig config, TextWriter output, TextWriter errors, bool isJson)
    {
        HostClock clock = new(TimeProvider.System);
        Log log = new(errors, config.Log, TimeProvider.System);
        EventWriter events = new(output, isJson, clock);
        using RelayKeys keys = ReadKeys(config);
        NetworkDocument document = ReadNetwork(config, clock.WallNow);
        using EventLoop loop = new(clock);
        using RelayShards shards = new(clock, config, keys, document, log, loop.Stop);
        using StopSignals signals =
            new(loop, loop.Stop, () => ProgramRunner.WriteStats(log, shards.WriteStats), () => Reload(config, clock, shards, log));
        if (document.Find(keys.Identity) is null)
        {
            log.Warn("the network file does not list this relay; nobody will use it until it does");
        }

        log.Info($"relay {config.Name} starts");
        shards.Start();
        events.Ready(config.Name, ("identity", Convert.ToHexStringLower(keys.Identity.ToArray())),
            ("port", shards.LocalAddress.Port.ToString(CultureInfo.InvariantCulture)));
        loop.Run(new IdleOwner());
        shards.Stop();
        ProgramRunner.WriteStats(log, shards.WriteStats);
        events.Write("stopped");
        log.Info($"relay {config.Name} stopped");
        return ExitCodes.Success;
    }

    private static void Reload(RelayConfig config, HostClock clock, RelayShards shards, Log log)
    {
        try
        {
            shards.SetDocument(ReadNetwork(config, clock.WallNow));
            log.Info("the network file was read again");
        }
        catch (ProgramException error)
        {
            log.Error("the network file was not taken and the old one stays: " + error.Message);
        }
    }

    /// <summary>The control thread has no machine: it waits for signals.</summary>
    private sealed class IdleOwner : ILoopOwner
    {
        public Instant Drain(Instant now) => Instant.Never;

        public void HandleTimeout(Instant now)
        {
        }
    }
}
