namespace OnionSip.Hosting.Resolvers;

/// <summary>What is asked of the resolver; the values are those of the wire. (WIRE.CONTROL RESOLVE)</summary>
public enum DnsKind : byte
{
    None = 0,
    A = 1,
    Aaaa = 2,
    Srv = 3,
    Naptr = 4,
}

/// <summary>How a question ended. (HOST.RESOLVER)</summary>
public enum ResolveOutcome : byte
{
    None = 0,
    Answered = 1,

    /// <summary>The name does not exist, or has no record of this kind.</summary>
    NotFound = 2,

    /// <summary>No server answered in time, or the answer was bogus.</summary>
    Failed = 3,

    /// <summary>Too many questions are open.</summary>
    Busy = 4,

    /// <summary>The name is no host name.</summary>
    BadName = 5,
}
