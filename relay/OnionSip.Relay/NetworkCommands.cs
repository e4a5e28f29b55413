using System;
using System.CommandLine;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Relays;

namespace OnionSip.Relay;

/// <summary>The commands of a network's authority.</summary>
internal static class NetworkCommands
{
    internal static Command Make()
    {
        Command command = new("network", "Make and sign the network file that relays and clients read.")
        {
            MakeInit(), MakeAdd(), MakeSign(), MakeShow(),
        };
        return command;
    }

    private static Command MakeInit()
    {
        Option<string> folder = FolderOption();
        Option<string> name = new("--name") { Description = "The network's name, 1 to 19 letters and digits.", Required = true };
        Option<bool> test = new("--test-network")
        {
            Description = "A network on loopback whose exits reach this machine's own services; never for public use.",
        };
        Command command =
            new("init", "Make the authority's key and print its public half, which goes into every configuration.") { folder, name, test };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            AuthorityFolder authority = AuthorityFolder.Create(
                parsed.GetValue(folder)!, parsed.GetValue(name)!, parsed.GetValue(test), new OsEntropy());
            Console.Out.WriteLine("authority " + authority.PublicKeyText);
            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command MakeAdd()
    {
        Option<string> folder = FolderOption();
        Argument<string[]> files = new("descriptors")
        {
            Description = "Descriptor files made by \"onionsip-relay describe\". A relay's older one is replaced.",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new("add", "Check relays' descriptors and take them into the network.") { folder, files };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            AuthorityFolder authority = AuthorityFolder.Open(parsed.GetValue(folder)!);
            foreach (string file in parsed.GetValue(files)!)
            {
                Console.Out.WriteLine("added " + authority.Add(file));
            }

            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command MakeSign()
    {
        Option<string> folder = FolderOption();
        Option<string> output = new("--out") { Description = "The network file to write.", Required = true };
        Option<int> hours = new("--hours")
        {
            Description = "How long the file is valid.",
            DefaultValueFactory = static _ => 168,
        };
        Command command = new("sign", "Sign the network file with all relays that were added.") { folder, output, hours };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            int validHours = parsed.GetValue(hours);
            if (validHours is < 1 or > 8784)
            {
                throw new ProgramException(ExitCodes.BadConfiguration, "--hours must be from 1 to 8784");
            }

            int count = AuthorityFolder.Open(parsed.GetValue(folder)!)
                .Sign(parsed.GetValue(output)!, new HostClock(TimeProvider.System).WallNow, TimeSpan.FromHours(validHours));
            Console.Out.WriteLine($"signed {count} relays");
            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command MakeShow()
    {
        Argument<string> file = new("file") { Description = "The network file." };
        Option<string> key = new("--authority") { Description = "The authority's public key, 64 hexadecimal digits.", Required = true };
        Command command = new("show", "Verify a network file and list its relays.") { file, key };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            if (!NetworkConfig.TryParseKey(parsed.GetValue(key)!, out byte[] authority))
            {
                throw new ProgramException(ExitCodes.BadConfiguration, "--authority must be 64 hexadecimal digits");
            }

            NetworkDocument document = NetworkFile.Read(
                new(parsed.GetValue(file)!, authority), new HostClock(TimeProvider.System).WallNow);
            Console.Out.WriteLine($"network {document.Name}, {document.Relays.Count} relays, valid until {DateTimeOffset.FromUnixTimeSeconds(document.ValidUntil.UnixSeconds):u}");
            foreach (RelayDescriptor relay in document.Relays)
            {
                Console.Out.WriteLine($"{relay.Name} {relay.Identity} {relay.Addresses[0].Reveal()} {relay.Roles}");
            }

            return ExitCodes.Success;
        }));
        return command;
    }

    private static Option<string> FolderOption() => new("--dir")
    {
        Description = "The authority's folder: its key and the descriptors added.",
        Required = true,
    };
}
