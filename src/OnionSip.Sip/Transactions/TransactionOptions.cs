using System;

namespace OnionSip.Sip;

/// <summary>
/// The timers of RFC 3261 table 4 and the limits of a table. Names and values stand in specs/parameters.md.
/// (SIP.TX.TIMERS)
/// </summary>
public sealed record TransactionOptions
{
    /// <summary>sip.max_transactions</summary>
    public const int DefaultMaxTransactions = 2_048;

    /// <summary>sip.max_transactions_per_connection</summary>
    public const int DefaultMaxPerConnection = 512;

    /// <summary>sip.max_outbox</summary>
    public const int DefaultMaxOutbox = 4_096;

    /// <summary>Round-trip estimate: sip.t1.</summary>
    public TimeSpan T1 { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest retransmission interval: sip.t2.</summary>
    public TimeSpan T2 { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest life of a message in the network: sip.t4.</summary>
    public TimeSpan T4 { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an INVITE may ring without a new provisional response: sip.timer_c.</summary>
    public TimeSpan TimerC { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Client and server transactions together.</summary>
    public int MaxTransactions { get; init; } = DefaultMaxTransactions;

    /// <summary>Those of one connection beyond which its requests are refused, where connections are separate.</summary>
    public int MaxPerConnection { get; init; } = DefaultMaxPerConnection;

    /// <summary>Messages that wait for <see cref="TransactionTable.PollTransmit"/>.</summary>
    public int MaxOutbox { get; init; } = DefaultMaxOutbox;

    /// <summary>
    /// True where the connections belong to parties that must not learn of each other: a message then finds only the
    /// transactions of its own connection. (SIP.TX.MATCH)
    /// </summary>
    public bool SeparatesConnections { get; init; }

    /// <summary>64 T1: timers B, F, H, L, M and, unreliable, J.</summary>
    public TimeSpan Patience => 64 * T1;
}
