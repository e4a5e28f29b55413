using System;

namespace OnionSip.Links;

/// <summary>Limits and timers of links; each is a row of specs/parameters.md. (LINK.LIMITS, LINK.TIMERS)</summary>
public static class LinkParameters
{
    public const byte Version = 1;
    public const int MaxLinks = 4096;
    public const int MaxLinksPerPrefix = 256;
    public const int MaxHalfOpen = 256;
    public const int MaxHalfOpenPerPrefix = 32;
    public const int MaxReassemblies = 512;
    public const int MaxReassembliesPerPrefix = 32;
    public const int HandshakesPerSecond = 500;
    public const int HandshakeBurst = 100;
    public const int MaxWork = 16;
    public const int MaxShards = 16;
    public const int MaxWaiting = 256;
    public const int MaxWaitingPerPrefix = 32;
    public const int MaxQueuedDatagrams = 512;
    public const int HandshakeTries = 5;
    public const int HandshakeRestarts = 2;
    public const long RekeyDatagrams = 1L << 20;
    public const int EpochsAhead = 3;

    /// <summary>A source network for the per-prefix limits: bits of an IPv4 and of an IPv6 address.</summary>
    public const int PrefixBitsIPv4 = 24;
    public const int PrefixBitsIPv6 = 48;

    public static readonly TimeSpan CookieBucket = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan ReassemblyLifetime = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan HalfOpenLifetime = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan HandshakeRetry = TimeSpan.FromMilliseconds(300);
    public static readonly TimeSpan RekeyAfter = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan OldEpochLifetime = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan BusySilence = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan IdleClientSilence = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan IdleLifetime = TimeSpan.FromSeconds(600);
}
