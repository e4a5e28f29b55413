using System;
using System.Collections.Generic;

namespace OnionSip.Hosting.Resolvers;

/// <summary>How names are resolved at an exit. (HOST.RESOLVER)</summary>
public sealed record ResolverOptions
{
    /// <summary>Servers to ask, <c>address</c> or <c>address@port</c>; none: full recursion from the root.</summary>
    public IReadOnlyList<string> Forwarders { get; init; } = [];

    /// <summary>Lets names below <c>test.</c> be asked for, which the library otherwise denies without asking.</summary>
    public bool AllowTestDomain { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
