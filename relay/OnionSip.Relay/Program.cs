using System;
using System.CommandLine;
using OnionSip.Hosting.Diagnostics;

namespace OnionSip.Relay;

/// <summary>The relay's command line.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        RootCommand root = new("""
            Runs a relay of an OnionSip network: it forwards encrypted cells and, as an exit, reaches providers for its users.

            Exit codes: 0 done, 1 failed, 2 the command line or a file is wrong, 3 a system library is missing.
            """);
        root.Add(RelayCommands.MakeRun());
        root.Add(RelayCommands.MakeKeygen());
        root.Add(RelayCommands.MakeDescribe());
        root.Add(RelayCommands.MakeCheckConfig());
        root.Add(NetworkCommands.Make());
        ParseResult parsed = root.Parse(arguments);
        int code = parsed.Invoke();
        return parsed.Errors.Count > 0 ? ExitCodes.BadConfiguration : code;
    }
}
