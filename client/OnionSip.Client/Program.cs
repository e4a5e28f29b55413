using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Gateways;
using OnionSip.Hosting.Loops;

namespace OnionSip.Client;

/// <summary>The client's command line.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        RootCommand root = new("""
            Makes phone calls that do not say who or where you are.

            Exit codes: 0 done, 1 failed, 2 the command line or a file is wrong, 3 a system library is missing.
            """);
        root.Add(MakeGateway());
        root.Add(MakeCheckConfig());
        ParseResult parsed = root.Parse(arguments);
        int code = parsed.Invoke();
        return parsed.Errors.Count > 0 ? ExitCodes.BadConfiguration : code;
    }

    private static Command MakeGateway()
    {
        Option<string> config = new("--config", "-c") { Description = "The configuration file, JSON with comments.", Required = true };
        Option<bool> json = new("--json") { Description = "Write events to the output as JSON objects, one a line." };
        Option<string?> stats = new("--stats")
        {
            Description = "Write counters to this file at the end and on SIGUSR1 (overrides \"stats\" of the configuration).",
        };
        Command command = new("gateway", """
            Be the outbound proxy of any SIP phone on this machine, until SIGTERM or SIGINT. Point the phone's outbound proxy at it and keep
            the phone's account as it is. Prints "ready name=gateway ..." once phones can use it.
            """) { config, json, stats };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            ClientConfig loaded = Load(parsed.GetValue(config)!);
            loaded = loaded with { StatsFile = parsed.GetValue(stats) ?? loaded.StatsFile };
            return GatewayProgram.Run(loaded, Console.Out, Console.Error, parsed.GetValue(json));
        }));
        return command;
    }

    private static Command MakeCheckConfig()
    {
        Argument<string> file = new("file") { Description = "The configuration file." };
        Command command = new("check-config", "Check a configuration and its network file, and tell everything that is wrong.") { file };
        command.SetAction(parsed => ProgramRunner.Run(Console.Error, () =>
        {
            ClientConfig loaded = Load(parsed.GetValue(file)!);
            _ = NetworkFile.Read(loaded.Network, new HostClock(TimeProvider.System).WallNow);
            Console.Out.WriteLine("good: " + Path.GetFileName(parsed.GetValue(file)!));
            foreach (Nodes.AccountOptions account in loaded.Gateway.Accounts)
            {
                Console.Out.WriteLine($"account {account.Domain}: {account.Warning ?? "TLS, the certificate is verified"}");
            }

            return ExitCodes.Success;
        }));
        return command;
    }

    private static ClientConfig Load(string file)
    {
        ClientConfig? config = ClientConfig.Load(file, out IReadOnlyList<ConfigError> errors);
        return config ?? throw new ProgramException(ExitCodes.BadConfiguration, string.Join(Environment.NewLine, errors));
    }
}
