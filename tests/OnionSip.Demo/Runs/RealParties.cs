using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Providers;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Runs;

/// <summary>Kamailio and two baresips.</summary>
internal sealed class RealParties(DemoPlan plan, Speech speech, Action<string> say) : PartySet(plan, speech)
{
    private SourceRoutes? _routes;

    internal override string Kind => "baresip";

    /// <summary>A sentence when something is not installed; null when all is there.</summary>
    internal static string? WhatIsMissing() =>
        BaresipPhone.Program is null ? "baresip is not installed (Debian package baresip-core)"
        : BaresipConfig.Modules is null ? "baresip's modules are not installed (Debian package baresip-core)"
        : KamailioProvider.Program is null ? "Kamailio is not installed (Debian packages kamailio and kamailio-tls-modules)"
        : null;

    internal override async Task<IProvider> StartProviderAsync(TestCertificates certificates) =>
        await KamailioProvider.StartAsync(MakeProviderOptions(certificates), certificates, Plan.FileIn("kamailio")).ConfigureAwait(false);

    /// <summary>baresip 1.0.0 sends RTP from an unbound socket: without routes of our own, both phones' audio is at 127.0.0.1.</summary>
    internal override IDisposable? Prepare()
    {
        List<(IPAddress, IPAddress)> routes = [(Plan.GatewayLocal, Plan.CallerPhone)];
        for (int index = 0; index < DemoPlan.RelayCount; index++)
        {
            routes.Add((Plan.Relay(index), Plan.CalleePhone));
        }

        _routes = SourceRoutes.TryMake(routes);
        say(_routes is null
            ? "baresip sends audio from an unbound socket, so both phones' audio is at 127.0.0.1 (no right to add routes)"
            : "routes on loopback give each baresip's audio its own source address; they are removed at the end");
        return _routes;
    }

    internal override Task<IDemoPhone> StartCallerAsync() => Start(new()
    {
        MediaAddress = MediaAddress,
        Account = DemoPlan.Caller,
        Address = Plan.CallerPhone,
        Proxy = Plan.GatewayEndPoint,
        Speech = Speech.Caller,
    });

    internal override Task<IDemoPhone> StartCalleeAsync(IProvider provider) => Start(new()
    {
        MediaAddress = MediaAddress,
        Account = DemoPlan.Callee,
        Address = Plan.CalleePhone,
        Proxy = provider.PlainEndPoint,
        Speech = Speech.Callee,
    });

    private IPAddress? MediaAddress => _routes is null ? IPAddress.Loopback : null;

    private Task<IDemoPhone> Start(PhoneOptions options)
    {
        string folder = Plan.FileIn("baresip-" + options.Account.User);
        System.IO.Directory.CreateDirectory(folder);
        return Task.FromResult<IDemoPhone>(new BaresipPhone(options, folder));
    }
}
