using System;
using System.Globalization;
using System.IO;
using System.Linq;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Runs;

/// <summary>Prints a report for people.</summary>
internal static class ReportPrinter
{
    private const int ContentWidth = 62;

    internal static void Print(TextWriter output, DemoReport report)
    {
        output.WriteLine();
        Line(output, "path", $"caller's phone > gateway > {string.Join(" > ", report.Path)} > provider and callee  (of {DemoPlan.RelayCount} relays)");
        Line(output, "phones", report.Phones);
        Line(output, "dial to ringing", $"{report.DialToRinging:F0} ms");
        Line(output, "dial to first audio", $"{report.DialToAudio:F0} ms, until the exit sent the first frame of the caller's speech to the callee");
        Line(output, "frames", $"{report.Media.Sent} sent, {report.FramesReceived} received, {report.Media.Late} late");
        Line(output, "", "sent: 20 ms packets that came from the caller's phone; received: those that stand in the callee's recording;");
        Line(output, "", "late: those that took 60 ms or more longer than the fastest");
        Line(output, "added delay", $"{report.Media.Median:F1} ms median, {report.Media.Percentile99:F1} ms 99th percentile, over {report.Media.Matched} frames");
        Line(output, "", "from the gateway's local socket receiving a frame to the exit's socket sending it to the callee");
        PrintSlots(output, report);
        PrintScore(output, "callee heard caller", report.ToCallee);
        PrintScore(output, "caller heard callee", report.ToCaller);
        Line(output, "speech", report.Speech);
        PrintTable(output, report);
        output.WriteLine();
        output.WriteLine($"caller's address among the sources seen by name server, provider and callee: {(report.CallerSeenByProvider ? "YES" : "no")}");
        output.WriteLine($"caller's address in any byte received: {(report.CallerInAnyByteAtProvider ? "YES" : "no")}  (searched {report.Searched};");
        output.WriteLine("  as text, hexadecimal, decimal, base64 and as octets; SIP as it was received, after TLS was taken off;");
        output.WriteLine("  the caller's addresses are the phone's and both of the gateway's)");
    }

    private static void PrintSlots(TextWriter output, DemoReport report)
    {
        bool isSame = report.CallPath.SequenceEqual(report.Path);
        Line(output, "call's own path", isSame ? "over the relays of the account's path" : string.Join(" > ", report.CallPath));
        if (report.Slots is { } slots)
        {
            Line(output, "forward slots",
                $"{slots.Sent} sent, {slots.Reached} reached the exit, {slots.Unreported} not reported yet, {slots.Undeclared} lost undeclared, "
                + $"filled by guard + middle + exit {slots.ForwardFilled}, {slots.Skipped} ticks skipped");
            Line(output, "backward slots",
                $"{slots.BackwardReached} reached the gateway, {slots.BackwardMissing} lost, filled by guard + middle + exit {slots.BackwardFilled}");
        }
    }

    private static void PrintScore(TextWriter output, string name, AudioScore score) => Line(output, name, string.Create(
        CultureInfo.InvariantCulture,
        $"match {score.Match:F4} (median of {score.SecondsScored} of {score.SecondsOfSpeech} seconds; {AudioScore.MatchMin} needed), SNR {score.SignalToNoise:F0} dB, {score.Slips} slips"));

    private static void PrintTable(TextWriter output, DemoReport report)
    {
        output.WriteLine();
        output.WriteLine("who saw what, from what their sockets received:");
        int party = report.Seen.Max(static row => row.Party.Length);
        int addresses = report.Seen.Max(static row => row.Addresses.Split('\n').Max(static line => line.Length));
        Rule(output, party, addresses);
        Row(output, "party", "source addresses seen", "could read", party, addresses);
        Rule(output, party, addresses);
        foreach (SeenRow row in report.Seen)
        {
            Row(output, row.Party, row.Addresses, row.Content, party, addresses);
        }

        Rule(output, party, addresses);
    }

    private static void Rule(TextWriter output, int party, int addresses) =>
        output.WriteLine("+" + new string('-', party + 2) + "+" + new string('-', addresses + 2) + "+" + new string('-', ContentWidth + 2) + "+");

    private static void Row(TextWriter output, string party, string addresses, string content, int partyWidth, int addressWidth)
    {
        string[] left = addresses.Split('\n');
        string[] right = Wrap(content);
        for (int index = 0; index < Math.Max(left.Length, right.Length); index++)
        {
            string name = index == 0 ? party : string.Empty;
            string address = index < left.Length ? left[index] : string.Empty;
            string text = index < right.Length ? right[index] : string.Empty;
            output.WriteLine($"| {name.PadRight(partyWidth)} | {address.PadRight(addressWidth)} | {text.PadRight(ContentWidth)} |");
        }
    }

    private static string[] Wrap(string text)
    {
        System.Collections.Generic.List<string> lines = [string.Empty];
        foreach (string word in text.Split(' '))
        {
            bool fits = lines[^1].Length + word.Length + 1 <= ContentWidth;
            if (fits)
            {
                lines[^1] += (lines[^1].Length == 0 ? string.Empty : " ") + word;
            }
            else
            {
                lines.Add(word);
            }
        }

        return [.. lines];
    }

    private static void Line(TextWriter output, string name, string text) => output.WriteLine($"{name,-20} {text}");
}
