using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Providers;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Runs;

/// <summary>Which phones and which provider take part.</summary>
internal abstract class PartySet(DemoPlan plan, Speech speech)
{
    /// <summary>"baresip" or "builtin".</summary>
    internal abstract string Kind { get; }

    protected DemoPlan Plan => plan;

    protected Speech Speech => speech;

    internal static PartySet Choose(string wanted, DemoPlan plan, Speech speech, Action<string> say)
    {
        string? missing = wanted == "builtin" ? "asked for" : RealParties.WhatIsMissing();
        if (missing is null)
        {
            say("phones: baresip; provider: Kamailio");
            return new RealParties(plan, speech, say);
        }

        if (wanted == "baresip")
        {
            throw new DemoException(missing);
        }

        say($"phones and provider: our own small ones ({missing})");
        return new BuiltinParties(plan, speech);
    }

    /// <summary>Before anything is started; what it returns is undone at the end.</summary>
    internal virtual IDisposable? Prepare() => null;

    internal abstract Task<IProvider> StartProviderAsync(TestCertificates certificates);

    internal abstract Task<IDemoPhone> StartCallerAsync();

    internal abstract Task<IDemoPhone> StartCalleeAsync(IProvider provider);

    protected ProviderOptions MakeProviderOptions(TestCertificates certificates) => new()
    {
        Address = plan.Provider,
        Port = plan.ProviderPort,
        TlsPort = plan.ProviderTlsPort,
        Domain = DemoPlan.Domain,
        Certificate = certificates.Server,
        Accounts = new Dictionary<string, string>
        {
            [DemoPlan.Caller.User] = DemoPlan.Caller.Password,
            [DemoPlan.Callee.User] = DemoPlan.Callee.Password,
        },
    };
}

/// <summary>The built-in ones.</summary>
internal sealed class BuiltinParties(DemoPlan plan, Speech speech) : PartySet(plan, speech)
{
    internal override string Kind => "builtin";

    internal override Task<IProvider> StartProviderAsync(TestCertificates certificates) =>
        Task.FromResult<IProvider>(new BuiltinProvider(MakeProviderOptions(certificates)));

    internal override Task<IDemoPhone> StartCallerAsync() => Task.FromResult<IDemoPhone>(new BuiltinDemoPhone(new()
    {
        Account = DemoPlan.Caller,
        Address = Plan.CallerPhone,
        Proxy = Plan.GatewayEndPoint,
        Speech = Speech.Caller,
    }));

    internal override Task<IDemoPhone> StartCalleeAsync(IProvider provider) => Task.FromResult<IDemoPhone>(new BuiltinDemoPhone(new()
    {
        Account = DemoPlan.Callee,
        Address = Plan.CalleePhone,
        Proxy = provider.PlainEndPoint,
        Speech = Speech.Callee,
        Record = new(),
    }));
}
