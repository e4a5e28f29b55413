using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>What one node's links need to know at the start.</summary>
/// <remarks>Secrets: StaticPrivateKey belongs to the caller; the table keeps a copy of its own outside the collected heap.</remarks>
public sealed record LinkOptions
{
    /// <summary>32 bytes that name the network.</summary>
    public required byte[] NetworkId { get; init; }

    /// <summary>The relay's identity; null for a client, which opens links and answers nobody.</summary>
    public RelayId? Identity { get; init; }

    /// <summary>The relay's X25519 private key for links; null for a client.</summary>
    public byte[]? StaticPrivateKey { get; init; }

    /// <summary>Civil time when the table is made: what relay-to-relay handshakes are numbered from. (LINK.STAMP)</summary>
    public WallTime StartWallTime { get; init; }

    /// <summary>Shards of this relay: tables that share its address, keys and nothing else. (LINK.SHARD)</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Which of them this is.</summary>
    public int Shard { get; init; }

    public LinkSuites Suites { get; init; } = LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305;

    public int MaxLinks { get; init; } = LinkParameters.MaxLinks;

    public int MaxLinksPerPrefix { get; init; } = LinkParameters.MaxLinksPerPrefix;

    public int MaxHalfOpen { get; init; } = LinkParameters.MaxHalfOpen;

    public int MaxHalfOpenPerPrefix { get; init; } = LinkParameters.MaxHalfOpenPerPrefix;

    public int MaxReassemblies { get; init; } = LinkParameters.MaxReassemblies;

    public int MaxReassembliesPerPrefix { get; init; } = LinkParameters.MaxReassembliesPerPrefix;

    public int HandshakesPerSecond { get; init; } = LinkParameters.HandshakesPerSecond;

    public int HandshakeBurst { get; init; } = LinkParameters.HandshakeBurst;

    /// <summary>links.max_work: handshakes under way at a time.</summary>
    public int MaxWork { get; init; } = LinkParameters.MaxWork;

    public int MaxWaiting { get; init; } = LinkParameters.MaxWaiting;

    public int MaxWaitingPerPrefix { get; init; } = LinkParameters.MaxWaitingPerPrefix;

    /// <summary>True when PollWork is called; else handshakes are done on the spot. (NODE.WORK)</summary>
    public bool HandsOutWork { get; init; }

    public long RekeyDatagrams { get; init; } = LinkParameters.RekeyDatagrams;

    public TimeSpan RekeyAfter { get; init; } = LinkParameters.RekeyAfter;

    /// <summary>Only a test that shows what the cookie is good for switches it off.</summary>
    internal bool RequireCookie { get; init; } = true;
}
