using System;
using System.IO;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Secrets;
using OnionSip.Machines;

namespace OnionSip.Hosting.Relays;

/// <summary>What the relay's commands do, away from their command line. (HOST.RELAY)</summary>
/// <remarks>Throws: <see cref="ProgramException"/> with a sentence and an exit code.</remarks>
public static class RelayProgram
{
    public static RelayKeys ReadKeys(RelayConfig config) =>
        RelayKeys.Read(config.KeysFolder, out string problem) ?? throw new ProgramException(ExitCodes.BadConfiguration, problem);

    /// <summary>The network file, refused when it and the configuration disagree about being a test network.</summary>
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
        _ = (config, output, errors, isJson);
        throw new ProgramException(ExitCodes.Failure, "not yet");
    }
}
