using System;
using System.IO;
using System.Net.Sockets;
using OnionSip.Crypto;
using OnionSip.Machines;

namespace OnionSip.Hosting.Diagnostics;

/// <summary>Turns what ends a command into a sentence and an exit code. (HOST.EXIT-CODES)</summary>
public static class ProgramRunner
{
    /// <summary>Runs a command; what goes wrong is told on the error output.</summary>
    public static int Run(TextWriter errors, Func<int> command)
    {
        try
        {
            SodiumLibrary.EnsureLoaded();
            return command();
        }
        catch (SodiumMissingException error)
        {
            errors.WriteLine(error.Message);
            return ExitCodes.MissingLibrary;
        }
        catch (ProgramException error)
        {
            errors.WriteLine(error.Message);
            return error.Code;
        }
        catch (SocketException error)
        {
            errors.WriteLine("an address of the configuration cannot be used: " + error.Message);
            return ExitCodes.Failure;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine(error.Message);
            return ExitCodes.Failure;
        }
        catch (InvariantException error)
        {
            errors.WriteLine("this is a bug of the program; please report it with what follows");
            errors.WriteLine(error);
            return ExitCodes.Failure;
        }
    }

    /// <summary>Writes counters; a full disk is told and does not end the program.</summary>
    public static void WriteStats(Log log, Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.Error("the counters cannot be written: " + error.Message);
        }
    }
}
