using System;
using System.CommandLine;
using System.IO;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using OnionSip.Demo.Runs;

namespace OnionSip.Demo;

/// <summary>The demo's command line.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        Option<int> seconds = new("--seconds") { Description = "Seconds of speech in the call (4 to 600).", DefaultValueFactory = static _ => 12 };
        Option<string?> json = new("--json") { Description = "Write the figures to this file as JSON." };
        Option<string> phones = new("--phones")
        {
            Description = "baresip: baresip phones and a Kamailio provider. builtin: our own small ones. auto: the former where they are installed.",
            DefaultValueFactory = static _ => "auto",
        };
        phones.AcceptOnlyFromAmong("auto", "baresip", "builtin");
        Option<bool> keep = new("--keep") { Description = "Keep the run's folder (logs, recordings, configurations) and print its name." };
        RootCommand root = new("""
            Places a call through three of nine relays and shows who saw what. Everything runs on this machine's loopback.

            Exit codes: 0 the callee heard what was said and no caller's address was seen, 1 it was not so, 2 the command line is wrong.
            """) { seconds, json, phones, keep };
        int code = 2;
        root.SetAction(async (parsed, cancel) =>
        {
            DemoSettings settings = new(parsed.GetValue(seconds), parsed.GetValue(phones)!, parsed.GetValue(keep));
            code = settings.Seconds is >= 4 and <= 600
                ? await RunAsync(settings, parsed.GetValue(json), cancel).ConfigureAwait(false)
                : Fail("--seconds must be from 4 to 600", 2);
            return code;
        });
        ParseResult result = root.Parse(arguments);
        int invoked = await result.InvokeAsync().ConfigureAwait(false);
        return result.Errors.Count > 0 ? 2 : invoked;
    }

    private static async Task<int> RunAsync(DemoSettings settings, string? jsonFile, CancellationToken cancel)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, bound));
        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, bound));
        using PosixSignalRegistration hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Stop(context, bound));
        using DemoRun run = new(settings, Console.Out);
        try
        {
            DemoReport report = await run.RunAsync(bound.Token).ConfigureAwait(false);
            ReportPrinter.Print(Console.Out, report);
            if (jsonFile is not null)
            {
                await File.WriteAllTextAsync(
                    jsonFile, report.ToJson().ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n", CancellationToken.None).ConfigureAwait(false);
            }

            return report.IsGood ? 0 : Fail("the call was not as it should be", 1);
        }
        catch (OperationCanceledException)
        {
            return Fail("stopped", 1);
        }
        catch (DemoException error)
        {
            return Fail(error.Message, 1);
        }
        finally
        {
            // Also what a phase that was given up was just starting.
            ChildProcess.EndAll();
        }
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource bound)
    {
        context.Cancel = true;
        bound.Cancel();
    }

    private static int Fail(string message, int code)
    {
        Console.Error.WriteLine("FAILED: " + message);
        return code;
    }
}
