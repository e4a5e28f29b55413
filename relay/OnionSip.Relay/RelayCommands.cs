using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Relays;
using OnionSip.Hosting.Secrets;

namespace OnionSip.Relay;

/// <summary>The commands of one relay's operator.</summary>
internal static class RelayCommands
{
    internal static Command MakeRun()
    {
        Option<string> config = ConfigOption();
        Option<bool> json = new("--json") { Description = "Write events to the output as JSON objects, one a line." };
        Option<string?> stats = new("--stats")
        {
            Description = "Write counters to this file at the end and on SIGUSR1 (overrides \"stats\" of the configuration).",
        };
        Command command =
            new("run", "Run the relay until SIGTERM or SIGINT. Prints \"ready name=...\" once it takes traffic.") { config, json, stats };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            RelayConfig loaded = Load(parsed.GetValue(config)!);
            loaded = loaded with { StatsFile = parsed.GetValue(stats) ?? loaded.StatsFile };
            return RelayProgram.Run(loaded, Console.Out, Console.Error, parsed.GetValue(json));
        }));
        return command;
    }

    internal static Command MakeKeygen()
    {
        Option<string> output =
            new("--out") { Description = "The folder for the key files; it is made when it is not there.", Required = true };
        Command command =
            new("keygen", "Make the relay's three keys (identity, link, onion). Files that exist are never overwritten.") { output };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            using RelayKeys keys = RelayKeys.Create(parsed.GetValue(output)!, new OsEntropy());
            Console.Out.WriteLine("identity " + Convert.ToHexStringLower(keys.Identity.ToArray()));
            return ExitCodes.Success;
        }));
        return command;
    }

    internal static Command MakeDescribe()
    {
        Option<string> config = ConfigOption();
        Option<string> output = new("--out") { Description = "The file for the signed descriptor.", Required = true };
        Command command =
            new("describe", "Write the relay's signed descriptor, which an authority adds with \"network add\".") { config, output };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            RelayConfig loaded = Load(parsed.GetValue(config)!);
            using RelayKeys keys = RelayProgram.ReadKeys(loaded);
            SecretFolder.Replace(parsed.GetValue(output)!, RelayProgram.Describe(loaded, keys, new HostClock(TimeProvider.System).WallNow));
            return ExitCodes.Success;
        }));
        return command;
    }

    internal static Command MakeCheckConfig()
    {
        Argument<string> file = new("file") { Description = "The configuration file." };
        Command command =
            new("check-config", "Check a configuration, its keys and its network file, and tell everything that is wrong.") { file };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            RelayConfig loaded = Load(parsed.GetValue(file)!);
            using RelayKeys keys = RelayProgram.ReadKeys(loaded);
            NetworkDocument document = RelayProgram.ReadNetwork(loaded, new HostClock(TimeProvider.System).WallNow);
            Console.Out.WriteLine("good: " + Path.GetFileName(parsed.GetValue(file)!));
            if (document.Find(keys.Identity) is null)
            {
                Console.Out.WriteLine("note: the network file does not list this relay yet");
            }

            return ExitCodes.Success;
        }));
        return command;
    }

    private static Option<string> ConfigOption() => new("--config", "-c")
    {
        Description = "The configuration file, JSON with comments.",
        Required = true,
    };

    private static RelayConfig Load(string file)
    {
        RelayConfig? config = RelayConfig.Load(file, out IReadOnlyList<ConfigError> errors);
        return config ?? throw new ProgramException(ExitCodes.BadConfiguration, string.Join(Environment.NewLine, errors));
    }
}
