using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Runs;

namespace OnionSip.Demo.Providers;

/// <summary>Kamailio as the provider, in the foreground of a process of ours.</summary>
public sealed class KamailioProvider : IProvider
{
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(15);

    private readonly ChildProcess _process;

    private KamailioProvider(ProviderOptions options, string folder, string program, string config)
    {
        PlainEndPoint = new(options.Address, options.Port);
        _process = ChildProcess.Start(
            "kamailio",
            folder,
            [program, "-DD", "-E", "-m", "32", "-M", "8", "-f", config, "-w", folder, "-Y", folder, "-P", Path.Combine(folder, "kamailio.pid")],
            Take);
    }

    public static string? Program => Programs.Find("kamailio");

    public string Kind => "Kamailio";

    public IPEndPoint PlainEndPoint { get; }

    public ReceivedBytes Record { get; } = new();

    /// <exception cref="DemoException">It did not start; with its last words.</exception>
    public static async Task<KamailioProvider> StartAsync(ProviderOptions options, TestCertificates certificates, string folder)
    {
        System.IO.Directory.CreateDirectory(folder);
        string config = KamailioConfig.WriteTo(folder, options, certificates.CertificateFile, certificates.KeyFile);
        KamailioProvider provider = new(options, folder, Program ?? throw new DemoException("Kamailio is not installed"), config);
        try
        {
            await provider.WaitUntilOpenAsync(new(options.Address, options.TlsPort)).ConfigureAwait(false);
            return provider;
        }
        catch
        {
            provider.Dispose();
            throw;
        }
    }

    // Its main process takes the others with it when it is asked to end; killed outright it would leave them.
    public void Kill() => _process.Terminate();

    public void Dispose() => _process.Dispose();

    private async Task WaitUntilOpenAsync(IPEndPoint endPoint)
    {
        DateTime until = DateTime.UtcNow + s_startPatience;
        while (DateTime.UtcNow < until && !_process.HasExited)
        {
            using Socket probe = new(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(endPoint).ConfigureAwait(false);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50).ConfigureAwait(false);
            }
        }

        throw new DemoException("Kamailio did not start:\n" + _process.Tail(15));
    }

    private void Take(string line)
    {
        int start = line.IndexOf(KamailioConfig.RecordMark, StringComparison.Ordinal);
        string[] parts = start < 0 ? [] : line[(start + KamailioConfig.RecordMark.Length)..].Trim().Split(' ');
        if (parts.Length == 4 && IPAddress.TryParse(parts[0], out IPAddress? address) && int.TryParse(parts[1], out int port))
        {
            Record.Add(parts[2], new(address, port), Convert.FromBase64String(parts[3]));
        }
    }
}
