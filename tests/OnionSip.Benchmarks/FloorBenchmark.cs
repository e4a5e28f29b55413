using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using OnionSip.Benchmarks.Loads;
using OnionSip.Crypto;

namespace OnionSip.Benchmarks;

/// <summary>
/// The least a relay can cost: a forwarder in C that moves the same bundles at the same pace, and the cell's cryptography alone.
/// </summary>
internal sealed class FloorBenchmark : IDisposable
{
    internal const string ForwardWord = "forward";
    private const int SegmentBytes = 280;
    private const uint Address = 0x7F3C00FA;
    private const ushort Port = 19650;

    private readonly Process _process;
    private readonly Dictionary<string, long> _cpu = [];

    private FloorBenchmark(Process process) => _process = process;

    /// <summary>What the forwarder is written in: C where there is a compiler, else this program's own.</summary>
    public string Language { get; private init; } = "";

    /// <exception cref="InvalidOperationException">The forwarder does not run.</exception>
    public static FloorBenchmark Start()
    {
        string folder = System.IO.Directory.CreateTempSubdirectory("onionsip-floor-").FullName;
        try
        {
            string? program = Compile(folder);
            string[] words = program is null ? ["dotnet", typeof(FloorBenchmark).Assembly.Location, ForwardWord] : [program, "127.60.0.250", "19650"];
            ProcessStartInfo start = new("taskset", ["-c", "0", .. words]) { RedirectStandardOutput = true, RedirectStandardInput = true };
            FloorBenchmark floor = new(Process.Start(start)!) { Language = program is null ? "C#, since there is no gcc" : "C" };
            if (floor._process.StandardOutput.ReadLine() != "ready")
            {
                floor.Dispose();
                throw new InvalidOperationException("the forwarder did not start");
            }

            return floor;
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The forwarder for machines without a C compiler; runs until its input ends.</summary>
    public static int Forward()
    {
        using TrainSocket socket = new(Port, isBundled: true);
        Console.WriteLine("ready");
        (uint address, ushort port) = (0u, (ushort)0);
        do
        {
            int count = socket.Receive();
            for (int place = 0; place < count; place++)
            {
                Bundle bundle = socket.Read(place);
                if (port != 0 && bundle.Bytes.Length <= TrainSocket.TrainBytes)
                {
                    bundle.Bytes.CopyTo(socket.Next());
                    socket.Commit(Address, address, port, bundle.Bytes.Length, bundle.SegmentBytes);
                }

                (address, port) = (bundle.From, bundle.Port);
            }

            socket.Flush();
        }
        while (socket.Wait(0));
        return 0;
    }

    private static string? Compile(string folder)
    {
        string source = Path.Combine(RelayProcess.Checkout(), "tests", "OnionSip.Benchmarks", "native", "forward.c");
        string program = Path.Combine(folder, "forward");
        try
        {
            using Process compiler = Process.Start("gcc", ["-O2", "-Wall", "-o", program, source]);
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? program : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Processor microseconds of the forwarder for one datagram, at so many calls over so many peers.</summary>
    public double ForwardMicroseconds(int calls, int peers, TimeSpan window)
    {
        using TrainSocket socket = new(BenchNetwork.PlayedPort, isBundled: true);
        int perPeer = Math.Max(1, 2 * calls / peers);
        _ = Pump(socket, perPeer, peers, TimeSpan.FromSeconds(1));
        double before = RelayProcess.CpuSeconds(_process.Id, _cpu);
        long moved = Pump(socket, perPeer, peers, window);
        return (RelayProcess.CpuSeconds(_process.Id, _cpu) - before) / Math.Max(1, moved) * 1e6;
    }

    /// <summary>Nanoseconds to open a cell, take its layer off and seal it again, over as many keys as the calls have.</summary>
    public static double CryptographyNanoseconds(int calls, int peers)
    {
        Aead[] links = new Aead[2 * peers];
        Hctr2[] layers = new Hctr2[2 * calls];
        byte[] key = new byte[32];
        for (int index = 0; index < links.Length; index++)
        {
            key[0] = (byte)(index & 0xFF);
            links[index] = new(AeadSuite.Aes256Gcm, key);
        }

        byte[] layerKey = new byte[Hctr2.KeyBytes];
        for (int index = 0; index < layers.Length; index++)
        {
            layerKey[1] = (byte)(index & 0xFF);
            layerKey[2] = (byte)((index >> 8) & 0xFF);
            layers[index] = new(layerKey, Hctr2.BestPath);
        }

        byte[] plain = new byte[256];
        byte[] packet = new byte[256 + Aead.TagBytes];
        byte[][] packets = new byte[links.Length][];
        for (int index = 0; index < links.Length; index++)
        {
            links[index].Seal(1, [], plain, packet);
            packets[index] = [.. packet];
        }

        byte[] tweak = new byte[8];
        int at = 0;
        double result = Measure.NanosecondsPer(
            () =>
            {
                for (int round = 0; round < 4000; round++)
                {
                    at = (at + 1) % layers.Length;
                    int link = at % links.Length;
                    _ = links[link].TryOpen(1, [], packets[link], plain);
                    layers[at].Decrypt(tweak, plain.AsSpan(8));
                    links[(link + 1) % links.Length].Seal((ulong)at, [], plain, packet);
                }
            },
            4000);
        Array.ForEach(links, static link => link.Dispose());
        Array.ForEach(layers, static layer => layer.Dispose());
        return result;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(2000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static long Pump(TrainSocket socket, int perPeer, int peers, TimeSpan time)
    {
        long start = Kernel.Now();
        long end = start + (time.Ticks * 100);
        long received = 0;
        for (long tick = 0; start + (CallLoad.Period * tick / peers) < end; tick++)
        {
            int peer = (int)(tick % peers);
            for (int left = perPeer; left > 0; left -= 64)
            {
                _ = socket.Next();
                socket.Commit(BenchNetwork.PlayedAddress(peer), Address, Port, Math.Min(64, left) * SegmentBytes, SegmentBytes);
            }

            socket.Flush();
            received += Receive(socket);
            Kernel.SleepUntil(start + (CallLoad.Period * (tick + 1) / peers));
        }

        return received + Receive(socket);
    }

    private static long Receive(TrainSocket socket)
    {
        long datagrams = 0;
        int count = TrainSocket.ReceiveCapacity;
        while (count == TrainSocket.ReceiveCapacity)
        {
            count = socket.Receive();
            for (int place = 0; place < count; place++)
            {
                datagrams += socket.Read(place).Bytes.Length / SegmentBytes;
            }
        }

        return datagrams;
    }
}
