using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Runtime.InteropServices;
using System.Threading;

namespace OnionSip.EndToEnd.Calls;

/// <summary>A network namespace with one cable to this machine, counters on everything that leaves it, and nothing else; needs root.</summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int OpenReadOnly = 0;
    private const int CloneNewNetwork = 0x4000_0000;

    private readonly string _name;
    private readonly string _cable;

    private NetworkNamespace(string name, string cable, byte network)
    {
        _name = name;
        _cable = cable;
        Outside = new([10, 213, network, 1]);
        Inside = new([10, 213, network, 2]);
    }

    /// <summary>This machine's end of the cable.</summary>
    internal IPAddress Outside { get; }

    /// <summary>The namespace's end.</summary>
    internal IPAddress Inside { get; }

    /// <summary>What a command begins with to run inside.</summary>
    internal IReadOnlyList<string> Prefix => ["ip", "netns", "exec", _name];

    /// <summary>Makes one; null and a reason where that cannot be done.</summary>
    internal static NetworkNamespace? TryMake(byte network, out string reason)
    {
        if (EffectiveUser() != 0)
        {
            reason = "network namespaces need root";
            return null;
        }

        string id = Environment.ProcessId.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        NetworkNamespace made = new("onionsip-" + id, "os" + id, network);
        string inner = made._cable + "i";
        string[] steps =
        [
            $"ip netns add {made._name}",
            $"ip link add {made._cable} type veth peer name {inner} netns {made._name}",
            $"ip addr add {made.Outside}/24 dev {made._cable}",
            $"ip link set {made._cable} up",
            $"ip -n {made._name} addr add {made.Inside}/24 dev {inner}",
            $"ip -n {made._name} link set {inner} up",
            $"ip -n {made._name} link set lo up",
        ];
        foreach (string step in steps)
        {
            if (!Run(step.Split(' '), null, out string said))
            {
                made.Dispose();
                reason = $"this system does not let us \"{step}\": {said.Trim()}";
                return null;
            }
        }

        reason = string.Empty;
        return made;
    }

    /// <summary>Counts what leaves: one counter for each known end point, one for loopback, one for all the rest; false without nftables.</summary>
    internal bool TryCount(IReadOnlyList<(string Name, IPEndPoint EndPoint)> known, out string reason)
    {
        StringWriter rules = new();
        rules.WriteLine("table inet count {");
        foreach (string name in (IEnumerable<string>)["local", "other", .. Names(known)])
        {
            rules.WriteLine($"  counter {name} {{ }}");
        }

        rules.WriteLine("  chain leaving {");
        rules.WriteLine("    type filter hook output priority 0;");
        rules.WriteLine("    oifname \"lo\" counter name local accept");
        // The system's own questions for neighbours and routers are no packets of a program.
        rules.WriteLine("    meta l4proto ipv6-icmp accept");
        foreach ((string name, IPEndPoint endPoint) in known)
        {
            rules.WriteLine($"    ip daddr {endPoint.Address} udp dport {endPoint.Port} counter name {name} accept");
        }

        rules.WriteLine("    counter name other");
        rules.WriteLine("  }");
        rules.WriteLine("}");
        return Run([.. Prefix, "nft", "-f", "-"], rules.ToString(), out reason);
    }

    /// <summary>Packets counted so far.</summary>
    internal long Packets(string counter)
    {
        Run([.. Prefix, "nft", "list", "counter", "inet", "count", counter], null, out string said);
        string[] words = said.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[Array.IndexOf(words, "packets") + 1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Does something on a thread that is inside: sockets that it makes stay there.</summary>
    internal T Do<T>(Func<T> action)
    {
        T result = default!;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Enter();
                result = action();
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException("inside the namespace: " + failure.Message, failure);
    }

    public void Dispose()
    {
        Run(["ip", "link", "del", _cable], null, out _);
        Run(["ip", "netns", "del", _name], null, out _);
    }

    private static IEnumerable<string> Names(IReadOnlyList<(string Name, IPEndPoint EndPoint)> known)
    {
        foreach ((string name, _) in known)
        {
            yield return name;
        }
    }

    // The thread ends afterwards, so nothing else runs inside by mistake.
    private void Enter()
    {
        int descriptor = Open("/var/run/netns/" + _name, OpenReadOnly);
        if (descriptor < 0 || SetNamespace(descriptor, CloneNewNetwork) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        _ = Close(descriptor);
    }

    private static bool Run(IReadOnlyList<string> command, string? input, out string said)
    {
        try
        {
            ProcessStartInfo start = new(command[0]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
            for (int index = 1; index < command.Count; index++)
            {
                start.ArgumentList.Add(command[index]);
            }

            using Process process = Process.Start(start)!;
            process.StandardInput.Write(input ?? string.Empty);
            process.StandardInput.Close();
            said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception error)
        {
            said = error.Message;
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int kind);
}
