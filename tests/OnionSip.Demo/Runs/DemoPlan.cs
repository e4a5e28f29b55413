using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using OnionSip.Demo.Phones;

namespace OnionSip.Demo.Runs;

/// <summary>Who has which address: every party one of its own, or "the address seen" would mean nothing.</summary>
public sealed class DemoPlan
{
    public const string Domain = "provider.test";
    public const int RelayCount = 9;

    /// <param name="folder">For keys, configurations, logs; secret to the user.</param>
    /// <param name="block">The second byte of every address: 0 for the demo, others for tests that run beside it.</param>
    public DemoPlan(string folder, byte block)
    {
        Folder = folder;
        Block = block;
        RelayPort = Sockets.FindFreePort(Relay(0));
        GatewayPort = Sockets.FindFreePort(GatewayLocal);
        ProviderPort = Sockets.FindFreePort(Provider);
        do
        {
            ProviderTlsPort = Sockets.FindFreePort(Provider);
        }
        while (Math.Abs(ProviderTlsPort - ProviderPort) < 2);
    }

    public string Folder { get; }

    public byte Block { get; }

    public static IReadOnlyList<string> RelayNames { get; } = ["amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "islet"];

    public static PhoneAccount Caller { get; } = new("alice", Domain, "correct-horse-7");

    public static PhoneAccount Callee { get; } = new("bob", Domain, "battery-staple-9");

    public IPAddress CallerPhone => Address(2, 10);

    public IPAddress GatewayLocal => Address(3, 1);

    public IPAddress GatewayUpstream => Address(4, 1);

    public IPAddress Provider => Address(5, 1);

    public IPAddress Dns => Address(5, 53);

    public IPAddress CalleePhone => Address(6, 10);

    public int RelayPort { get; }

    public int GatewayPort { get; }

    public int ProviderPort { get; }

    public int ProviderTlsPort { get; }

    public IPEndPoint GatewayEndPoint => new(GatewayLocal, GatewayPort);

    public IPEndPoint ProviderTls => new(Provider, ProviderTlsPort);

    /// <param name="index">From 0.</param>
    public IPAddress Relay(int index) => Address(1, (byte)(index + 1));

    public string FileIn(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>Who an address belongs to, for the table.</summary>
    public string NameOf(IPAddress address)
    {
        for (int index = 0; index < RelayCount; index++)
        {
            if (address.Equals(Relay(index)))
            {
                return "relay " + RelayNames[index];
            }
        }

        (IPAddress Address, string Name)[] known =
        [
            (CallerPhone, "caller's phone"), (GatewayLocal, "gateway, phone side"), (GatewayUpstream, "gateway, network side"),
            (Provider, "provider"), (Dns, "name server"), (CalleePhone, "callee's phone"),
        ];
        string? name = Array.Find(known, entry => entry.Address.Equals(address)).Name;
        return name ?? "unknown";
    }

    private IPAddress Address(byte network, byte host) => new([127, Block, network, host]);
}
