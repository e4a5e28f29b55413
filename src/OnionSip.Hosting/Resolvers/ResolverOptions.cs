using System;
using System.Collections.Generic;

namespace OnionSip.Hosting.Resolvers;

/// <summary>How names are resolved at an exit. (HOST.RESOLVER)</summary>
public sealed record ResolverOptions
{
    /// <summary>Servers to ask, <c>address</c> or <c>address@port</c>; none: full recursion from the root.</summary>
    public IReadOnlyList<string> Forwarders { get; init; } = [];

    /// <summary>This machine's addresses that questions leave from; none: the system's choice.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Lets names below <c>test.</c> be asked for, which the library otherwise denies without asking.</summary>
    public bool AllowTestDomain { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
