using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Providers;
using OnionSip.Hosting.Resolvers;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Configuration;

/// <summary>The settings of one client. (HOST.CLIENT-CONFIG)</summary>
public sealed record ClientConfig
{
    /// <summary>SIP's port, where phones look for a proxy.</summary>
    public const ushort DefaultPort = 5060;
    private const int MaxAccounts = 64;

    public required NetworkConfig Network { get; init; }

    /// <summary>The addresses that packets to the guard leave from.</summary>
    public required IReadOnlyList<PeerAddress> Bind { get; init; }

    public required GatewayOptions Gateway { get; init; }

    /// <summary>By domain, who may have signed a provider's certificate.</summary>
    public required IReadOnlyDictionary<string, TlsTrust> Trust { get; init; }

    /// <summary>Where phones' media is received; by default the address of the SIP listener.</summary>
    public required IpAddress MediaAddress { get; init; }

    /// <summary>Where the guards are kept between runs.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The thread that serves the ticks of calls asks for real-time priority. (HOST.PRIORITY)</summary>
    public bool WantsRealtime { get; init; } = true;

    public LogLevel Log { get; init; }

    public string? StatsFile { get; init; }

    /// <summary>Where the times of RTP packets are written; refused unless the network is a test network.</summary>
    public string? RecordMediaFile { get; init; }

    /// <summary>Reads a file completely; null when <paramref name="errors"/> has any.</summary>
    public static ClientConfig? Load(string file, out IReadOnlyList<ConfigError> errors)
    {
        ConfigSource source = new(file);
        ConfigObject? root = source.Open();
        ClientConfig? config = root is null ? null : Read(root);
        errors = source.Errors;
        return errors.Count == 0 ? config : null;
    }

    /// <summary>Reads one object; what is wrong is reported to its source.</summary>
    public static ClientConfig Read(ConfigObject root)
    {
        Dictionary<string, TlsTrust> trust = new(StringComparer.OrdinalIgnoreCase);
        (GatewayOptions gateway, IpAddress media) = ReadGateway(root, ReadAccounts(root, trust));
        ClientConfig config = new()
        {
            Network = NetworkConfig.Read(root),
            Bind = root.Has("bind") ? root.Endpoints("bind", required: true) : DefaultBind(root),
            Gateway = gateway,
            Trust = trust,
            MediaAddress = media,
            StateFolder = root.FilePath("state", "a folder that only you can read", "state"),
            WantsRealtime = root.Choice("priority", "realtime", "realtime", "normal") == "realtime",
            Log = LogLevels.Read(root),
            StatsFile = root.OptionalFilePath("stats", "a file for counters"),
            RecordMediaFile = root.OptionalFilePath("record_media", "a file for the times of RTP packets, on a test network"),
        };
        root.Finish();
        return config;
    }

    private static (GatewayOptions Gateway, IpAddress Media) ReadGateway(ConfigObject root, IReadOnlyList<AccountOptions> accounts)
    {
        PeerAddress loopback = new(IpAddress.FromIPv4(0x7f00_0001), DefaultPort);
        ConfigObject? value = root.Object("gateway", "an object such as {\"listen_udp\": \"127.0.0.1:5060\"}");
        PeerAddress udp = value is null ? loopback : ReadListen(value, "listen_udp", loopback);
        PeerAddress tcp = value is null ? udp : ReadListen(value, "listen_tcp", udp);
        value?.Finish();

        return (new() { ListenUdp = udp, ListenTcp = tcp, Accounts = accounts }, udp.Address);
    }

    private static PeerAddress ReadListen(ConfigObject value, string name, PeerAddress otherwise)
    {
        // Port 0 lets the system choose a port, not the address: it is looked at like any other.
        int before = value.ErrorCount;
        bool stated = value.Has(name);
        PeerAddress address = value.Endpoint(name, otherwise);
        if (stated && value.ErrorCount == before && !AddressScope.IsLoopback(address.Address))
        {
            value.Report(name,
                $"is {address.Reveal()}; the gateway trusts whoever reaches it, so it listens on loopback only, such as \"127.0.0.1:5060\"");
        }

        return address;
    }

    private static IReadOnlyList<PeerAddress> DefaultBind(ConfigObject root)
    {
        _ = root.OptionalText("bind", "");
        return [new(IpAddress.FromIPv4(0), 0)];
    }

    private static List<AccountOptions> ReadAccounts(ConfigObject root, Dictionary<string, TlsTrust> trust)
    {
        List<AccountOptions> accounts = [];
        IReadOnlyList<ConfigObject> values = root.Objects("accounts", "a list of accounts such as [{\"domain\": \"provider.example\"}]");
        if (values.Count > MaxAccounts)
        {
            root.Report("accounts", string.Create(CultureInfo.InvariantCulture, $"has more than {MaxAccounts} entries"));
        }

        foreach (ConfigObject value in values)
        {
            AccountOptions account = ReadAccount(value);
            TlsTrust accountTrust = ReadTrust(value);
            accounts.Add(account);
            if (trust.TryGetValue(account.Domain, out TlsTrust? other) && other != accountTrust)
            {
                value.Report("domain", "has another ca_file or pin_sha256 in an earlier account; accounts of one domain must agree");
            }

            trust[account.Domain] = accountTrust;
            value.Finish();
        }

        return accounts;
    }

    private static AccountOptions ReadAccount(ConfigObject value)
    {
        string domain = value.Text("domain", "the part of your SIP address after the @");
        CheckName(value, "domain", domain);
        string? certificateName = value.OptionalText("certificate_name", "the name in the provider's certificate");
        CheckName(value, "certificate_name", certificateName ?? "");
        string transport = value.Choice("transport", "tls", "tls", "tcp", "udp");
        _ = value.Choice("credentials", "phone", "phone");
        return new()
        {
            Domain = domain,
            User = value.OptionalText("user", "the part of your SIP address before the @"),
            Transport = transport switch
            {
                "tcp" => UpstreamTransport.Tcp,
                "udp" => UpstreamTransport.Udp,
                _ => UpstreamTransport.Tls,
            },
            NextHop = value.OptionalText("next_hop", "your provider's proxy, host or host:port"),
            CertificateName = certificateName,
            CertificateAuthority = value.OptionalFilePath("ca_file", "a PEM file with the authority of the provider's certificate"),
            AllowIPv6 = value.Switch("allow_ipv6", false),
        };
    }

    private static TlsTrust ReadTrust(ConfigObject value)
    {
        string? caFile = value.OptionalFilePath("ca_file", "a PEM file with the authority of the provider's certificate");
        string? pin = value.OptionalText("pin_sha256", "64 hexadecimal digits, the SHA-256 of the provider's certificate");
        if (pin is not null && !NetworkConfig.TryParseKey(pin, out _))
        {
            value.Report("pin_sha256", "is not 64 hexadecimal digits; it must be the SHA-256 of the provider's certificate (DER)");
        }

        if (pin is not null && caFile is not null)
        {
            value.Report("pin_sha256", "stands beside ca_file; give one of the two");
        }

        if (caFile is not null && !System.IO.File.Exists(caFile))
        {
            value.Report("ca_file", $"names {caFile}, which does not exist");
        }

        return new(caFile, pin?.ToLowerInvariant());
    }

    private static void CheckName(ConfigObject value, string name, string text)
    {
        if (text.Length > 0 && !DnsRecords.IsHostName(text))
        {
            value.Report(name, $"is \"{text}\"; it must be a domain name such as \"provider.example\"");
        }
    }
}
