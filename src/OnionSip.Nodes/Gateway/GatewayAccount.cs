using System;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>One address of record: its era with the provider, its upstream, its phone. (SIP.ACCOUNT)</summary>
/// <remarks>
/// An era is a registration's life over one path: contact user, instance, Call-ID and From-tag of its REGISTERs are drawn when it begins
/// and stay until the path is gone; then all are drawn anew. Nothing of one account is ever used for another.
/// </remarks>
internal sealed class GatewayAccount
{
    private readonly GatewayCore _core;

    public GatewayAccount(GatewayCore core, AccountId id, AccountOptions options, string user)
    {
        _core = core;
        Id = id;
        Options = options;
        User = user;
        Aor = SipUri.TryParse("sip:" + user + "@" + options.Domain, out SipUri? uri) ? uri
            : throw new ArgumentException("not an address of record", nameof(user));
        Upstream = new Upstream(core, id, options);
        ContactUser = string.Empty;
        RegisterCallId = string.Empty;
        RegisterTag = string.Empty;
        Instance = string.Empty;
        BeginEra();
    }

    public AccountId Id { get; }

    public AccountOptions Options { get; }

    /// <summary>The user part as the phone writes it.</summary>
    public string User { get; }

    public SipUri Aor { get; }

    public Upstream Upstream { get; }

    public CredentialLedger Ledger { get; } = new();

    public PhoneBinding? Binding { get; set; }

    public string ContactUser { get; private set; }

    public string Instance { get; private set; }

    public string RegisterCallId { get; private set; }

    public string RegisterTag { get; private set; }

    public int ExpirySeconds { get; set; }

    /// <summary>CSeq of the next REGISTER of this era.</summary>
    public uint NextRegisterNumber { get; set; }

    /// <summary>When <see cref="Care"/> has something to do again; Never while nothing is due.</summary>
    public Instant NextCare { get; private set; } = Instant.Never;

    /// <summary>True while a phone believes to be registered: its way back is kept open, or made again.</summary>
    public bool IsRegisteredLocally(Instant now) => Binding is { } binding && binding.IsLive(now);

    /// <summary>Our Contact over the connection that stands. (SIP.RULE-4)</summary>
    public SipUri Contact => SipUri.Create(
        ContactUser,
        SipTexts.Host(Upstream.ExitLocal.Address),
        Upstream.ExitLocal.Port,
        SipParameters.None.With("transport", Options.Transport switch
        {
            UpstreamTransport.Tls => "tls",
            UpstreamTransport.Tcp => "tcp",
            _ => "udp",
        }));

    /// <summary>Draws everything anew that a provider could recognise the gateway by.</summary>
    public void BeginEra()
    {
        Entropy entropy = _core.Entropy;
        ContactUser = SipTokens.Tag(entropy);
        RegisterCallId = SipTokens.CallId(entropy);
        RegisterTag = SipTokens.Tag(entropy);
        Span<byte> id = stackalloc byte[16];
        entropy.Fill(id);
        id[6] = (byte)((id[6] & 0x0F) | 0x40);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        string hex = Convert.ToHexStringLower(id);
        Instance = "<urn:uuid:" + hex[..8] + "-" + hex[8..12] + "-" + hex[12..16] + "-" + hex[16..20] + "-" + hex[20..] + ">";
        ExpirySeconds = GatewayLimits.ProviderExpirySeconds - entropy.NextInt32(GatewayLimits.ProviderExpirySeconds / 10);
        NextRegisterNumber = SipTexts.FirstCSeq;
        if (Binding is { } binding)
        {
            Binding = binding with { ProviderExpiry = Instant.Zero };
        }
    }

    /// <summary>Makes a lost way again for those who wait, paced; gives back one that nobody has needed for a while.</summary>
    public void Care(Instant now, bool mayRenew, bool isNeeded)
    {
        NextCare = Instant.Never;
        if (!isNeeded)
        {
            Instant due = Upstream.LastUse + GatewayLimits.IdleRelease;
            if (Upstream.Path is not null && due <= now)
            {
                Upstream.Release();
                BeginEra();
            }
            else if (Upstream.Path is not null)
            {
                NextCare = due;
            }

            return;
        }

        if (Upstream.State != UpstreamState.Idle || !mayRenew)
        {
            NextCare = Binding is { } binding && binding.IsLive(now) ? binding.LocalExpiry : Instant.Never;
            return;
        }

        if (Upstream.NotBefore <= now)
        {
            Upstream.Need(now);
        }
        else
        {
            NextCare = Upstream.NotBefore;
        }
    }

    public override string ToString() => "[account]";
}
