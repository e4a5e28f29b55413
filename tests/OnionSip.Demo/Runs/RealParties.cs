using System;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Providers;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Runs;

/// <summary>Kamailio and two baresips.</summary>
internal sealed class RealParties(DemoPlan plan, Speech speech) : PartySet(plan, speech)
{
    internal override string Kind => "baresip";

    /// <summary>A sentence when something is not installed; null when all is there.</summary>
    internal static string? WhatIsMissing() => "not yet";

    internal override Task<IProvider> StartProviderAsync(TestCertificates certificates) => throw new NotSupportedException();

    internal override Task<IDemoPhone> StartCallerAsync() => throw new NotSupportedException();

    internal override Task<IDemoPhone> StartCalleeAsync(IProvider provider) => throw new NotSupportedException();
}
