using System;

namespace OnionSip.Nodes;

/// <summary>The bounds and times of one gateway; names and values stand in specs/parameters.md. (SIP.GATEWAY.LIMITS)</summary>
public static class GatewayLimits
{
    /// <summary>gateway.max_accounts.</summary>
    public const int MaxAccounts = 64;

    /// <summary>Calls, registrations and passed requests of one gateway: gateway.max_exchanges.</summary>
    public const int MaxExchanges = 512;

    /// <summary>Calls of one account's provider that may ring at once: gateway.max_ringing.</summary>
    public const int MaxRinging = 16;

    /// <summary>gateway.max_phone_connections.</summary>
    public const int MaxPhoneConnections = 64;

    /// <summary>Requests of one dialog that wait for an answer of the other side: gateway.max_relays.</summary>
    public const int MaxRelays = 8;

    /// <summary>Further branches of one call that are ended by a BYE of their own: gateway.max_forks.</summary>
    public const int MaxForks = 8;

    /// <summary>Nonces remembered for each account: gateway.max_nonces.</summary>
    public const int MaxNonces = 32;

    /// <summary>Questions to resolvers under way: gateway.max_questions.</summary>
    public const int MaxQuestions = 64;

    /// <summary>What a phone is told its binding lives: gateway.local_expiry.</summary>
    public const int LocalExpirySeconds = 60;

    /// <summary>What the provider is asked for, at most; up to a tenth less is drawn for each era: gateway.provider_expiry.</summary>
    public const int ProviderExpirySeconds = 600;

    /// <summary>The longest expiry a provider may insist on with 423: gateway.max_provider_expiry.</summary>
    public const int MaxProviderExpirySeconds = 7_200;

    /// <summary>A refresh goes upstream when less than this is left of the provider's binding: gateway.refresh_margin.</summary>
    public const int RefreshMarginSeconds = 90;

    /// <summary>64 T1: how long a challenge, a BYE or a cancelled INVITE is waited for: gateway.patience.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(32);

    /// <summary>A phone in a call of which nothing came for this long is asked whether it lives: gateway.phone_silence.</summary>
    public static readonly TimeSpan PhoneSilence = TimeSpan.FromSeconds(30);

    /// <summary>An account without registration, call or question gives its path back after this: gateway.idle_release.</summary>
    public static readonly TimeSpan IdleRelease = TimeSpan.FromSeconds(90);

    /// <summary>CR LF CR LF on an idle connection to a provider: gateway.keep_alive.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(25);

    /// <summary>First pause after a path or connection failed: gateway.back_off_first. Doubles up to <see cref="BackOffMax"/>.</summary>
    public static readonly TimeSpan BackOffFirst = TimeSpan.FromSeconds(1);

    /// <summary>gateway.back_off_max.</summary>
    public static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(60);
}
